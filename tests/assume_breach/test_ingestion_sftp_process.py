"""The SFTP process faces the Internet: what it holds opens neither Bronze nor the vault and issues no certificate.

Its database role decides whose file a file is; the last tests say what that means at worst (ADR 0054).
"""

from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import asyncpg
from altscore_ingestion.distributors.domain import SftpAccount
from altscore_ingestion.landings import store
from altscore_ingestion.landings.domain import content_context
from altscore_ingestion.settings import ApiSettings, SftpSettings
from altscore_libs import envelope
from altscore_libs.db import transaction
from altscore_libs.settings import KafkaSettings, ProcessSettings, S3Settings

from services.ingestion.tests.conftest import (
    clock,
    database,
    object_store,
    pool,
    template,
    vault,
    vault_pool,
    vault_template,
    wiring,
    world,
)
from services.ingestion.tests.landings.conftest import make_key, register
from services.ingestion.tests.uploads.test_routes import NAME, A, csv
from services.ingestion.tests.world import BRONZE, Wiring, World

__all__ = [
    "clock",
    "database",
    "object_store",
    "pool",
    "template",
    "vault",
    "vault_pool",
    "vault_template",
    "wiring",
    "world",
]


def test_it_holds_no_secret_of_bronze_the_vault_kafka_or_the_connectors_authority() -> None:
    held = set(SftpSettings.model_fields)
    certificate = set(ProcessSettings.model_fields) & {"tls_cert_file", "tls_key_file", "tls_ca_file"}
    assert len(certificate) == 3
    authority = {name for name in ApiSettings.model_fields if name.startswith("connector_ca")}
    assert len(authority) == 2
    for secrets_of in (S3Settings.model_fields, KafkaSettings.model_fields, certificate, authority, {"vault_url"}):
        assert not held & (set(secrets_of) - {"largest_event_bytes"})


async def plant(world: World, wiring: Wiring, distributor_id: str, fingerprint: str) -> None:
    """A file in the name of a distributor, with the process's database role and its key store."""
    upload_id, key = uuid4(), envelope.new_key()
    account = SftpAccount(
        distributor_id=distributor_id,
        is_active=True,
        backfill_open_until=None,
        max_amount_inr=Decimal(1_000_000_000),
        fingerprint=fingerprint,
        is_key_revoked=False,
    )
    async with transaction(world.pool) as connection:
        await store.insert_landed(
            connection,
            account,
            NAME,
            client_upload_id=upload_id,
            size=1,
            key_wrapped=await wiring.wrapper.wrap(key),
            content=envelope.encrypt(key, csv(A).encode(), context=content_context(upload_id)),
            now=world.clock.now(),
        )


async def fingerprint_of(world: World, folder: Path, distributor_id: str) -> str:
    """Of a key that admin registers for a distributor."""
    answer = await register(world, make_key(folder, distributor_id), distributor_id)
    assert answer.status_code == 201, answer.text
    fingerprint: str = answer.json()["fingerprint"]
    return fingerprint


async def taken_by_the_api(world: World) -> tuple[list[str], list[str]]:
    """States of all planted files after the API has read them, and the objects of Bronze that came of it."""
    before = set(world.store.objects(BRONZE))
    while await world.landed.step():
        continue
    states = await world.pool.fetch("SELECT state FROM landed_file ORDER BY landed_id")
    return [row["state"] for row in states], sorted(set(world.store.objects(BRONZE)) - before)


async def test_a_file_in_the_name_of_a_distributor_under_another_ones_key_is_not_kept(
    world: World, wiring: Wiring, tmp_path: Path
) -> None:
    for distributor_id in ("dist_a", "dist_b"):
        await world.onboard(distributor_id)
    own = await fingerprint_of(world, tmp_path, "dist_b")
    for fingerprint in (own, "SHA256:" + "A" * 43):
        with suppress(asyncpg.IntegrityConstraintViolationError):
            await plant(world, wiring, "dist_a", fingerprint)
    states, written = await taken_by_the_api(world)
    assert (set(states) <= {"dropped"}, written) == (True, [])
    assert await world.audited("upload_received") == []


async def test_a_file_under_a_revoked_key_is_dropped(world: World, wiring: Wiring, tmp_path: Path) -> None:
    await world.onboard()
    fingerprint = await fingerprint_of(world, tmp_path, "dist_a")
    await world.services.sftp_keys.revoke("dist_a")
    await plant(world, wiring, "dist_a", fingerprint)
    assert await taken_by_the_api(world) == (["dropped"], [])


async def test_what_it_does_at_worst_shows_in_the_audit_by_key_and_number(
    world: World, wiring: Wiring, tmp_path: Path
) -> None:
    """Under the victim's own key a planted file is an upload: with its limits, and with the API's audit entries.

    No login preceded it, so no `sftp_file_landed` stands beside the entry, and the distributor sees a file in its
    findings that it did not put.
    """
    await world.onboard()
    fingerprint = await fingerprint_of(world, tmp_path, "dist_a")
    await plant(world, wiring, "dist_a", fingerprint)
    states, _ = await taken_by_the_api(world)
    assert states == ["taken"]
    [ended] = await world.audited("sftp_file_ended")
    assert ended["details"]["fingerprint"] == fingerprint
    assert await world.audited("sftp_file_landed") == []
    async with transaction(world.pool) as connection:
        reports = await store.reports(connection, "dist_a", 10)
    assert [report.file_name for report in reports] == [NAME]
