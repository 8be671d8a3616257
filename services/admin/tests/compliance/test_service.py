"""A report is made once per range and hour, with progress; a source that fails is named and counts for no zero."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from altscore_admin.compliance.sources import NOT_COUNTED, Sources
from altscore_admin.compliance.worker import ReportMaker
from altscore_libs.clock import FixedClock

from ..conftest import Operations, Upstreams
from ..grievances.test_service import filed

BASE = "/v1/admin/compliance"
RANGE = "from=2026-04-01&to=2026-04-30"


def document_of(report: Mapping[str, Any]) -> bytes:
    """A renderer that shows what it was given."""
    return b"%PDF " + str(report["report_id"]).encode()


@pytest.fixture
def maker(operations: Operations, upstreams: Upstreams, clock: FixedClock) -> ReportMaker:
    """The worker, whose chain has counted everything."""
    upstreams.trail = []
    upstreams.heads = [{"chain": "general", "seq": 5, "checkpoint_seq": 5, "checkpoint_at": "2026-05-20T07:59:00Z"}]
    upstreams.daily = {
        "counted": [{"chain": "general", "counted_seq": 5, "head_seq": 5}],
        "counts": [
            {"period": "2026-04-01", "action": "consent_granted", "outcome": "ok", "reason": "none", "entries": 5}
        ],
    }
    sources = Sources(pool=operations.pool, clock=clock, upstream=upstreams.clients(), wait_s=0, waits=1)
    return ReportMaker(operations.services.compliance, sources, document_of)


async def get(operations: Operations, path: str, *, by: str = "legal-1") -> httpx.Response:
    async with operations.by(by) as client:
        answer: httpx.Response = await client.get(f"{BASE}{path}")
        return answer


async def made_report(operations: Operations, maker: ReportMaker) -> dict[str, Any]:
    """The report of April, after the worker."""
    async with operations.by("legal-1") as client:
        started = await client.post(f"{BASE}/reports", json={"from": "2026-04-01", "to": "2026-04-30"})
        assert started.status_code == 202, started.text
        while await maker.step():
            pass
        answer = await client.get(started.headers["Location"])
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def sections(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {section["name"]: section for section in body["sections"]}


async def test_a_report_that_is_being_made_is_a_202_with_its_place_and_progress(
    operations: Operations, maker: ReportMaker
) -> None:
    answer = await get(operations, f"/report?{RANGE}")
    assert (answer.status_code, answer.json()["state"], answer.json()["progress"]) == (202, "queued", 0)
    assert await maker.step() is True
    ready = await get(operations, answer.headers["Location"].removeprefix(BASE))
    assert ready.status_code == 200
    assert (await get(operations, f"/report?{RANGE}")).json()["report_id"] == answer.json()["report_id"]


async def test_a_small_report_is_answered_at_once(operations: Operations, maker: ReportMaker) -> None:
    object.__setattr__(operations.services.compliance, "wait_s", 60)

    async def work() -> None:
        while not await maker.step():
            await maker.service.wake.wait()

    answer, _ = await asyncio.gather(get(operations, f"/report?{RANGE}"), work())
    assert answer.status_code == 200


async def test_the_same_range_is_made_once_an_hour(
    operations: Operations, maker: ReportMaker, clock: FixedClock
) -> None:
    first = await made_report(operations, maker)
    assert (await made_report(operations, maker))["report_id"] == first["report_id"]
    clock.advance(seconds=3_601)
    assert (await made_report(operations, maker))["report_id"] != first["report_id"]


async def test_every_section_names_its_source_and_rights_are_missing_until_they_exist(
    operations: Operations, maker: ReportMaker
) -> None:
    body = await made_report(operations, maker)
    assert len(body["sections"]) == 11
    assert all(section["source"] for section in body["sections"])
    missing = [part["section"] for part in body["missing"]]
    has_rights = await operations.pool.fetchval("SELECT to_regclass('rights_requests') IS NOT NULL")
    assert missing == ([] if has_rights else ["rights"])
    assert body["is_complete"] is bool(has_rights)


async def test_an_audit_service_that_does_not_answer_leaves_no_figure_at_all(
    operations: Operations, maker: ReportMaker, upstreams: Upstreams
) -> None:
    upstreams.is_down.add("audit")
    body = await made_report(operations, maker)
    for name in ("consents", "scores", "refusals", "withdrawal_times", "guardrails", "fairness", "audit_verification"):
        section = sections(body)[name]
        assert (section["is_complete"], section["figures"]) == (False, {})
        assert "does not answer" in section["problem"]
    assert sections(body)["grievances"]["is_complete"] is True


async def test_counts_that_lag_behind_the_chain_are_not_complete(
    operations: Operations, maker: ReportMaker, upstreams: Upstreams
) -> None:
    upstreams.daily["counted"][0]["counted_seq"] = 4
    body = await made_report(operations, maker)
    assert sections(body)["consents"]["problem"] == NOT_COUNTED
    assert sections(body)["consents"]["figures"]["consent_granted"] == 5


async def test_events_that_have_not_arrived_make_the_verification_incomplete(
    operations: Operations, maker: ReportMaker, upstreams: Upstreams
) -> None:
    upstreams.is_balanced = False
    body = await made_report(operations, maker)
    assert "have not arrived" in sections(body)["audit_verification"]["problem"]


async def test_the_time_from_nahi_to_revocation_is_that_of_the_entries(
    operations: Operations, maker: ReportMaker, upstreams: Upstreams
) -> None:
    upstreams.trail = [
        {
            "action": "consent_revoked",
            "occurred_at": f"2026-04-10T08:00:{second:02}Z",
            "payload": json.dumps({"outcome": "ok", "details": {"sent_at": "2026-04-10T08:00:00Z"}}),
        }
        for second in (1, 2, 30)
    ]
    figures = sections(await made_report(operations, maker))["withdrawal_times"]["figures"]
    assert figures == {"revocations": 3, "measured": 3, "p50_s": 2.0, "p95_s": 30.0, "longest_s": 30.0}


async def test_grievances_count_by_whether_their_limits_were_kept(
    operations: Operations, maker: ReportMaker, clock: FixedClock
) -> None:
    await filed(operations.pool)
    clock.advance(seconds=timedelta(days=30).total_seconds())
    async with operations.by("legal-1") as client:
        await client.post(f"{BASE}/reports", json={"from": "2026-05-01", "to": "2026-05-31"})
        assert await maker.step()
        body = (await client.get(f"{BASE}/report?from=2026-05-01&to=2026-05-31")).json()
    figures = sections(body)["grievances"]["figures"]
    assert (figures["filed"], figures["acknowledged_late"], figures["resolved_late"]) == (1, 1, 1)


async def test_a_report_whose_maker_ended_is_made_by_the_next_and_given_up_after_three(
    operations: Operations, maker: ReportMaker, clock: FixedClock
) -> None:
    async with operations.by("legal-1") as client:
        started = await client.post(f"{BASE}/reports", json={"from": "2026-04-01", "to": "2026-04-30"})
    report_id = started.json()["report_id"]
    await operations.pool.execute(
        "UPDATE compliance_reports SET state = 'running', attempts = 3, leased_until = $1", clock.now()
    )
    assert await maker.step() is False, "the lease still runs"
    clock.advance(seconds=1)
    assert await maker.step() is True
    answer = await get(operations, f"/reports/{report_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "REPORT_FAILED")
    assert (await get(operations, f"/report?{RANGE}")).status_code == 202, "asking again makes another one"


async def test_a_report_stands_where_its_pdf_cannot_be_drawn(operations: Operations, maker: ReportMaker) -> None:
    def broken(_report: Mapping[str, Any]) -> bytes:
        raise OSError("no text layout")

    body = await made_report(operations, ReportMaker(maker.service, maker.sources, broken))
    answer = await get(operations, f"/reports/{body['report_id']}?format=pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "REPORT_NOT_DRAWN")


async def test_the_pdf_is_handed_out_under_the_name_of_its_range(operations: Operations, maker: ReportMaker) -> None:
    body = await made_report(operations, maker)
    answer = await get(operations, f"/report?{RANGE}&format=pdf")
    assert (answer.headers["content-type"], answer.content) == ("application/pdf", document_of(body))
    assert "compliance-2026-04-01-2026-04-30.pdf" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-04-30&to=2026-04-01",
        "from=2025-01-01&to=2026-04-01",
        "from=2026-06-01&to=2026-06-30",
        f"{RANGE}&format=exe",
        "from=April&to=May",
    ],
)
async def test_a_bad_range_is_a_400(operations: Operations, query: str) -> None:
    assert (await get(operations, f"/report?{query}")).status_code == 400


@pytest.mark.parametrize("operator", ["ops-1", "ml-1", "risk-1"])
async def test_other_roles_read_no_report(operations: Operations, operator: str) -> None:
    assert (await get(operations, f"/report?{RANGE}", by=operator)).status_code == 403
