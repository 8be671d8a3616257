"""Keys change every year: old records keep verifying, new ones carry the new key, unpublished keys verify nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from altscore_consent.grants.records import RecordVerifier
from altscore_libs.clock import FixedClock
from altscore_libs.signer import PublicKeys, newest_published
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, SoftwareSigner, execute_as_relay

from ..conftest import LENDERS, PURPOSE, RETAILER, build

BASE = "consent-signing"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")


async def test_records_of_both_years_verify_and_the_new_one_carries_the_new_key(
    pool: asyncpg.Pool, database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    old, new = SoftwareSigner(BASE), SoftwareSigner(BASE)
    (tmp_path / f"{BASE}.pem").write_bytes(old.public_pem())
    (tmp_path / f"{BASE}.2.pem").write_bytes(new.public_pem())
    last_year, this_year = build(pool, database, clock, old), build(pool, database, clock, new)
    first = await last_year.granted()
    second = await this_year.granted(purpose="term_loan")
    this_year.verifier.records = RecordVerifier(PublicKeys.load(tmp_path))
    for purpose in (PURPOSE, "term_loan"):
        assert (await this_year.services.checks.check(RETAILER, LENDERS[0], purpose)).is_consented
    assert old.key_id in first.record
    assert new.key_id in second.record
    (tmp_path / f"{BASE}.pem").unlink()
    this_year.verifier.records = RecordVerifier(PublicKeys.load(tmp_path))
    assert not (await this_year.services.checks.check(RETAILER, LENDERS[0], PURPOSE)).is_consented


@pytest.fixture
def environment(tmp_path: Path, database: Database) -> dict[str, str]:
    """Of `rotate-key` on an empty token of its own."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "public").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    program = shutil.which("softhsm2-util")
    assert program, "softhsm2 is installed by make setup"
    system = {"PATH": "/usr/bin:/bin", "SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf")}
    command = [program, "--init-token", "--free", "--label", "t", "--pin", "1234", "--so-pin", "5678"]
    subprocess.run(command, check=True, capture_output=True, env=system)
    unused = {"KAFKA_BOOTSTRAP": "-", "KAFKA_USERNAME": "-", "KAFKA_PASSWORD": "-", "REGISTRY_URL": "-"}
    files = dict.fromkeys(("KAFKA_CA_FILE", "TLS_CERT_FILE", "TLS_KEY_FILE", "TLS_CA_FILE"), "-")
    own = {
        "DATABASE_URL": database.app_dsn,
        "OUTBOX_KEY": OUTBOX_KEY.hex(),
        "INTERNAL_PORT": "1",
        "SCHEMAS_DIR": str(SCHEMAS),
        "PKCS11_MODULE": next(path for path in MODULES if Path(path).exists()),
        "PKCS11_TOKEN": "t",
        "PKCS11_PIN": "1234",
        "PUBLIC_KEYS_DIR": str(tmp_path / "public"),
    }
    return system | {f"CONSENT_{name}": value for name, value in (unused | files | own).items()}


def rotate(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "altscore_consent", "rotate-key"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


async def test_rotate_key_makes_publishes_and_audits_the_next_key_on_a_real_token(
    environment: dict[str, str], tmp_path: Path, database: Database
) -> None:
    reports = [json.loads(rotate(environment).stdout) for _ in range(2)]
    assert [report["label"] for report in reports] == [BASE, f"{BASE}.2"]
    published = PublicKeys.load(tmp_path / "public")
    assert all(report["key_id"] in published for report in reports)
    assert newest_published({report["label"]: report["key_id"] for report in reports}, BASE, published) == f"{BASE}.2"
    audited = await execute_as_relay(database, "SELECT mac FROM outbox WHERE topic = 'altscore.audit'")
    assert len(audited) == 2


async def test_a_public_key_published_for_another_is_not_overwritten(
    environment: dict[str, str], tmp_path: Path
) -> None:
    foreign = SoftwareSigner(BASE).public_pem()
    assert rotate(environment).returncode == 0
    (tmp_path / "public" / f"{BASE}.2.pem").write_bytes(foreign)
    assert rotate(environment).returncode != 0
    assert (tmp_path / "public" / f"{BASE}.2.pem").read_bytes() == foreign
