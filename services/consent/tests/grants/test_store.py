"""The gauge of consents past their end is read from the table."""

import asyncpg
from altscore_consent.grants.store import MEASURES
from altscore_libs.state_gauges import StateGauges
from prometheus_client import CollectorRegistry

ADD_LEDGER = "INSERT INTO retailer_ledger (retailer_id, version) VALUES ('ret_' || repeat('1', 16), 1)"
ADD_STATE = """
INSERT INTO consent_state (retailer_id, lender_id, purpose, status, version, consent_id, given_at, expires_at)
VALUES ('ret_' || repeat('1', 16), $1, 'p', $2, 1, 'cns_1', now(), now() + make_interval(secs => $3))
"""


async def test_only_active_consents_that_ended_more_than_a_minute_ago_are_overdue(pool: asyncpg.Pool) -> None:
    await pool.execute(ADD_LEDGER)
    for lender, status, left_s in (
        ("a", "active", -120),
        ("b", "active", -10),
        ("c", "active", 900),
        ("d", "expired", -120),
    ):
        await pool.execute(ADD_STATE, lender, status, left_s)
    gauges, registry = StateGauges(pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    assert registry.get_sample_value("altscore_consent_overdue_expiries") == 1
