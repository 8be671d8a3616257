"""The gauges of waiting messages are read from the table."""

import asyncpg
import pytest
from altscore_libs.state_gauges import StateGauges
from altscore_webhook.answers.store import MEASURES
from prometheus_client import CollectorRegistry

ADD = """
INSERT INTO messages (message_hash, place, kind, status, received_at, next_attempt_at)
VALUES (repeat($1, 64), '{0}', 'message', $2, now() - make_interval(secs => $3), now())
"""


async def test_waiting_and_parked_messages_are_counted_and_the_oldest_one_gives_the_age(pool: asyncpg.Pool) -> None:
    for digit, status, age_s in (("1", "pending", 90), ("2", "pending", 5), ("3", "parked", 900), ("4", "done", 900)):
        await pool.execute(ADD, digit, status, age_s)
    gauges, registry = StateGauges(pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    assert registry.get_sample_value("altscore_webhook_waiting") == 2
    assert registry.get_sample_value("altscore_webhook_parked") == 1
    assert registry.get_sample_value("altscore_webhook_oldest_waiting_age_seconds") == pytest.approx(90, abs=30)
