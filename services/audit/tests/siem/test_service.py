"""The stream to the SIEM: whole, in order, at least once, whatever the receiver does, and the writer never waits."""

import argparse
import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import Link, link_hash
from altscore_audit.clients import TlsSyslogReceiver
from altscore_audit.main import create_siem_service, siem_rewind
from altscore_audit.settings import RewindSettings, WorkerSettings
from altscore_audit.siem import service as siem_service
from altscore_audit.siem import store
from altscore_audit.siem.service import SiemService
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.state_gauges import StateGauges
from altscore_libs.testing import Database, self_signed
from altscore_libs.testing_postgres import HANG_S
from pydantic import SecretStr
from simulators_siem.messages import read_cef

from ..conftest import entry_of
from .conftest import Certificates, Siem

SHORT_S = 0.5
MISBEHAVIOUR = ("hang", "deaf", "cut", "forget", "talk")


async def append(pool: asyncpg.Pool, first: int, last: int, chain: str = "general", payload: str | None = None) -> None:
    async with transaction(pool) as connection:
        entries = [entry_of(number, payload, chain=chain) for number in range(first, last + 1)]
        await chains.append(connection, chain, entries)


async def sent_seq(pool: asyncpg.Pool, chain: str = "general") -> int:
    return int(await pool.fetchval("SELECT sent_seq FROM audit_siem_position WHERE chain = $1", chain))


def received(siem: Siem, chain: str = "general") -> list[int]:
    entries = [json.loads(message["text"]) for message in siem.messages()]
    return [entry["seq"] for entry in entries if entry["chain"] == chain]


async def test_every_entry_arrives_once_in_order_with_its_number_and_the_hash_before_it(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService]
) -> None:
    await append(pool, 1, 450)
    await append(pool, 1_001, 1_003, "failed_auth")
    while await sender().send_next():
        pass
    assert received(siem) == list(range(1, 451))
    assert received(siem, "failed_auth") == [1, 2, 3]
    previous = bytes(32).hex()
    for entry in [json.loads(message["text"]) for message in siem.messages()]:
        if entry["chain"] != "general":
            continue
        assert entry["prev_hash"] == previous
        previous = entry["entry_hash"]
    assert siem.control.get("/sim/messages").json()["connections"] >= 4


async def test_what_arrives_is_enough_to_compute_the_hash_again(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService]
) -> None:
    await append(pool, 1, 1, payload='{"actor":"राज\\n","n":1}')
    await sender().send_next()
    (message,) = siem.messages()
    entry = json.loads(message["text"])
    async with transaction(pool) as connection:
        (link,) = await chains.links(connection, "general", after=0, limit=1)
    told = Link(
        chain=entry["chain"],
        seq=entry["seq"],
        event_id=entry["event_id"],
        occurred_at=link.occurred_at,
        recorded_at=link.recorded_at,
        action=entry["action"],
        payload=entry["payload"],
        prev_hash=bytes.fromhex(entry["prev_hash"]),
        entry_hash=bytes.fromhex(entry["entry_hash"]),
    )
    assert link_hash(told).hex() == entry["entry_hash"]
    assert (message["priority"], message["host"], message["id"]) == (109, "audit-test", "consent_granted")


@pytest.mark.parametrize("mode", MISBEHAVIOUR)
async def test_a_receiver_that_misbehaves_moves_nothing_and_gets_everything_when_it_is_well_again(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService], *, mode: str
) -> None:
    await append(pool, 1, 30)
    siem.behave(mode)
    with pytest.raises(Unavailable):
        await sender(deadline_s=SHORT_S if mode in ("hang", "deaf") else HANG_S).send_next()
    assert await sent_seq(pool) == 0
    siem.behave("ok")
    await sender().send_next()
    assert received(siem)[-30:] == list(range(1, 31))
    assert await sent_seq(pool) == 30


async def test_a_receiver_that_is_deaf_to_more_than_fits_into_the_buffers_is_given_up(siem: Siem) -> None:
    siem.behave("deaf")
    with pytest.raises(Unavailable):
        await siem.receiver(deadline_s=SHORT_S).send(b"x" * 32_000_000)


async def test_a_receiver_that_is_gone_moves_nothing(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService]
) -> None:
    await append(pool, 1, 3)
    siem.process.kill()
    siem.process.wait()
    with pytest.raises(Unavailable):
        await sender().send_next()
    assert await sent_seq(pool) == 0


async def test_entries_are_chained_while_the_receiver_hangs(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService]
) -> None:
    await append(pool, 1, 3)
    siem.behave("hang")
    sending = asyncio.create_task(sender().send_next())
    await asyncio.to_thread(siem.wait_for_a_connection)
    await append(pool, 4, 500)
    assert not sending.done()
    assert pool.get_idle_size() == pool.get_size()  # the stream holds no connection meanwhile
    siem.process.kill()
    with pytest.raises(Unavailable):
        await sending


async def test_a_stream_goes_on_where_the_one_before_ended(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService]
) -> None:
    await append(pool, 1, 5)
    await sender().send_next()
    await append(pool, 6, 7)
    await sender().send_next()
    assert received(siem) == [1, 2, 3, 4, 5, 6, 7]


async def test_large_entries_go_in_batches_of_a_bounded_size(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siem_service, "BATCH_BYTES", 3_000)
    await append(pool, 1, 4, payload=json.dumps({"text": "x" * 1_000}))
    assert await sender().send_next()
    assert await sent_seq(pool) < 4
    while await sender().send_next():
        pass
    assert received(siem) == [1, 2, 3, 4]


async def test_a_receiver_of_another_authority_learns_nothing(
    pool: asyncpg.Pool, siem: Siem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = ssl.create_default_context(cafile=str(self_signed(tmp_path_factory.mktemp("other"))[0]))
    with pytest.raises(Unavailable):
        await TlsSyslogReceiver("127.0.0.1", siem.port, other, deadline_s=SHORT_S).send(b"1 x")
    assert siem.messages() == []


async def test_without_our_certificate_a_receiver_takes_nothing(siem: Siem, certificates: Certificates) -> None:
    anonymous = ssl.create_default_context(cafile=str(certificates[0][0]))
    with pytest.raises(Unavailable):
        await TlsSyslogReceiver("127.0.0.1", siem.port, anonymous, deadline_s=SHORT_S).send(b"1 x")


async def test_the_gauges_say_how_much_waits_and_for_how_long(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService]
) -> None:
    gauges = StateGauges(pool, store.MEASURES)

    async def unsent() -> dict[str, float]:
        await gauges.measure()
        families = {family.name: family for family in gauges.collect()}
        ages = families["altscore_audit_siem_unsent_age_seconds"].samples
        assert all((sample.value > 0) == (sample.labels["chain"] == "general" and is_waiting) for sample in ages)
        return {sample.labels["chain"]: sample.value for sample in families["altscore_audit_siem_unsent"].samples}

    await append(pool, 1, 7)
    is_waiting = True
    assert await unsent() == {"general": 7, "failed_auth": 0}
    await sender().send_next()
    is_waiting = False
    assert await unsent() == {"general": 0, "failed_auth": 0}


async def test_the_service_moves_a_position_forward_within_its_chain_and_from_where_it_read_it(
    pool: asyncpg.Pool,
) -> None:
    await append(pool, 1, 5)
    async with transaction(pool) as connection:
        assert await store.move_on(connection, store.Position("general", 0, 5), 3)
        assert not await store.move_on(connection, store.Position("general", 0, 5), 4)  # another process was faster
    for seq in (3, 2, 6):
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await pool.fetchval("SELECT audit_siem_sent('general', 3, $1)", seq)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE audit_siem_position SET sent_seq = 0")


async def test_the_owner_has_entries_sent_again(
    pool: asyncpg.Pool, siem: Siem, sender: Callable[..., SiemService], *, database: Database
) -> None:
    await append(pool, 1, 5)
    await sender().send_next()
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        assert await store.move_back(connection, "general", 3)
        assert not await store.move_back(connection, "general", 4)  # not sent yet
    finally:
        await connection.close()
    await sender().send_next()
    assert received(siem) == [1, 2, 3, 4, 5, 4, 5]


def settings_of(siem: Siem, certificates: Certificates, **siem_settings: Any) -> WorkerSettings:
    (ca, _), (cert, key) = certificates
    required = [name for name, field in WorkerSettings.model_fields.items() if field.is_required()]
    chosen: dict[str, Any] = dict.fromkeys(required, "unused") | {
        "tls_cert_file": cert,
        "tls_key_file": key,
        "siem_ca_file": ca,
        "siem_port": siem.port,
        "internal_port": 1,
    }
    return WorkerSettings(**chosen, **siem_settings)


async def test_the_settings_choose_receiver_certificate_format_and_sender(
    pool: asyncpg.Pool, siem: Siem, certificates: Certificates
) -> None:
    await append(pool, 1, 1)
    chosen = settings_of(siem, certificates, siem_host="127.0.0.1", siem_format="cef", siem_sender="audit-mumbai")
    service = create_siem_service(chosen, pool)
    assert service is not None
    await service.send_next()
    (message,) = siem.messages()
    assert message["host"] == "audit-mumbai"
    assert read_cef(message["text"])[1]["cn1"] == "1"


def test_without_a_host_nothing_is_sent(pool: asyncpg.Pool, siem: Siem, certificates: Certificates) -> None:
    assert create_siem_service(settings_of(siem, certificates), pool) is None


async def test_the_command_moves_back_only_what_was_sent(
    pool: asyncpg.Pool, database: Database, *, siem: Siem, sender: Callable[..., SiemService]
) -> None:
    await append(pool, 1, 3)
    await sender().send_next()
    owner = RewindSettings(owner_database_url=SecretStr(database.owner_dsn))
    await siem_rewind(owner, argparse.Namespace(chain="general", to=1))
    assert await sent_seq(pool) == 1
    with pytest.raises(SystemExit, match="has not been sent yet"):
        await siem_rewind(owner, argparse.Namespace(chain="general", to=2))
