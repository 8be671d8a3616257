"""`make restore`: a backup takes the place of a clone's state, and proves itself.

Kafka begins empty. Every event of the last seven days still stands in its producer's outbox and is sent again, in order
and under its former number; every consumer has a list of what it applied, at the instant of the same backup, and takes
only the rest. So nothing that was under way is lost and nothing is applied twice.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg

from altscore_local.backup import (
    FORMAT,
    MANIFEST,
    digest_of_file,
    files_of,
    parts_of,
    verify_base_backup,
)
from altscore_local.layout import OUR_DATABASES, Layout
from altscore_local.postgres import SUPERUSER, Postgres
from altscore_local.process import SYSTEM_ENVIRONMENT, StackError
from altscore_local.program import run_program

REPLACED = "replaced"
_HALF_DONE = "half-restored"
SETTLE_S = 120.0
CATCH_UP_S = 1_800.0
GAP = "ingestion's database does not know everything that Bronze holds"
_PROVED = {"audit": "audit_log", "consent": "consent_state", "score": "consent_grant"}
_SEND_AGAIN = "UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL"
# A new broker numbers from 0: the place of an old parked message must not be taken for that of a new one.
_FREE_PLACES = 'UPDATE parked SET "offset" = "offset" - %s WHERE "offset" >= 0'
_ACTIVE = """
SELECT retailer_id, lender_id, purpose FROM consent_state WHERE status = 'active' AND expires_at > now()
"""
_PROJECTED = """
SELECT retailer_id, lender_id, purpose FROM consent_grant WHERE is_active AND expires_at > now()
"""


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are all there, unchanged, and no more.

    Raises:
        StackError: it is no backup, of another format, or damaged; names the first damaged files.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise StackError(f"{folder} is no whole backup: {MANIFEST} cannot be read") from error
    if manifest.get("format") != FORMAT:
        raise StackError(f"{folder} has format {manifest.get('format')}, this release reads {FORMAT}")
    expected: Mapping[str, str] = manifest["files"]
    present = {str(file.relative_to(folder)): file for file in files_of(folder)}
    present.pop(MANIFEST)
    damaged = [
        name for name, digest in expected.items() if name not in present or digest_of_file(present[name]) != digest
    ]
    damaged += sorted(present.keys() - expected.keys())
    if damaged:
        raise StackError(f"{folder} is damaged in {len(damaged)} files, nothing was changed: {', '.join(damaged[:5])}")
    return manifest


def put_back(postgres: Postgres, layout: Layout, folder: Path) -> None:
    """Replaces the state of a stopped clone by a backup's; the former state goes to var/replaced.

    What an earlier attempt left half done is removed instead, so that the former state survives any number of attempts.
    """
    verify_base_backup(postgres, folder / "postgres")
    _clear_away(postgres, layout)
    layout.data.mkdir()
    (layout.data / _HALF_DONE).touch()
    for part in parts_of(layout):
        _copy_folder(folder / part.name, part.source)
    postgres.home.parent.mkdir(parents=True, exist_ok=True)
    _copy_folder(folder / "postgres", postgres.home)
    postgres.adopt()


def finish(layout: Layout) -> None:
    """The restored state is the clone's own from now on."""
    (layout.data / _HALF_DONE).unlink()


def _clear_away(postgres: Postgres, layout: Layout) -> None:
    places = {source: layout.var / REPLACED / source.name for source in (layout.data, layout.secrets, layout.pki)}
    if not postgres.home.is_relative_to(layout.var):
        places[postgres.home] = postgres.home.with_name("postgres.replaced")
    is_half_done = (layout.data / _HALF_DONE).exists()
    for source, place in places.items():
        if is_half_done:
            shutil.rmtree(source, ignore_errors=True)
            continue
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if source.exists():
            source.rename(place)


def _copy_folder(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)
    target.chmod(0o700)


def send_again(postgres: Postgres) -> int:
    """Has every kept event sent again to the new broker; how many there are."""
    total = 0
    epoch = int(time.time() * 1_000_000)
    with psycopg.connect(postgres.dsn(SUPERUSER, "postgres"), connect_timeout=10) as connection:
        databases = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
    for database in sorted(databases.intersection(OUR_DATABASES)):
        with psycopg.connect(postgres.dsn(SUPERUSER, database), connect_timeout=10) as connection:
            if _has(connection, "outbox"):
                total += connection.execute(_SEND_AGAIN).rowcount
            if _has(connection, "parked"):
                connection.execute(_FREE_PLACES, (epoch,))
    return total


def _has(connection: psycopg.Connection[Any], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return bool(row and row[0])


def catch_up(layout: Layout, environment: Mapping[str, str], report: Callable[[str], None]) -> str | None:
    """Has ingestion take in what Bronze holds and its database, copied earlier, does not know.

    It stops no restore: whoever may write to Bronze could otherwise hinder one with an object that nobody signed.

    Args:
        layout: of the clone.
        environment: of the command.
        report: is told what it says.

    Returns:
        What was not taken in; None when nothing is missing.
    """
    command = [str(layout.venv_python), "-m", "altscore_ingestion", "catch-up"]
    try:
        told = run_program(command, failure=GAP, env=environment, cwd=layout.root, timeout_s=CATCH_UP_S)
    except StackError as error:
        report(f"  {'batches in Bronze':<28} {GAP}")
        return str(error)
    report(f"  {'batches in Bronze':<28} {told.strip()}")
    return None


def prove(postgres: Postgres, layout: Layout, s3: Mapping[str, str], report: Callable[[str], None]) -> None:
    """The audit verifier finds the chain whole, and score holds exactly the consents that consent holds.

    Raises:
        StackError: one of them does not hold, or could not be looked at.
    """
    if missing := [name for name in _PROVED if not _is_migrated(postgres, name)]:
        report(f"  {'not proved':<28} no service of {', '.join(missing)} has run here, so nothing can be compared")
        return
    report(f"  {'audit chain':<28} {_audit_verdict(postgres, layout, s3)}")
    active, projected = _settled_consents(postgres)
    if active != projected:
        odd = len(active ^ projected)
        raise StackError(f"consent and score disagree about {odd} consents after {SETTLE_S:.0f} s")
    report(f"  {'consents':<28} {len(active)} active, equal in consent and score")


def _is_migrated(postgres: Postgres, database: str) -> bool:
    with psycopg.connect(postgres.dsn(SUPERUSER, database), connect_timeout=10) as connection:
        return _has(connection, _PROVED[database])


def _audit_verdict(postgres: Postgres, layout: Layout, s3: Mapping[str, str]) -> str:
    command = [
        sys.executable, "-m", "altscore_audit_verifier",
        "--public-key", str(layout.pki / "public"), "--s3-bucket", "altscore-audit",
        "--s3-endpoint", s3["S3_ENDPOINT"], "--s3-ca-file", s3["S3_CA_FILE"],
    ]  # fmt: skip
    environment = SYSTEM_ENVIRONMENT | {
        "ALTSCORE_AUDIT_VERIFY_DSN": postgres.dsn("audit", "audit"),
        "AWS_ACCESS_KEY_ID": s3["S3_ACCESS_KEY"],
        "AWS_SECRET_ACCESS_KEY": s3["S3_SECRET_KEY"],
    }
    verdict = run_program(
        command, failure="the audit verifier does not agree", env=environment, cwd=Path("/"), timeout_s=600
    )
    return "; ".join(verdict.split("\n")).strip("; ")


def _settled_consents(postgres: Postgres) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    end = time.monotonic() + SETTLE_S
    while True:
        active = _rows(postgres, "consent", _ACTIVE)
        projected = _rows(postgres, "score", _PROJECTED)
        if active == projected or time.monotonic() > end:
            return active, projected
        time.sleep(0.5)


def _rows(postgres: Postgres, database: str, query: str) -> set[tuple[Any, ...]]:
    with psycopg.connect(postgres.dsn(SUPERUSER, database), connect_timeout=10) as connection:
        return set(connection.execute(query.encode()).fetchall())
