"""The gauges of the chain are read from the tables: they survive a restart."""

import asyncpg
import pytest
from altscore_audit.chain import store
from altscore_audit.checkpoints.store import MEASURES as CHECKPOINT_MEASURES
from altscore_audit.counts import store as counts
from altscore_audit.counts.store import MEASURES as COUNT_MEASURES
from altscore_libs.db import transaction
from altscore_libs.state_gauges import StateGauges
from prometheus_client import CollectorRegistry

from ..conftest import entry_of


async def test_unsigned_entries_have_an_age_and_missing_numbers_are_counted_by_producer(pool: asyncpg.Pool) -> None:
    gauges, registry = StateGauges(pool, (*CHECKPOINT_MEASURES, *COUNT_MEASURES)), CollectorRegistry()
    registry.register(gauges)
    async with transaction(pool) as connection:
        await counts.add(connection, [("altscore.audit", "score", 1), ("altscore.audit", "score", 4)])
    await gauges.measure()
    assert registry.get_sample_value("altscore_audit_unsigned_age_seconds", {"chain": "general"}) == 0
    assert registry.get_sample_value("altscore_audit_missing", {"producer": "score"}) == 2
    async with transaction(pool) as connection:
        await store.append(connection, "general", [entry_of(1)])
    await pool.fetchval("SELECT pg_sleep(0.05)")
    await gauges.measure()
    assert registry.get_sample_value("altscore_audit_unsigned_age_seconds", {"chain": "general"}) == pytest.approx(
        15, abs=15
    )
    assert registry.get_sample_value("altscore_audit_unsigned_age_seconds", {"chain": "general"}) != 0
