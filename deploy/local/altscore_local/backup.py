"""`make backup`: everything that cannot be made anew, copied from the running stack into one folder.

The databases are one base backup, so all of them stand at the same instant. Objects and keys are copied after it: a row
never names an object or a key that the copy lacks. The audit worker alone pauses meanwhile, so that no signed
checkpoint names entries behind that instant; its events wait in Kafka. Kafka is not copied: see `restore`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from altscore_local.files import PRIVATE, write_file
from altscore_local.layout import Layout
from altscore_local.postgres import Postgres
from altscore_local.process import SYSTEM_ENVIRONMENT, StackError
from altscore_local.program import run_program

FORMAT = 1
MANIFEST = "manifest.json"
KEPT = 5
PAUSED = ("audit-worker",)
_NAME = re.compile(r"\d{8}T\d{6}Z")
_PASSES = 8
_BASE_BACKUP_S = 1_800
_SCRATCH = (".minio.sys/tmp", ".minio.sys/multipart")


@dataclass(frozen=True)
class Part:
    """A folder that is copied.

    Args:
        name: in the backup.
        source: in this clone.
        is_settled: its files are replaced, never appended to: the copy is repeated until nothing changed meanwhile.
        left_out: scratch folders within it.
    """

    name: str
    source: Path
    is_settled: bool = True
    left_out: tuple[str, ...] = ()


def parts_of(layout: Layout) -> list[Part]:
    """What a backup holds beside the databases, in the order of copying: keys last, since all else names them."""
    return [
        Part("redis", layout.data / "redis", is_settled=False),
        Part("s3", layout.data / "s3", left_out=_SCRATCH),
        Part("score-spool", layout.data / "score-spool"),
        Part("secrets", layout.secrets),
        Part("pki", layout.pki),
    ]


def default_folder(layout: Layout) -> Path:
    """A new folder of var/backups, named by the instant."""
    return layout.var / "backups" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def back_up(
    postgres: Postgres,
    layout: Layout,
    target: Path,
    *,
    expected: Sequence[str],
    paused: Callable[[Sequence[str]], AbstractContextManager[None]],
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Copies everything into `target`, which appears under its name only when it is whole.

    Args:
        postgres: the running server.
        layout: of the clone.
        target: a folder that does not exist yet.
        expected: processes that should run after a restore.
        paused: ends processes while the context lasts.
        report: takes progress.

    Returns:
        The manifest.

    Raises:
        StackError: PostgreSQL does not serve, `target` exists, or a copy failed; what was copied is removed.
    """
    if not postgres.is_ready():
        raise StackError("PostgreSQL does not serve, so nothing was copied: run `make up`")
    if target.exists():
        raise StackError(f"{target} exists: a backup never writes over another")
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    begun, taken_at = time.monotonic(), datetime.now(UTC)
    try:
        with paused(PAUSED):
            _base_backup(postgres, partial / "postgres")
            report(f"  {'postgres':<28} copied    {time.monotonic() - begun:6.1f} s")
            for part in parts_of(layout):
                copy_part(part, partial / part.name)
                report(f"  {part.name:<28} copied    {time.monotonic() - begun:6.1f} s")
        manifest = {
            "format": FORMAT,
            "taken_at": taken_at.isoformat(timespec="milliseconds"),
            "release": release_of(layout),
            "expected": sorted(expected),
            "files": {str(file.relative_to(partial)): digest_of_file(file) for file in files_of(partial)},
        }
        write_file(partial / MANIFEST, json.dumps(manifest, indent=1), mode=PRIVATE)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def prune(layout: Layout) -> list[Path]:
    """Removes all but the newest `KEPT` backups of var/backups; folders with other names are nobody's but yours."""
    folder = layout.var / "backups"
    ours = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name) and (path / MANIFEST).exists())
    for old in ours[:-KEPT]:
        shutil.rmtree(old)
    return ours[:-KEPT]


def _base_backup(postgres: Postgres, target: Path) -> None:
    """All databases at one instant, with the WAL that makes them whole, checked by PostgreSQL's own program."""
    postgres.allow_base_backup()
    command = [
        str(postgres.program("pg_basebackup")), "--pgdata", str(target), "--no-password", "--format", "plain",
        "--wal-method", "stream", "--checkpoint", "fast", "--manifest-checksums", "SHA256",
    ]  # fmt: skip
    run_program(
        command,
        failure="the databases could not be copied",
        env=SYSTEM_ENVIRONMENT | postgres.client_environment(),
        cwd=Path("/"),
        timeout_s=_BASE_BACKUP_S,
    )
    verify_base_backup(postgres, target)


def verify_base_backup(postgres: Postgres, folder: Path) -> None:
    """Compares every file with the backup's own manifest, and reads its WAL.

    Raises:
        StackError: it is damaged.
    """
    run_program(
        [str(postgres.program("pg_verifybackup")), "--quiet", str(folder)],
        failure=f"{folder} is damaged",
        env=SYSTEM_ENVIRONMENT,
        cwd=Path("/"),
        timeout_s=_BASE_BACKUP_S,
    )


def copy_part(part: Part, target: Path) -> None:
    """Copies a folder that is in use; a part that does not exist is an empty folder.

    Raises:
        StackError: it changes faster than it is copied.
    """
    target.mkdir(mode=0o700)
    copied: dict[Path, tuple[int, int]] = {}
    for _ in range(_PASSES):
        seen = dict(_states(part))
        for vanished in copied.keys() - seen.keys():
            (target / vanished).unlink(missing_ok=True)
            del copied[vanished]
        changed = [path for path, state in seen.items() if copied.get(path) != state]
        for path in changed:
            if _copy_file(part.source / path, target / path):
                copied[path] = seen[path]
        if not changed or not part.is_settled:
            return
    raise StackError(f"{part.name} changes faster than it can be copied: try again when less is written")


def _states(part: Part) -> Iterator[tuple[Path, tuple[int, int]]]:
    left_out = [part.source / folder for folder in part.left_out]
    for file in files_of(part.source):
        if not any(file.is_relative_to(folder) for folder in left_out):
            try:
                state = file.lstat()
            except FileNotFoundError:
                continue
            yield file.relative_to(part.source), (state.st_size, state.st_mtime_ns)


def _copy_file(source: Path, target: Path) -> bool:
    """False when the file is gone meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        return False
    return True


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder, by name."""
    files = []
    for base, _, names in os.walk(folder):
        files += [Path(base) / name for name in names]
    return sorted(files)


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def release_of(layout: Layout) -> str:
    """The commit of the clone, "unknown" without git."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    done = subprocess.run(
        [git, "-C", str(layout.root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=10
    )
    return done.stdout.strip() or "unknown"
