"""An incident is worked through by steps against clocks; each act is an entry and an audit event, once."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from altscore_admin.incidents.domain import STEPS
from altscore_admin.incidents.worker import ClockMonitor
from altscore_libs.clock import FixedClock

from ..conftest import Operations, Upstreams

BASE = "/v1/admin/incidents"
OPENING = {"title": "Lender secret in a public repository", "kind": "data_breach", "severity": "P1"}


async def post(
    operations: Operations, path: str, body: Any, *, by: str = "sec-1", command_id: str | None = None
) -> httpx.Response:
    """A request of an operator, with an X-Request-ID where a test names it."""
    async with operations.by(by) as client:
        headers = {"X-Request-ID": command_id} if command_id else {}
        answer: httpx.Response = await client.post(f"{BASE}{path}", json=body, headers=headers)
        return answer


async def get(operations: Operations, path: str, *, by: str = "sec-1") -> httpx.Response:
    """A reading of an operator."""
    async with operations.by(by) as client:
        answer: httpx.Response = await client.get(f"{BASE}{path}")
        return answer


async def opened(operations: Operations, **changed: Any) -> str:
    """An incident of sec-1."""
    answer = await post(operations, "", {**OPENING, **changed})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["incident_id"])


def clocks(body: dict[str, Any]) -> dict[str, str]:
    """State of each clock."""
    return {clock["clock"]: clock["state"] for clock in body["clocks"]}


async def test_clocks_run_from_awareness_not_from_the_entry(operations: Operations) -> None:
    answer = await post(operations, "", {**OPENING, "aware_at": "2026-05-20T07:30:00Z"})
    states = clocks(answer.json())
    assert states["acknowledge"] == states["ciso"] == "overdue"
    assert {states[name] for name in ("contain", "legal", "cert_in", "board_details")} == {"running"}


async def test_awareness_in_the_future_is_refused(operations: Operations) -> None:
    answer = await post(operations, "", {**OPENING, "aware_at": "2026-05-20T08:00:01Z"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "aware_at")


async def test_a_step_stops_its_clock_and_what_was_late_stays_missed(operations: Operations, clock: FixedClock) -> None:
    incident_id = await opened(operations)
    clock.advance(seconds=14 * 60)
    await post(operations, f"/{incident_id}/steps", {"step": "acknowledge"})
    clock.advance(seconds=3_600)
    answer = await post(operations, f"/{incident_id}/steps", {"step": "contain"})
    assert (clocks(answer.json())["acknowledge"], clocks(answer.json())["contain"]) == ("met", "missed")
    assert answer.json()["status"] == "contained"
    again = await post(operations, f"/{incident_id}/steps", {"step": "acknowledge"}, by="legal-1")
    [met] = [item for item in again.json()["clocks"] if item["clock"] == "acknowledge"]
    assert met["met_by"] == "sec-1"


async def test_a_step_is_not_needed_only_for_a_stated_reason(operations: Operations) -> None:
    incident_id = await opened(operations)
    body = {"step": "stop_processing", "state": "not_needed"}
    assert (await post(operations, f"/{incident_id}/steps", body)).status_code == 400
    answer = await post(operations, f"/{incident_id}/steps", {**body, "note": "The scope is clear."})
    [step] = [item for item in answer.json()["steps"] if item["step"] == "stop_processing"]
    assert (step["state"], step["by"], step["note"]) == ("not_needed", "sec-1", "The scope is clear.")


async def test_what_counsel_determines_ends_the_reports_clocks_or_starts_them(operations: Operations) -> None:
    incident_id = await opened(operations)
    answer = await post(operations, f"/{incident_id}/change", {"is_reportable": False, "note": "No personal data."})
    assert clocks(answer.json())["cert_in"] == clocks(answer.json())["board"] == "void"
    answer = await post(operations, f"/{incident_id}/change", {"severity": "P3", "is_reportable": True})
    states = clocks(answer.json())
    assert (states["cert_in"], states["legal"], states["contain"]) == ("running", "void", "running")


async def test_an_incident_is_closed_when_every_required_step_is_stated_and_then_stands(
    operations: Operations,
) -> None:
    incident_id = await opened(operations, severity="P3", kind="test_finding")
    answer = await post(operations, f"/{incident_id}/close", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "STEPS_MISSING")
    assert [error["field"] for error in answer.json()["errors"]] == [
        *("acknowledge", "contain", "review", "record_actions")
    ]
    for step in ("acknowledge", "contain", "review", "record_actions"):
        await post(operations, f"/{incident_id}/steps", {"step": step})
    assert (await post(operations, f"/{incident_id}/close", {})).json()["status"] == "closed"
    refused = await post(operations, f"/{incident_id}/steps", {"step": "review"})
    assert (refused.status_code, refused.json()["code"]) == (409, "INCIDENT_CLOSED")


async def test_the_same_request_id_opens_one_incident_even_sixteen_times_at_once(operations: Operations) -> None:
    command_id = str(uuid4())
    answers = await asyncio.gather(*(post(operations, "", OPENING, command_id=command_id) for _ in range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["incident_id"] for answer in answers}) == 1
    assert await operations.pool.fetchval("SELECT count(*) FROM incident_entries") == 1


async def test_a_request_id_of_another_command_is_refused(operations: Operations) -> None:
    incident_id, other_id = await opened(operations), await opened(operations)
    command_id = str(uuid4())
    for _ in range(2):
        answer = await post(operations, f"/{incident_id}/steps", {"step": "tell_ciso"}, command_id=command_id)
        assert answer.status_code == 200
    for path, body in (
        (f"/{incident_id}/steps", {"step": "tell_legal"}),
        (f"/{other_id}/steps", {"step": "tell_ciso"}),
        (f"/{incident_id}/close", {}),
    ):
        refused = await post(operations, path, body, command_id=command_id)
        assert (refused.status_code, refused.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert len((await get(operations, f"/{incident_id}/timeline")).json()["entries"]) == 2


async def test_every_entry_is_audited_with_its_digest_and_without_its_text(operations: Operations) -> None:
    incident_id = await opened(operations)
    await post(operations, f"/{incident_id}/steps", {"step": "tell_ciso", "note": "Called at 13:32."})
    timeline = (await get(operations, f"/{incident_id}/timeline")).json()
    events = [event for event in await operations.events() if event["action"] == "incident_recorded"]
    assert [event["details"]["entry_sha256"] for event in events] == [
        entry["entry_sha256"] for entry in timeline["entries"]
    ]
    assert timeline["is_intact"] is True
    assert "13:32" not in str(events)
    assert OPENING["title"] not in str(events)


async def test_the_database_refuses_to_change_or_remove_an_entry(pool: asyncpg.Pool, operations: Operations) -> None:
    await opened(operations)
    for statement in ("UPDATE incident_entries SET note = ''", "DELETE FROM incident_entries"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


async def test_a_clock_is_escalated_once_when_it_is_near_and_once_when_it_is_over(
    pool: asyncpg.Pool, operations: Operations, clock: FixedClock
) -> None:
    await opened(operations, is_drill=True)
    monitor = ClockMonitor(pool=pool, outbox=operations.services.audit_events.outbox, clock=clock)
    assert await monitor.escalate() == 0
    clock.advance(seconds=12 * 60)  # the CISO's five minutes are over, acknowledgement is near
    assert [await monitor.escalate(), await monitor.escalate()] == [2, 0]
    clock.advance(seconds=4 * 60)
    assert [await monitor.escalate(), await monitor.escalate()] == [1, 0]
    events = [event for event in await operations.events() if event["action"] == "incident_clock_escalated"]
    assert [(event["details"]["clock"], event["outcome"]) for event in events] == [
        ("acknowledge", "due_soon"),
        ("ciso", "overdue"),
        ("acknowledge", "overdue"),
    ]
    assert {event["details"]["is_drill"] for event in events} == {"yes"}


async def test_lists_page_by_cursor_newest_first(operations: Operations, clock: FixedClock) -> None:
    ids = []
    for _ in range(5):
        ids.append(await opened(operations, severity="P4", kind="vulnerability"))
        clock.advance(seconds=0.000001)
    first = (await get(operations, "?limit=2")).json()
    second = (await get(operations, f"?limit=3&cursor={first['next_cursor']}")).json()
    assert [item["incident_id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert (await get(operations, "?status=closed")).json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["x", "999999999999999999.inc_" + "0" * 32, "-1.inc_" + "0" * 32])
async def test_an_odd_cursor_is_no_fault_of_ours(operations: Operations, cursor: str) -> None:
    assert (await get(operations, f"?cursor={cursor}")).status_code in (200, 400)


@pytest.mark.parametrize(
    "body",
    [
        {**OPENING, "severity": "P0"},
        {**OPENING, "title": ""},
        {**OPENING, "title": "a\u0000b"},
        {**OPENING, "status": "closed"},
        {**OPENING, "opened_by": "super-1"},
        {**OPENING, "aware_at": "yesterday"},
        {},
        [],
    ],
)
async def test_a_bad_body_is_a_400_that_echoes_nothing(operations: Operations, body: Any) -> None:
    answer = await post(operations, "", body)
    assert answer.status_code == 400
    assert "yesterday" not in answer.text


@pytest.mark.parametrize("operator", ["ops-1", "ml-1", "risk-1"])
async def test_other_roles_neither_read_nor_act(operations: Operations, operator: str) -> None:
    assert (await post(operations, "", OPENING, by=operator)).status_code == 403
    assert (await get(operations, "", by=operator)).status_code == 403


async def test_unknown_incidents_are_a_404(operations: Operations) -> None:
    path = f"/inc_{'0' * 32}"
    assert (await get(operations, path)).status_code == 404
    assert (await get(operations, f"{path}/timeline")).status_code == 404
    assert (await get(operations, f"{path}/notices")).status_code == 404
    assert (await post(operations, f"{path}/steps", {"step": next(iter(STEPS))})).status_code == 404
    assert (await post(operations, f"{path}/affected", {})).status_code == 404


async def test_a_timeline_names_each_entrys_place_in_the_audit_chain(
    operations: Operations, upstreams: Upstreams
) -> None:
    incident_id = await opened(operations)
    await post(operations, f"/{incident_id}/steps", {"step": "tell_ciso"})
    rows = await operations.pool.fetch("SELECT audit_event_id FROM incident_entries ORDER BY seq")
    upstreams.trail = [
        {"action": "incident_recorded", "chain": "general", "seq": 40 + place, "event_id": str(row["audit_event_id"])}
        for place, row in enumerate(rows)
    ]
    timeline = (await get(operations, f"/{incident_id}/timeline")).json()
    assert [(entry["audit_chain"], entry["audit_seq"]) for entry in timeline["entries"]] == [
        ("general", 40),
        ("general", 41),
    ]
    assert timeline["are_positions_complete"] is True
    upstreams.is_down.add("audit")
    timeline = (await get(operations, f"/{incident_id}/timeline")).json()
    assert (len(timeline["entries"]), timeline["are_positions_complete"]) == (2, False)


async def test_the_csv_holds_no_formula(operations: Operations) -> None:
    incident_id = await opened(operations, title='=HYPERLINK("http://a.test","x")')
    answer = await get(operations, f"/{incident_id}/timeline?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "\"'=HYPERLINK" in answer.text
    assert ",=" not in answer.text
    assert '"=' not in answer.text
