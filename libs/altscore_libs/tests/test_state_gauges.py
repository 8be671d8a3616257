"""Gauges of the database say what it holds now, after any restart; while it is away they say of when they are."""

import time
from uuid import uuid4

import asyncpg
import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.state_gauges import INBOX_MEASURES, MEASURED, OUTBOX_MEASURES, Measure, StateGauges
from altscore_libs.testing import Database
from prometheus_client import CollectorRegistry

ADD = (
    "INSERT INTO outbox (event_id, name, topic, key, payload, created_at)"
    " VALUES ($1, 'n', 't', 'k', '', now() - make_interval(secs => $2))"
)
PARK = (
    'INSERT INTO parked (topic, key, partition, "offset", reason, raw, parked_at)'
    " VALUES ($1, 'key', 0, $2, 'r', '', now() - interval '1 minute')"
)


def registry_of(gauges: StateGauges) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(gauges)
    return registry


async def test_the_age_of_an_outbox_is_that_of_its_oldest_unsent_event(
    pool: asyncpg.Pool, relay_pool: asyncpg.Pool, database: Database
) -> None:
    gauges = StateGauges(pool, OUTBOX_MEASURES)
    registry = registry_of(gauges)
    await gauges.measure()
    assert registry.get_sample_value("altscore_outbox_oldest_age_seconds") == 0
    owner = await asyncpg.connect(database.owner_dsn)  # alone may say when a row was written
    await owner.execute(ADD, uuid4(), 3600)
    await owner.execute(ADD, uuid4(), 60)
    await owner.close()
    await gauges.measure()
    assert registry.get_sample_value("altscore_outbox_oldest_age_seconds") == pytest.approx(3600, abs=30)
    assert registry.get_sample_value("altscore_outbox_waiting") == 2
    await relay_pool.execute("UPDATE outbox SET sent_at = now()")
    await gauges.measure()
    assert registry.get_sample_value("altscore_outbox_waiting") == 0


async def test_parked_events_are_counted_from_the_table_and_go_when_they_are_resolved(pool: asyncpg.Pool) -> None:
    for offset, topic in enumerate(("shop.sales", "shop.sales", "shop.returns")):
        await pool.execute(PARK, topic, offset)
    gauges = StateGauges(pool, INBOX_MEASURES)
    registry = registry_of(gauges)
    await gauges.measure()
    assert registry.get_sample_value("altscore_parked_events", {"topic": "shop.sales"}) == 2
    assert registry.get_sample_value("altscore_parked_oldest_age_seconds") == pytest.approx(60, abs=30)
    await pool.execute("UPDATE parked SET resolved_at = now() WHERE topic = 'shop.sales'")
    await gauges.measure()
    assert registry.get_sample_value("altscore_parked_events", {"topic": "shop.sales"}) is None
    assert registry.get_sample_value("altscore_parked_events", {"topic": "shop.returns"}) == 1


async def test_nothing_is_shown_before_the_first_measurement(pool: asyncpg.Pool) -> None:
    registry = registry_of(StateGauges(pool, OUTBOX_MEASURES))
    assert list(registry.collect()) == []


async def test_a_lost_database_leaves_the_values_and_the_time_of_the_last_measurement(pool: asyncpg.Pool) -> None:
    gauges = StateGauges(pool, (Measure("altscore_answer", "An answer.", "SELECT 42"),))
    registry = registry_of(gauges)
    await gauges.measure()
    measured_at = registry.get_sample_value(MEASURED)
    assert measured_at == pytest.approx(time.time(), abs=30)
    pool.terminate()
    with pytest.raises(Unavailable):
        await gauges.measure()
    assert registry.get_sample_value("altscore_answer") == 42
    assert registry.get_sample_value(MEASURED) == measured_at


async def test_a_row_without_a_number_gives_no_series(pool: asyncpg.Pool) -> None:
    gauges = StateGauges(pool, (Measure("altscore_newest", "The newest.", "SELECT max(id) FROM outbox"),))
    await gauges.measure()
    assert registry_of(gauges).get_sample_value("altscore_newest") is None
