"""Nobody sees raw data alone: another super admin approves, for a purpose, a ticket and a while."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from altscore_admin.approvals.domain import Executed
from altscore_admin.raw_access.domain import LONGEST, running
from altscore_libs.clock import FixedClock
from hypothesis import given, settings
from hypothesis import strategies as st

from ..conftest import NOW, Operations, Upstreams, retailer
from ..switched import LEDGERS

REQUEST = "/v1/admin/raw-access"
RETAILER = retailer(1)
ASK = {"retailer_id": RETAILER, "purpose": "grievance", "ticket": "GRV-17", "minutes": 60}


async def read(operations: Operations, operator: str, query: str = "", of: str = RETAILER) -> httpx.Response:
    async with operations.by(operator) as client:
        answer: httpx.Response = await client.get(f"/v1/admin/retailers/{of}/identity{query}")
        return answer


async def granted(operations: Operations, **change: Any) -> dict[str, Any]:
    ask = {name: value for name, value in (ASK | change).items() if value is not None}
    answer = await operations.approve("super-2", await operations.post("super-1", REQUEST, ask))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_without_another_super_admin_nothing_is_shown_and_the_reason_is_readable(
    operations: Operations, upstreams: Upstreams
) -> None:
    assert (await read(operations, "super-1")).status_code == 403
    requested = await operations.post("super-1", REQUEST, ASK)
    assert (await operations.approve("super-1", requested)).status_code == 409
    assert (await operations.approve("audit-1", requested)).status_code == 403
    refused = await read(operations, "super-1")
    assert (refused.status_code, "another super admin" in refused.json()["detail"]) == (403, True)
    assert upstreams.revealed == []
    assert {row for row in await operations.audited() if row[0] == "raw_access_read"} == {
        ("raw_access_read", "super-1", "refused")
    }


async def test_while_it_runs_every_reading_is_audited_with_both_names_and_the_ticket(
    operations: Operations, upstreams: Upstreams
) -> None:
    approval = await granted(operations)
    shown = await read(operations, "super-1")
    assert (shown.status_code, shown.json()["ledgers"], shown.json()["approved_by"]) == (200, LEDGERS, "super-2")
    assert shown.headers["cache-control"] == "no-store"
    assert upstreams.revealed == [{"approval_id": approval["approval_id"], "distributor_id": None}]
    (event,) = [event for event in await operations.events() if event["action"] == "raw_access_read"]
    assert (event["actor"], event["subject"], event["outcome"]) == ("super-1", RETAILER, "ok")
    assert event["details"] == {
        "scope": RETAILER,
        "approval_id": approval["approval_id"],
        "approved_by": "super-2",
        "purpose": "grievance",
        "ticket": "GRV-17",
    }
    assert "9800000001" not in await operations.whole_database()


async def test_it_is_the_requesters_alone_and_of_this_retailer_alone(operations: Operations) -> None:
    await granted(operations)
    assert (await read(operations, "super-2")).status_code == 403, "who approved may not read by it"
    assert (await read(operations, "super-1", of=retailer(2))).status_code == 403
    assert (await read(operations, "super-1", "?distributor_id=dist_north")).status_code == 403


async def test_it_ends_with_its_time(operations: Operations, clock: FixedClock) -> None:
    await granted(operations)
    clock.advance(seconds=3_599)
    assert (await read(operations, "super-1")).status_code == 200
    clock.advance(seconds=1)
    assert (await read(operations, "super-1")).status_code == 403


async def test_of_a_distributor_its_own_ledger_alone_is_read(operations: Operations, upstreams: Upstreams) -> None:
    await granted(operations, retailer_id=None, distributor_id="dist_north")
    assert (await read(operations, "super-1")).status_code == 403
    assert (await read(operations, "super-1", "?distributor_id=dist_north")).status_code == 200
    assert upstreams.revealed[0]["distributor_id"] == "dist_north"


@pytest.mark.parametrize(
    "change", [{"minutes": 481}, {"minutes": 0}, {"distributor_id": "dist_a"}, {"retailer_id": None}, {"ticket": "x"}]
)
async def test_an_access_without_end_scope_or_ticket_cannot_be_asked_for(
    operations: Operations, change: dict[str, Any]
) -> None:
    ask = {name: value for name, value in (ASK | change).items() if value is not None}
    assert (await operations.post("super-1", REQUEST, ask)).status_code == 400


@settings(deadline=None, max_examples=60)
@given(minutes=st.integers(1, 100_000), passed=st.integers(-100, 1_000))
def test_no_access_outlasts_its_minutes_or_eight_hours(minutes: int, passed: int) -> None:
    executed = Executed(
        approval_id="apr_" + "0" * 32,
        kind="raw_access",
        subject=RETAILER,
        fields={"purpose": "drill", "ticket": "SEC-1", "minutes": minutes},
        proposed_by="super-1",
        approved_by="super-2",
        approved_at=NOW,
    )
    access = running([executed], "super-1", NOW + timedelta(minutes=passed))
    assert (access is not None) == (0 <= passed < min(minutes, LONGEST.total_seconds() / 60))
    assert running([executed], "super-2", datetime(2026, 5, 20, 8, tzinfo=UTC)) is None
