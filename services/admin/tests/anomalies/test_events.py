"""Anomalies wait for a person: one of a retailer, and no longer than runs detect it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from altscore_admin.anomalies.events import anomaly_detected
from altscore_admin.anomalies.worker import CLOSED_KEPT, SEEN_WITHIN, AnomalyRetention
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import Received
from altscore_libs.db import transaction

AT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
RETAILER, ANOTHER = "ret_0123456789abcdef", "ret_00000000000000aa"
OPEN = "SELECT array_agg(anomaly_id ORDER BY anomaly_id) FROM anomalies WHERE status = 'open'"


async def detect(pool: asyncpg.Pool, anomaly_id: str, *, retailer_id: str = RETAILER, at: datetime = AT) -> None:
    """One event, applied."""
    data = {
        "anomaly_id": anomaly_id,
        "retailer_id": retailer_id,
        "run_id": f"run_of_{anomaly_id}",
        "score": 0.71,
        "threshold": 0.6,
        "detected_at": at,
    }
    event = Received(
        event_id=UUID(int=1),
        name="erp.anomaly.detected",
        topic="altscore.anomaly",
        key="k",
        occurred_at=at,
        producer="scoring",
        producer_seq=1,
        data=data,
    )
    async with transaction(pool) as connection:
        await anomaly_detected(connection, event)


@pytest.mark.parametrize("deliveries", [1, 2])
async def test_an_anomaly_waits_for_a_person_once(pool: asyncpg.Pool, deliveries: int) -> None:
    for _ in range(deliveries):
        await detect(pool, "anm_1")
    assert await pool.fetchval(OPEN) == ["anm_1"]


@pytest.mark.parametrize("order", [("anm_1", "anm_2"), ("anm_2", "anm_1")])
async def test_the_newest_of_a_retailer_is_open_whatever_the_order_of_arrival(
    pool: asyncpg.Pool, order: tuple[str, str]
) -> None:
    found_at = {"anm_1": AT, "anm_2": AT + timedelta(days=1)}
    await detect(pool, "anm_of_another", retailer_id=ANOTHER)
    for anomaly_id in order:
        await detect(pool, anomaly_id, at=found_at[anomaly_id])
    assert await pool.fetchval(OPEN) == ["anm_2", "anm_of_another"]


async def test_an_anomaly_that_no_run_detects_any_more_is_closed(pool: asyncpg.Pool) -> None:
    await detect(pool, "anm_1")
    await detect(pool, "anm_2", retailer_id=ANOTHER, at=AT + timedelta(days=2))

    assert not await AnomalyRetention(pool, FixedClock(AT + SEEN_WITHIN + timedelta(seconds=1))).step()

    assert await pool.fetchval(OPEN) == ["anm_2"]
    closed_at = await pool.fetchval("SELECT closed_at FROM anomalies WHERE anomaly_id = 'anm_1'")
    assert closed_at == AT + SEEN_WITHIN + timedelta(seconds=1)


async def test_closed_anomalies_go_after_their_period_and_open_ones_stay(pool: asyncpg.Pool) -> None:
    await detect(pool, "anm_1")
    await detect(pool, "anm_2", at=AT + timedelta(days=1))
    late = AT + timedelta(days=1) + CLOSED_KEPT + timedelta(seconds=1)
    await detect(pool, "anm_3", retailer_id=ANOTHER, at=late)

    await AnomalyRetention(pool, FixedClock(late)).step()

    assert await pool.fetchval("SELECT array_agg(anomaly_id ORDER BY anomaly_id) FROM anomalies") == ["anm_2", "anm_3"]


async def test_a_step_is_bounded_and_says_that_there_is_more(pool: asyncpg.Pool) -> None:
    for number in range(3):
        await detect(pool, f"anm_{number}", retailer_id=f"ret_{number:016x}")
    retention = AnomalyRetention(pool, FixedClock(AT + SEEN_WITHIN + timedelta(days=1)), batch=2)

    assert await retention.step()
    assert await pool.fetchval(OPEN) == ["anm_2"]
    assert not await retention.step()
    assert await pool.fetchval(OPEN) is None
