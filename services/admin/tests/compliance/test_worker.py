"""A report is made by one worker at a time, by another one when the first ends, and not for ever."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from altscore_admin.compliance.domain import Section
from altscore_admin.compliance.sources import Sources
from altscore_admin.compliance.store import LEASE, PAUSE
from altscore_admin.compliance.worker import REPORT_MEASURES, ReportMaker, report_retention
from altscore_libs.clock import FixedClock
from altscore_libs.state_gauges import StateGauges

from ..conftest import Operations, Upstreams

BASE = "/v1/admin/compliance"
APRIL = {"from": "2026-04-01", "to": "2026-04-30"}


def document_of(report: Mapping[str, Any]) -> bytes:
    return b"%PDF " + str(report["report_id"]).encode()


class BrokenSources(Sources):
    """Sources of an error that no source expects."""

    async def verification(self) -> Section:
        raise RuntimeError("dist_north owes 4,000.00")


@pytest.fixture
def sources(operations: Operations, upstreams: Upstreams, clock: FixedClock) -> Sources:
    """Every source, the audit service being away: reports are made all the same."""
    upstreams.is_down.add("audit")
    return Sources(pool=operations.pool, clock=clock, upstream=upstreams.clients(), wait_s=0, waits=1)


@pytest.fixture
def maker(operations: Operations, sources: Sources) -> ReportMaker:
    return ReportMaker(operations.services.compliance, sources, document_of)


@pytest.fixture
def broken(maker: ReportMaker, sources: Sources) -> ReportMaker:
    """A maker none of whose attempts ends with a report."""
    return replace(maker, sources=BrokenSources(**vars(sources)))


async def asked(operations: Operations) -> str:
    """The id of a report of April."""
    answer = await operations.post("legal-1", f"{BASE}/reports", APRIL)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["report_id"])


async def state_of(operations: Operations, report_id: str) -> tuple[str, int, str | None]:
    row = await operations.services.compliance.read(report_id)
    return row["state"], row["attempts"], row["failure"]


async def made_entries(operations: Operations) -> list[str]:
    return [action for action, _, _ in await operations.audited() if action == "compliance_report_made"]


async def test_a_report_whose_worker_dies_is_made_by_another_one_when_the_lease_has_ended(
    operations: Operations, maker: ReportMaker, clock: FixedClock
) -> None:
    report_id, has_begun, goes_on = await asked(operations), threading.Event(), threading.Event()

    def held(report: Mapping[str, Any]) -> bytes:
        has_begun.set()
        goes_on.wait(timeout=30)
        return document_of(report)

    dying = asyncio.create_task(replace(maker, render=held).step())
    await asyncio.to_thread(has_begun.wait, 30)
    dying.cancel()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await dying
    clock.advance(seconds=LEASE.total_seconds())
    assert await maker.step() is False, "the lease still runs"
    clock.advance(seconds=1)
    assert await maker.step() is True
    assert await state_of(operations, report_id) == ("done", 2, None)


async def test_a_worker_that_lost_its_lease_changes_nothing_of_what_another_makes(
    operations: Operations, maker: ReportMaker, clock: FixedClock
) -> None:
    report_id, has_begun, goes_on = await asked(operations), threading.Event(), threading.Event()

    def late(_report: Mapping[str, Any]) -> bytes:
        has_begun.set()
        goes_on.wait(timeout=30)
        return b"%PDF of the late one"

    slow = asyncio.create_task(replace(maker, render=late).step())
    await asyncio.to_thread(has_begun.wait, 30)
    clock.advance(seconds=LEASE.total_seconds() + 1)

    def next_one(report: Mapping[str, Any]) -> bytes:
        is_drawing.set()
        is_late_over.wait(timeout=30)
        return document_of(report)

    is_drawing, is_late_over = threading.Event(), threading.Event()
    following = asyncio.create_task(replace(maker, render=next_one).step())
    await asyncio.to_thread(is_drawing.wait, 30)
    goes_on.set()
    assert await slow is True
    assert await state_of(operations, report_id) == ("running", 2, "worker_ended")
    is_late_over.set()
    assert await following is True
    assert await operations.services.compliance.pdf(report_id) == document_of({"report_id": report_id})
    assert await made_entries(operations) == ["compliance_report_made"], "made once"


async def test_each_part_begins_the_lease_anew(operations: Operations, sources: Sources, clock: FixedClock) -> None:
    class SlowSources(Sources):
        async def own(self, days: Any) -> list[Section]:
            clock.advance(seconds=LEASE.total_seconds() - 1)
            return await super().own(days)

        async def verification(self) -> Section:
            clock.advance(seconds=LEASE.total_seconds() - 1)
            assert await other.step() is False, "nobody takes over what is being made"
            return await super().verification()

    report_id = await asked(operations)
    other = ReportMaker(operations.services.compliance, sources, document_of)
    assert await replace(other, sources=SlowSources(**vars(sources))).step() is True
    assert (await state_of(operations, report_id))[:2] == ("done", 1)


async def test_an_attempt_that_fails_is_followed_by_another_after_a_pause(
    operations: Operations, maker: ReportMaker, broken: ReportMaker, clock: FixedClock
) -> None:
    report_id = await asked(operations)
    with pytest.raises(RuntimeError):
        await broken.step()
    assert await state_of(operations, report_id) == ("queued", 1, "RuntimeError")
    assert await maker.step() is False, "the pause still runs"
    clock.advance(seconds=PAUSE.total_seconds() + 1)
    assert await maker.step() is True
    assert await state_of(operations, report_id) == ("done", 2, None)


async def test_a_report_that_three_attempts_did_not_make_has_failed_and_says_why(
    operations: Operations, broken: ReportMaker, clock: FixedClock
) -> None:
    report_id = await asked(operations)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await broken.step()
        clock.advance(seconds=PAUSE.total_seconds() + 1)
    assert await state_of(operations, report_id) == ("failed", 3, "RuntimeError")
    assert await broken.step() is False, "there is no fourth attempt"
    async with operations.by("legal-1") as client:
        answer = await client.get(f"{BASE}/reports/{report_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "REPORT_FAILED")
    assert "RuntimeError" in answer.json()["detail"]
    failed = [event for event in await operations.events() if event["action"] == "compliance_report_failed"]
    assert [(event["subject"], event["reason"]) for event in failed] == [(report_id, "RuntimeError")]
    assert "4,000.00" not in await operations.whole_database(), "of an error only its class is kept"


async def test_a_report_whose_workers_all_died_has_failed_and_says_so(
    operations: Operations, maker: ReportMaker, clock: FixedClock
) -> None:
    report_id = await asked(operations)
    await operations.pool.execute(
        "UPDATE compliance_reports SET state = 'running', attempts = 3, leased_until = $1", clock.now()
    )
    clock.advance(seconds=1)
    assert await maker.step() is True
    assert (await state_of(operations, report_id))[::2] == ("failed", "worker_ended")


async def test_a_part_that_takes_too_long_ends_the_attempt_before_its_lease(
    operations: Operations, maker: ReportMaker, sources: Sources
) -> None:
    class HangingSources(Sources):
        async def verification(self) -> Section:
            await asyncio.Event().wait()
            raise AssertionError

    report_id = await asked(operations)
    hanging = replace(maker, sources=HangingSources(**vars(sources)), part_limit_s=0.05)
    with pytest.raises(TimeoutError):
        await hanging.step()
    assert await state_of(operations, report_id) == ("queued", 1, "time_limit")
    assert timedelta(seconds=maker.part_limit_s) < LEASE


async def test_who_waits_for_a_report_that_fails_is_told_at_once(operations: Operations, broken: ReportMaker) -> None:
    service = operations.services.compliance
    object.__setattr__(service, "wait_s", 60)
    await asked(operations)
    await operations.pool.execute("UPDATE compliance_reports SET attempts = 2")
    service.wake.clear()

    async def fail() -> None:
        await service.wake.wait()
        with pytest.raises(RuntimeError):
            await broken.step()

    async with operations.by("legal-1") as client:
        answer, _ = await asyncio.gather(client.get(f"{BASE}/report?from=2026-04-01&to=2026-04-30"), fail())
    assert answer.status_code == 503


async def test_reports_go_when_their_time_is_over_and_their_digests_stay_in_the_audit(
    operations: Operations, maker: ReportMaker, clock: FixedClock
) -> None:
    report_id = await asked(operations)
    assert await maker.step()
    digest = (await operations.services.compliance.read(report_id))["content_sha256"]
    retention = report_retention(operations.pool, 90, clock)
    clock.advance(seconds=timedelta(days=90).total_seconds())
    await retention.step()
    assert (await state_of(operations, report_id))[0] == "done", "kept for ninety days"
    clock.advance(seconds=1)
    await retention.step()
    async with operations.by("legal-1") as client:
        assert (await client.get(f"{BASE}/reports/{report_id}")).status_code == 404
    made = [event for event in await operations.events() if event["action"] == "compliance_report_made"]
    assert [event["details"]["sha256"] for event in made] == [digest]


async def test_reports_are_counted_by_state(operations: Operations, maker: ReportMaker) -> None:
    await asked(operations)
    assert await maker.step()
    gauges = StateGauges(operations.pool, REPORT_MEASURES)
    await gauges.measure()
    (family,) = [family for family in gauges.collect() if family.name == "altscore_admin_compliance_reports"]
    assert [(sample.labels, sample.value) for sample in family.samples] == [({"state": "done"}, 1.0)]
