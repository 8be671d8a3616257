"""Events: one transaction with their change, numbered without gaps, applied once, poison set aside."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from altscore_libs import kafka
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Consumer, Handler, PoisonEvent, RawMessage, Received
from altscore_libs.db import transaction
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.outbox import Outbox
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS
from pydantic import SecretStr

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


def outbox(catalogue: SchemaCatalog) -> Outbox:
    return Outbox(catalogue, "consent", FixedClock(NOW), mac_key=OUTBOX_KEY)


async def test_an_event_of_a_rolled_back_change_does_not_exist(catalogue: SchemaCatalog, pool: asyncpg.Pool) -> None:
    async def fails_after_announcing() -> None:
        async with transaction(pool) as connection:
            await outbox(catalogue).audit(connection, "consent_granted", actor="webhook", outcome="ok")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails_after_announcing()
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


def audit_data(number: int) -> dict[str, Any]:
    names = {"action": "consent_granted", "actor": "webhook", "subject": f"ret_{number}", "outcome": "ok"}
    return {**names, "reason": None, "details": {}}


async def test_many_events_added_at_once_are_as_if_added_one_by_one(
    catalogue: SchemaCatalog, pool: asyncpg.Pool
) -> None:
    events = [(f"key_{number % 3}", audit_data(number)) for number in range(40)]
    async with transaction(pool) as connection:
        await outbox(catalogue).add_many(connection, "audit_event", [])
        await outbox(catalogue).add_many(connection, "audit_event", events)
    rows = await pool.fetch("SELECT event_id, name, topic, key, payload FROM outbox ORDER BY id")
    decoded = [catalogue.decode("audit_event", row["payload"]) for row in rows]
    assert [(row["key"], data["subject"]) for row, data in zip(rows, decoded, strict=True)] == [
        (key, data["subject"]) for key, data in events
    ]
    assert {(row["name"], row["topic"]) for row in rows} == {("audit_event", catalogue.topic_of("audit_event"))}
    assert [row["event_id"] for row in rows] == [data["event_id"] for data in decoded]
    assert {(data["producer"], data["occurred_at"]) for data in decoded} == {("consent", NOW)}


async def test_of_many_events_none_is_added_when_one_breaks_its_schema(
    catalogue: SchemaCatalog, pool: asyncpg.Pool
) -> None:
    async with transaction(pool) as connection:
        with pytest.raises(ValueError, match="does not fit"):
            await outbox(catalogue).add_many(connection, "audit_event", [("a", audit_data(1)), ("a", {"action": 1})])
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_an_event_that_breaks_its_schema_is_refused_where_it_is_made(
    catalogue: SchemaCatalog, pool: asyncpg.Pool
) -> None:
    async with transaction(pool) as connection:
        with pytest.raises(ValueError, match="does not fit"):
            await outbox(catalogue).add(connection, "consent.granted", key="ret_1", data={"retailer_id": "ret_1"})


def test_an_event_that_waited_through_an_upgrade_of_its_schema_is_read_as_the_newest(
    catalogue: SchemaCatalog, tmp_path: Path
) -> None:
    before = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, before, ignore=shutil.ignore_patterns("v[!1].avsc"))
    declined = {
        "event_id": uuid7(),
        "occurred_at": NOW,
        "producer": "consent",
        "producer_seq": 0,
        "trace_id": None,
        "invite_id": "inv_1",
        "retailer_id": "ret_1",
        "purpose": "term_loan",
        "language": "hi",
        "declined_at": NOW,
    }
    waiting = SchemaCatalog.load(before).encode("consent.declined", declined)
    assert catalogue.decode("consent.declined", waiting) == declined | {"contact_ref": None}
    with pytest.raises(ValueError, match=r"consent\.declined"):
        catalogue.decode("consent.declined", waiting[:-1])


def received(name: str = "audit_event") -> Received:
    return Received(
        event_id=uuid7(),
        name=name,
        topic="altscore.audit",
        key="webhook",
        occurred_at=NOW,
        producer="consent",
        producer_seq=1,
        data={},
    )


def consumer(pool: asyncpg.Pool, catalogue: SchemaCatalog, handler: Handler) -> Consumer:
    settings = KafkaSettings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="x",
        kafka_password=SecretStr("x"),
        kafka_ca_file=Path("ca.pem"),
        registry_url="http://127.0.0.1:1",
    )
    return Consumer(pool, catalogue, settings, group="g", topics=["altscore.audit"], handlers={"audit_event": handler})


async def effect(connection: asyncpg.Connection, event: Received) -> None:
    await connection.execute("INSERT INTO effects (event_id) VALUES ($1)", event.event_id)


async def test_an_event_seen_twice_is_applied_once(catalogue: SchemaCatalog, pool: asyncpg.Pool) -> None:
    reader, event = consumer(pool, catalogue, effect), received()
    assert [await reader.apply(event), await reader.apply(event)] == [True, False]
    assert await pool.fetchval("SELECT count(*) FROM effects") == 1


async def test_a_failed_handler_leaves_neither_claim_nor_effect(catalogue: SchemaCatalog, pool: asyncpg.Pool) -> None:
    async def fails(connection: asyncpg.Connection, event: Received) -> None:
        await effect(connection, event)
        raise PoisonEvent("never")

    with pytest.raises(PoisonEvent):
        await consumer(pool, catalogue, fails).apply(received())
    assert await pool.fetchval("SELECT (SELECT count(*) FROM effects) + (SELECT count(*) FROM inbox)") == 0


async def test_unreadable_bytes_are_parked_once_and_passed_to_the_dead_letter_topic(
    catalogue: SchemaCatalog, pool: asyncpg.Pool
) -> None:
    raw = RawMessage(topic="altscore.anomaly", partition=0, offset=7, key="ret_1", value=b"not avro")
    reader = consumer(pool, catalogue, effect)
    await reader._apply_batch([raw])
    await reader._apply_batch([raw])
    parked = await pool.fetch("SELECT topic, key, raw FROM parked")
    dead = await pool.fetch("SELECT topic, payload, is_raw FROM outbox")
    assert [tuple(row) for row in parked] == [("altscore.anomaly", "ret_1", b"not avro")]
    assert [tuple(row) for row in dead] == [("altscore.anomaly.dlq", b"not avro", True)]


def test_wire_format_is_the_confluent_one() -> None:
    assert kafka.frame(258, b"x") == b"\x00\x00\x00\x01\x02x"
    assert kafka.unframe(b"\x00\x00\x00\x01\x02x") == (258, b"x")
    with pytest.raises(ValueError, match="wire format"):
        kafka.unframe(b"\x01\x00\x00\x00\x01x")
