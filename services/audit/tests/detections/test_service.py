"""The rules read on from a stored position: each entry once, across restarts, failures and a second process."""

import json
from datetime import timedelta

import asyncpg
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.detections import store
from altscore_audit.detections.domain import Detection
from altscore_audit.detections.service import DetectionService
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.state_gauges import StateGauges

from ..conftest import NOW, entry_of


async def fail(pool: asyncpg.Pool, first: int, last: int) -> None:
    """Failed authentications of one address."""
    payload = json.dumps({"actor": "unknown", "details": {"request_ip": "10.0.0.1"}})
    entries = [
        entry_of(number, payload, chain="failed_auth", action="failed_auth") for number in range(first, last + 1)
    ]
    async with transaction(pool) as connection:
        await chains.append(connection, "failed_auth", entries)


async def detected(pool: asyncpg.Pool) -> list[tuple[str, str, int]]:
    rows = await pool.fetch("SELECT rule, chain, seq FROM audit_detection ORDER BY rule, chain, seq")
    return [tuple(row) for row in rows]


async def test_what_the_rules_find_is_kept_once(
    pool: asyncpg.Pool, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    await fail(pool, 1, 7)
    service = DetectionService(pool, clock)
    await service.read_next()
    await service.read_next()
    assert await detected(pool) == [("failed_auth", "failed_auth", 5)]
    assert [vars(record)["seq"] for record in caplog.records if record.name == "altscore.audit.detections"] == [5]


async def test_a_burst_across_a_restart_is_found(pool: asyncpg.Pool, clock: FixedClock) -> None:
    await fail(pool, 1, 3)
    await DetectionService(pool, clock).read_next()
    await fail(pool, 4, 5)
    await DetectionService(pool, clock).read_next()
    assert await detected(pool) == [("failed_auth", "failed_auth", 5)]


async def test_what_was_read_before_eight_days_does_not_count(pool: asyncpg.Pool, clock: FixedClock) -> None:
    recorded_at = await pool.fetchval("SELECT now()")
    await fail(pool, 1, 3)
    clock.advance(seconds=(recorded_at - clock.now()).total_seconds())
    await DetectionService(pool, clock).read_next()
    clock.advance(seconds=timedelta(days=8, minutes=1).total_seconds())
    await fail(pool, 4, 5)
    await DetectionService(pool, clock).read_next()
    assert await detected(pool) == []


async def test_a_second_process_makes_nothing_twice_and_the_slower_one_reads_anew(
    pool: asyncpg.Pool, clock: FixedClock
) -> None:
    first, second = DetectionService(pool, clock), DetectionService(pool, clock)
    await first.read_next()
    await fail(pool, 1, 3)
    await second.read_next()
    await fail(pool, 4, 5)
    await first.read_next()
    await first.read_next()
    assert await detected(pool) == [("failed_auth", "failed_auth", 5)]


async def test_what_becomes_due_without_an_entry_is_found(pool: asyncpg.Pool, clock: FixedClock) -> None:
    payload = json.dumps({"actor": "lender_a", "details": {"grievance_id": "grv_1"}})
    async with transaction(pool) as connection:
        await chains.append(connection, "general", [entry_of(1, payload, action="grievance_filed")])
    service = DetectionService(pool, clock)
    await service.read_next()
    assert await detected(pool) == []
    clock.advance(seconds=timedelta(days=7, minutes=1).total_seconds())
    await service.read_next()
    assert await detected(pool) == [("grievance_overdue", "general", 1)]


async def test_the_gauge_names_every_rule_and_counts_the_last_hour(pool: asyncpg.Pool, clock: FixedClock) -> None:
    await fail(pool, 1, 10)
    await DetectionService(pool, clock).read_next()
    gauges = StateGauges(pool, store.MEASURES)
    await gauges.measure()
    families = {family.name: family for family in gauges.collect()}
    values = {sample.labels["rule"]: sample.value for sample in families["altscore_audit_detections_last_hour"].samples}
    assert values["failed_auth"] == 2
    assert sum(values.values()) == 2
    unread = families["altscore_audit_detection_unread"].samples
    assert {sample.labels["chain"]: sample.value for sample in unread} == {"general": 0, "failed_auth": 0}


async def test_the_service_says_nothing_of_entries_that_it_has_not_read(pool: asyncpg.Pool) -> None:
    await fail(pool, 1, 3)
    async with transaction(pool) as connection:
        position = store.Position("failed_auth", 0)
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await store.add(
                connection, position, 2, [Detection(rule="failed_auth", chain="failed_auth", seq=3, at=NOW)]
            )
    for statement in ("DELETE FROM audit_detection", "UPDATE audit_detection_position SET read_seq = 0"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
