"""A Kafka user, or who may register schemas, sends what nobody thought of: consent's counter of uses goes on."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from altscore_consent.grants.row_mac import FactMac
from altscore_consent.usage.events import UsageMeter
from altscore_libs import kafka
from altscore_libs.clock import SystemClock
from altscore_libs.consumer import RawMessage
from altscore_libs.decoding import trusting
from altscore_libs.event_signatures import EventVerifier
from altscore_libs.poison import Isolation, Parking
from altscore_libs.registry import parsed_record
from altscore_libs.testing import postgres_fixtures
from altscore_libs.testing_events import UNKNOWN_ID, CatalogRegistry, Topic

from .kafka_world import CATALOGUE, KEYS, SIGNERS, sample, send

MIGRATIONS = Path(__file__).parents[2] / "services/consent/migrations"
template, database, pool = postgres_fixtures("consent", MIGRATIONS)
FOREIGN_ID = 7_777


class Meter:
    """Consent's counter of uses, as its worker runs it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.registry = CatalogRegistry(CATALOGUE)
        self.topic = Topic(CATALOGUE, self.registry, "altscore.audit")
        meter = UsageMeter(
            pool,
            trusting(CATALOGUE, self.registry, EventVerifier(KEYS)),
            facts=FactMac([b"f" * 32]),
            clock=SystemClock(),
        )
        self.isolation = Isolation(meter.count, Parking(pool).park)

    async def use(self, signer: str = "score", **details: str) -> RawMessage:
        """A disclosure under a consent."""
        data: dict[str, Any] = sample("audit_event") | {
            "action": "score_requested",
            "actor": "lender_ugro",
            "outcome": "served",
            "details": {"consent_id": "cns_1", **details},
        }
        return await send(self.topic, "audit_event", data, claims="score", signer=SIGNERS[signer])

    async def uses(self) -> int:
        """How many were counted."""
        return int(await self.pool.fetchval("SELECT count(*) FROM consent_uses"))


@pytest.fixture
def meter(pool: asyncpg.Pool) -> Meter:
    """With nothing counted."""
    return Meter(pool)


PRIMITIVES = ['"string"', '"null"', "7", '["null", "string"]', "{", '{"type": "enum", "name": "E", "symbols": ["A"]}']


@pytest.mark.parametrize("schema", PRIMITIVES)
async def test_a_schema_that_somebody_registered_stops_no_count(meter: Meter, schema: str) -> None:
    record = parsed_record(schema)
    assert record is None  # what the reader of the registry makes of it
    poison = await meter.topic.message(kafka.frame(FOREIGN_ID, b"x"), key="k", signer=SIGNERS["score"])
    await meter.isolation.handle([await meter.use(), poison, await meter.use()])
    assert await meter.uses() == 2


async def test_texts_that_no_database_holds_stop_no_count(meter: Meter) -> None:
    await meter.isolation.handle([await meter.use(), await meter.use(consent_id="x\x00"), await meter.use()])
    assert await meter.uses() == 2
    assert await meter.pool.fetchval("SELECT array_agg(reason) FROM parked") == ["cannot be decoded: ValueError"]


@pytest.mark.parametrize("principal", [name for name in SIGNERS if name != "score"])
async def test_no_other_principal_uses_up_a_lenders_fair_use(meter: Meter, principal: str) -> None:
    await meter.isolation.handle([await meter.use(principal) for _ in range(30)])
    assert await meter.uses() == 0


async def test_bytes_without_end_or_meaning_stop_no_count(meter: Meter) -> None:
    values = [b"", b"\x00", b"\x01abc", b"\xff" * 100, kafka.frame(UNKNOWN_ID, b""), b"\x00" * 3_000_000]
    values.append(kafka.frame(meter.registry.id_of("audit_event"), b"\xff" * 9 + b"\x01"))
    for signer in (SIGNERS["score"], SIGNERS["webhook"], None):
        poison = [await meter.topic.message(value, key="k", signer=signer) for value in values]
        await meter.isolation.handle([*poison, await meter.use()])
    assert await meter.uses() == 3
    assert await meter.pool.fetchval("SELECT max(length(raw)) FROM parked") < 1_048_576


async def test_uses_of_the_future_are_refused(meter: Meter) -> None:
    event = await meter.topic.event(
        "audit_event",
        sample("audit_event"),
        key="k",
        producer="score",
        occurred_at=datetime(2100, 1, 1, tzinfo=UTC),
        signer=SIGNERS["score"],
    )
    await meter.isolation.handle([event])
    assert await meter.pool.fetchval("SELECT reason FROM parked") == "out_of_bounds: occurred_at"
