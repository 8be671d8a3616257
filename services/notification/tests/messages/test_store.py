"""The gauges of waiting messages are read from the table."""

import asyncpg
import pytest
from altscore_libs.state_gauges import StateGauges
from altscore_notification.messages.store import MEASURES
from prometheus_client import CollectorRegistry

ADD = """
INSERT INTO messages (message_id, event_id, kind, dedupe_key, retailer_id, template, language, parameters, status,
                      created_at, next_attempt_at)
VALUES ('msg_' || repeat($1, 32), gen_random_uuid(), $2, $1, 'ret_1', 't', 'hi', '{}', $3,
        now() - make_interval(secs => $4), now())
"""


async def test_messages_that_have_not_left_are_counted_by_kind_and_the_oldest_one_gives_the_age(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute(ADD, "1", "consent_invite", "pending", 600)
    await pool.execute(ADD, "2", "consent_withdrawn", "pending", 5)
    await pool.execute(ADD, "3", "consent_invite", "sent", 9_000)
    gauges, registry = StateGauges(pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    assert registry.get_sample_value("altscore_notification_waiting", {"kind": "consent_invite"}) == 1
    assert registry.get_sample_value("altscore_notification_waiting", {"kind": "consent_withdrawn"}) == 1
    assert registry.get_sample_value("altscore_notification_oldest_waiting_age_seconds") == pytest.approx(600, abs=30)
