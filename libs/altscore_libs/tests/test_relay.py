"""The relay sends what the service wrote, numbered without gaps and signed; a row of anybody else is set aside."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import psycopg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.event_signatures import EventVerifier, SentMessage
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.outbox import Outbox, add_raw
from altscore_libs.relay import LARGEST_BYTES, LARGEST_DEAD_LETTER_BYTES, Relay
from altscore_libs.testing import OUTBOX_KEY, Database

from .broker import EVENTS, PRODUCER, Broker, relay_of
from .collector import registry

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
PLANT = "INSERT INTO outbox (event_id, name, topic, key, payload, mac) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id"


@pytest.fixture(scope="module")
def registry_url() -> Iterator[str]:
    with registry() as url:
        yield url


@pytest.fixture
def relay(relay_pool: asyncpg.Pool, catalogue: SchemaCatalog, registry_url: str) -> Relay:
    return relay_of(relay_pool, catalogue, registry_url)


@pytest.fixture
def outbox(catalogue: SchemaCatalog) -> Outbox:
    return Outbox(catalogue, PRODUCER, FixedClock(NOW), mac_key=OUTBOX_KEY)


async def add(outbox: Outbox, pool: asyncpg.Pool, times: int = 1, *, action: str = "consent_granted") -> None:
    async with transaction(pool) as connection:
        for number in range(times):
            await outbox.audit(connection, action, actor="webhook", outcome="ok", subject=str(number))


async def send(relay: Relay, broker: Broker) -> int:
    return (await relay._send_batch(broker, asyncio.Event())).acknowledged


async def refused(pool: asyncpg.Pool) -> list[str]:
    rows = await pool.fetch("SELECT refused_reason FROM outbox WHERE refused_at IS NOT NULL ORDER BY id")
    return [row["refused_reason"] for row in rows]


def audits(catalogue: SchemaCatalog, broker: Broker) -> list[dict[str, Any]]:
    return [
        catalogue.decode("audit_event", message.value[5:])
        for message in broker.messages
        if message.topic == "altscore.audit"
    ]


async def test_events_are_numbered_without_gaps_and_keep_their_number_when_sent_again(
    relay: Relay, outbox: Outbox, pool: asyncpg.Pool, catalogue: SchemaCatalog
) -> None:
    broker = Broker()
    await add(outbox, pool, 3)
    broker.is_away = True
    assert await send(relay, broker) == 0
    broker.is_away = False
    await add(outbox, pool, 2)
    assert await send(relay, broker) == 5
    assert [event["producer_seq"] for event in audits(catalogue, broker)] == [1, 2, 3, 4, 5]
    assert await send(relay, broker) == 0


async def test_every_message_says_who_sent_it(relay: Relay, outbox: Outbox, pool: asyncpg.Pool) -> None:
    broker, verifier = Broker(), EventVerifier(EVENTS.public_keys())
    await add(outbox, pool, 7)
    await send(relay, broker)
    producers = [
        verifier.producer_of(SentMessage(message.topic, message.key, message.value), message.signature)
        for message in broker.messages
    ]
    assert producers == [PRODUCER] * 7


async def test_a_dead_letter_is_passed_on_unsigned_and_only_to_a_topic_of_dead_letters(
    relay: Relay, pool: asyncpg.Pool
) -> None:
    broker = Broker()
    async with transaction(pool) as connection:
        await add_raw(connection, "altscore.audit.dlq", "k", b"broken")
        await add_raw(connection, "altscore.consent", "k", b"a forged consent")
    await send(relay, broker)
    assert [(message.topic, message.signature) for message in broker.messages] == [("altscore.audit.dlq", None)]
    assert await refused(pool) == ["a dead letter for a topic that has none"]


async def test_a_dead_letter_is_passed_on_as_large_as_the_brokers_take_it(relay: Relay, pool: asyncpg.Pool) -> None:
    broker = Broker()
    async with transaction(pool) as connection:
        await add_raw(connection, "altscore.audit.dlq", "k", b"x" * (LARGEST_DEAD_LETTER_BYTES - 1))
        await add_raw(connection, "altscore.audit.dlq", "k", b"x" * LARGEST_DEAD_LETTER_BYTES)
    assert await send(relay, broker) == 1
    assert await refused(pool) == ["too large"]


async def test_rows_that_the_service_did_not_write_are_set_aside_named_and_do_not_stop_those_behind(
    relay: Relay, outbox: Outbox, pool: asyncpg.Pool, catalogue: SchemaCatalog
) -> None:
    data: dict[str, Any] = {
        "action": "model_promoted",
        "actor": "ops-1",
        "subject": None,
        "outcome": "ok",
        "reason": None,
    }
    event = outbox.encode("audit_event", data | {"details": {}}, key="ops-1")
    await pool.execute(PLANT, event.event_id, event.name, event.topic, event.key, event.payload, None)
    await pool.execute(PLANT, uuid7(), event.name, event.topic, event.key, event.payload, event.mac)
    await pool.execute(PLANT, uuid7(), event.name, event.topic, event.key, event.payload, b"m" * 32)
    await add(outbox, pool, 2)
    broker = Broker()
    await send(relay, broker)
    await send(relay, broker)
    assert await refused(pool) == ["no right MAC"] * 3
    sent = audits(catalogue, broker)
    assert [event["action"] for event in sent] == ["consent_granted"] * 2 + ["outbox_row_refused"] * 3
    assert [event["producer_seq"] for event in sent] == [1, 2, 3, 4, 5]
    assert {event["reason"] for event in sent[2:]} == {"no right MAC"}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (("no.such.event", "altscore.audit", b""), "cannot be encoded: UnknownEvent"),
        (("audit_event", "altscore.audit", b"\xff"), "cannot be encoded: ValueError"),
        (("audit_event", "altscore.audit", b"x" * (LARGEST_BYTES + 1)), "too large"),
    ],
    ids=["name", "payload", "size"],
)
async def test_a_row_that_cannot_be_sent_is_set_aside_even_with_a_right_mac(
    relay: Relay, outbox: Outbox, pool: asyncpg.Pool, *, columns: tuple[str, str, bytes], reason: str
) -> None:
    event_id, (name, topic, payload) = uuid7(), columns
    mac = outbox._macs.of(event_id, name, topic=topic, key="k", payload=payload)
    await pool.execute(PLANT, event_id, name, topic, "k", payload, mac)
    await add(outbox, pool)
    broker = Broker()
    assert await send(relay, broker) == 1
    assert await refused(pool) == [reason]


async def test_a_job_sends_what_waits_behind_any_number_of_rows_that_are_set_aside(
    relay_pool: asyncpg.Pool, outbox: Outbox, pool: asyncpg.Pool, *, catalogue: SchemaCatalog, registry_url: str
) -> None:
    relay = relay_of(relay_pool, catalogue, registry_url, batch=2)
    for _ in range(5):
        await pool.execute(PLANT, uuid7(), "audit_event", "altscore.audit", "k", b"", b"m" * 32)
    await add(outbox, pool)
    broker = Broker()
    assert await relay._drain(broker) == 6
    sent = [event["action"] for event in audits(catalogue, broker)]
    assert sorted(sent) == ["consent_granted", *["outbox_row_refused"] * 5]


async def test_an_event_of_another_producer_or_row_is_set_aside(
    relay: Relay, catalogue: SchemaCatalog, outbox: Outbox, pool: asyncpg.Pool
) -> None:
    foreign = Outbox(catalogue, "score", FixedClock(NOW), mac_key=OUTBOX_KEY)
    data: dict[str, Any] = {
        "action": "a",
        "actor": "k",
        "subject": None,
        "outcome": "ok",
        "reason": None,
        "details": {},
    }
    for writer, topic in ((foreign, "altscore.audit"), (outbox, "altscore.audit"), (outbox, "altscore.consent")):
        event = writer.encode("audit_event", data, key="k")
        event_id = event.event_id if topic == "altscore.consent" else uuid7()
        mac = outbox._macs.of(event_id, event.name, topic=topic, key=event.key, payload=event.payload)
        await pool.execute(PLANT, event_id, event.name, topic, event.key, event.payload, mac)
    broker = Broker()
    assert await send(relay, broker) == 0
    assert await refused(pool) == ["another event than its row says"] * 3


async def test_rows_of_the_release_before_are_sent_until_the_upgrade_is_over(
    relay: Relay, outbox: Outbox, pool: asyncpg.Pool, database: Database
) -> None:
    data: dict[str, Any] = {
        "action": "a",
        "actor": "k",
        "subject": None,
        "outcome": "ok",
        "reason": None,
        "details": {},
    }
    with psycopg.connect(database.owner_dsn, autocommit=True) as owner:
        owner.execute("UPDATE outbox_upgrade SET unmaced_until = now() + interval '15 minutes'")
    event = outbox.encode("audit_event", data, key="k")
    await pool.execute(PLANT, *event[:5], None)
    broker = Broker()
    assert await send(relay, broker) == 1
    with psycopg.connect(database.owner_dsn, autocommit=True) as owner:
        owner.execute("UPDATE outbox_upgrade SET unmaced_until = now()")
    event = outbox.encode("audit_event", data, key="k")
    await pool.execute(PLANT, *event[:5], None)
    assert await send(relay, broker) == 0
    assert await refused(pool) == ["no right MAC"]


async def test_a_deleted_row_is_named_in_the_audit_with_the_next_batch(
    relay: Relay, outbox: Outbox, pool: asyncpg.Pool, database: Database, catalogue: SchemaCatalog
) -> None:
    await add(outbox, pool, 3)
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("DELETE FROM outbox WHERE id = (SELECT min(id) + 1 FROM outbox)")
    broker = Broker()
    await send(relay, broker)
    (named,) = [event for event in audits(catalogue, broker) if event["action"] == "outbox_row_missing"]
    row = await pool.fetchrow("SELECT stripe, number FROM outbox_missing")
    assert named["details"] == {"stripe": str(row["stripe"]), "number": str(row["number"])}
    assert row["number"] == 2
