"""SQL as a service's database role: what it plants in the outbox nobody believes, and it takes nothing back."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from altscore_libs import db
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import RawMessage
from altscore_libs.event_signatures import HEADER
from altscore_libs.events import SchemaCatalog
from altscore_libs.ids import uuid7
from altscore_libs.outbox import Outbox
from altscore_libs.relay import Relay
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import OUTBOX_KEY, SCHEMAS, Database, SoftwareSigner, execute_as_relay, postgres_fixtures
from pydantic import SecretStr

CONSENT = Path(__file__).parents[2] / "services/consent/migrations"
template, database, pool = postgres_fixtures("consent", CONSENT)
CATALOGUE = SchemaCatalog.load(SCHEMAS)
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
EVENTS = SoftwareSigner("consent-events")
INSERT = "INSERT INTO outbox (event_id, name, topic, key, payload) VALUES ($1, $2, $3, $4, $5)"
AUDIT: dict[str, Any] = {
    "action": "consent_granted",
    "actor": "ops",
    "subject": None,
    "outcome": "ok",
    "reason": None,
    "details": {},
}


class KnownIds:
    """A registry that knows one id for every schema."""

    async def id_of(self, _event: object) -> int:
        return 1


class Broker:
    """Takes everything and acknowledges it."""

    def __init__(self) -> None:
        self.messages: list[RawMessage] = []
        self._reports: list[Any] = []

    def produce(self, topic: str, *, value: bytes, key: bytes, headers: dict[str, Any], on_delivery: Any) -> None:
        message = RawMessage(
            topic=topic, partition=0, offset=0, key=key.decode(), value=value, signature=headers.get(HEADER)
        )
        self.messages.append(message)
        self._reports.append(on_delivery)

    def flush(self, _timeout_s: float) -> int:
        while self._reports:
            self._reports.pop()(None, None)
        return 0

    def audited(self) -> list[str]:
        """The actions that went out."""
        return [
            str(CATALOGUE.decode("audit_event", message.value[5:])["action"])
            for message in self.messages
            if message.topic == "altscore.audit"
        ]


@pytest_asyncio.fixture
async def relay(database: Database) -> AsyncIterator[Relay]:
    relay_pool = await db.create_pool(database.relay_dsn)
    settings = KafkaSettings(
        kafka_bootstrap="unused",
        kafka_username="unused",
        kafka_password=SecretStr("unused"),
        kafka_ca_file=Path("unused"),
        registry_url="http://127.0.0.1:1",
    )
    opened = Relay(relay_pool, CATALOGUE, settings, producer="consent", mac_keys=[OUTBOX_KEY], signer=EVENTS)
    opened._registry = KnownIds()  # type: ignore[assignment]
    yield opened
    relay_pool.terminate()


@pytest.fixture
def outbox() -> Outbox:
    """What the honest processes write with; the thief of the database's password has none."""
    return Outbox(CATALOGUE, "consent", FixedClock(NOW), mac_key=OUTBOX_KEY)


async def sent(relay: Relay) -> Broker:
    broker = Broker()
    await relay._send_batch(broker, asyncio.Event())
    await relay._send_batch(broker, asyncio.Event())
    return broker


async def test_a_planted_consent_or_audit_event_is_never_signed_or_sent_and_is_named(
    relay: Relay, pool: asyncpg.Pool
) -> None:
    thief = Outbox(CATALOGUE, "consent", FixedClock(NOW), mac_key=b"a guess of the key, of 32 bytes.")
    planted = thief.encode("audit_event", AUDIT, key="ops")
    await pool.execute(INSERT, *planted[:5])
    guessed = thief.encode("audit_event", AUDIT, key="ops")
    await pool.execute(INSERT.replace("payload)", "payload, mac)").replace("$5)", "$5, $6)"), *guessed)
    as_dead_letter = INSERT.replace("payload)", "payload, is_raw)").replace("$5)", "$5, true)")
    await pool.execute(as_dead_letter, uuid7(), "raw", "altscore.consent", "ret_7f3a92c1d4e8b051", b"forged")
    broker = await sent(relay)
    assert broker.audited() == ["outbox_row_refused"] * 3
    assert {message.topic for message in broker.messages} == {"altscore.audit"}


ATTACKS = {
    "delete": "DELETE FROM outbox",
    "truncate": "TRUNCATE outbox",
    "change the payload": "UPDATE outbox SET payload = '\\x00'",
    "say that it was sent": "UPDATE outbox SET sent_at = now()",
    "say that it was refused": "UPDATE outbox SET refused_at = now()",
    "number it": "UPDATE outbox SET producer_seq = 9",
    "move the counter": "UPDATE outbox_counter SET last = last + 1",
    "hold the counter": "SELECT last FROM outbox_counter FOR UPDATE",
    "move a stripe": "UPDATE outbox_stripe SET last = last - 1",
    "forget the trace": "DELETE FROM outbox_trace",
    "call it checked": "UPDATE outbox_checked SET last = 100",
    "explain what is missing": "UPDATE outbox_missing SET resolved_at = now()",
    "open the upgrade again": "UPDATE outbox_upgrade SET unmaced_until = 'infinity'",
    "write as of before the upgrade": (
        "INSERT INTO outbox (event_id, name, topic, key, payload, created_at)"
        " VALUES (gen_random_uuid(), 'audit_event', 'altscore.audit', 'k', '', '-infinity')"
    ),
    "read a MAC to copy it": "SELECT mac FROM outbox",
    "switch the trigger off": "ALTER TABLE outbox DISABLE TRIGGER ALL",
    "be a replica": "SET session_replication_role = replica",
    "become the relay": "SET ROLE consent_relay",
    "number rows without inserting any": "SELECT outbox_number()",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_the_role_can_do_nothing_to_an_event_that_was_written(
    relay: Relay, outbox: Outbox, pool: asyncpg.Pool, attack: str
) -> None:
    async with db.transaction(pool) as connection:
        await outbox.audit(connection, "consent_granted", actor="webhook", outcome="ok")
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError)):
        await pool.execute(attack)
    assert (await sent(relay)).audited() == ["consent_granted"]


async def test_the_second_of_two_calls_deleted_before_it_is_numbered_is_named_within_one_account(
    relay: Relay, outbox: Outbox, pool: asyncpg.Pool, database: Database
) -> None:
    for subject in ("first", "second"):
        async with db.transaction(pool) as connection:
            await outbox.audit(connection, "consent_granted", actor="webhook", outcome="ok", subject=subject)
    await execute_as_relay(database, "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)")
    broker = await sent(relay)
    assert broker.audited() == ["consent_granted", "outbox_row_missing"]
    missing = CATALOGUE.decode("audit_event", broker.messages[-1].value[5:])
    assert re.fullmatch(r"consent/\d+/\d+", missing["subject"])


async def test_holding_every_lock_that_it_may_take_stops_no_writer(
    outbox: Outbox, pool: asyncpg.Pool, database: Database
) -> None:
    thief = await asyncpg.connect(database.app_dsn)
    await thief.execute("SELECT pg_advisory_lock(742003, n) FROM generate_series(0, 63) AS n")
    async with db.transaction(pool) as connection, asyncio.timeout(10):
        await outbox.audit(connection, "consent_granted", actor="webhook", outcome="ok")
    await thief.close()
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
