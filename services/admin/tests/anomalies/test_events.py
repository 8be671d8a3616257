"""Anomalies wait for a person."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from altscore_admin.anomalies.events import anomaly_detected
from altscore_libs.consumer import Received
from altscore_libs.db import transaction


@pytest.mark.parametrize("deliveries", [1, 2])
async def test_an_anomaly_waits_for_a_person_once(pool: asyncpg.Pool, deliveries: int) -> None:
    at = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
    data = {
        "anomaly_id": "anm_1",
        "retailer_id": "ret_0123456789abcdef",
        "run_id": "run_1",
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
    for _ in range(deliveries):
        async with transaction(pool) as connection:
            await anomaly_detected(connection, event)
    assert await pool.fetchval("SELECT count(*) FROM anomalies WHERE status = 'open'") == 1
