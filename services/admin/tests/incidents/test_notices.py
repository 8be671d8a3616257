"""Nothing leaves before two persons approved exactly this content for exactly these recipients, and then once."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from altscore_admin.errors import SameOperator
from altscore_admin.incidents.notices import NoticeSender, templates
from altscore_admin.incidents.rendering import render_notice_html
from altscore_admin.operators.domain import Operator, Role
from altscore_libs.clock import FixedClock

from ..conftest import Operations, retailer
from .test_service import get, opened, post

FACTS = {"nature": "A secret was published.", "measures": "<b>It was revoked.</b>"}


async def proposed(operations: Operations, incident_id: str, **body: Any) -> dict[str, Any]:
    """A notice that sec-1 asked for."""
    answer = await post(operations, f"/{incident_id}/notices", {"audience": "retailers", **body})
    assert answer.status_code == 202, answer.text
    notice: dict[str, Any] = answer.json()
    return notice


async def approve(
    operations: Operations, notice: dict[str, Any], *, by: str = "legal-1", content_sha256: str | None = None
) -> httpx.Response:
    """Another person's approval of what the notice's request holds."""
    body = {"content_sha256": content_sha256 or notice["approval_sha256"]}
    return await operations.post(by, f"/v1/admin/approvals/{notice['approval_id']}/approve", body)


async def listed(operations: Operations, incident_id: str) -> list[str]:
    """States of the incident's notices, the newest first."""
    return [item["status"] for item in (await get(operations, f"/{incident_id}/notices")).json()["items"]]


async def affected(operations: Operations, *, numbers: range = range(1, 4), **opening: Any) -> str:
    """An incident with affected retailers."""
    incident_id = await opened(operations, **opening)
    await post(operations, f"/{incident_id}/affected", {"retailer_ids": [retailer(number) for number in numbers]})
    return incident_id


async def told(operations: Operations, clock: FixedClock) -> list[str]:
    """Retailers to whom the worker announced something, in order."""
    services = operations.services
    sender = NoticeSender(
        pool=operations.pool, outbox=services.audit_events.outbox, clock=clock, keys=services.approvals.keys
    )
    while await sender.step():
        pass
    return [event["retailer_id"] for event in await operations.events("retailer.notice_requested")]


async def test_each_retailer_is_told_once_after_two_persons(operations: Operations, clock: FixedClock) -> None:
    incident_id = await affected(operations)
    notice = await proposed(operations, incident_id)
    assert await told(operations, clock) == []
    assert (await approve(operations, notice)).json()["result"] == {"status": "sending"}
    assert await told(operations, clock) == [retailer(1), retailer(2), retailer(3)]
    await post(operations, f"/{incident_id}/affected", {"retailer_ids": [retailer(4)]})
    again = await proposed(operations, incident_id, language="en")
    await approve(operations, again)
    assert await told(operations, clock) == [retailer(number) for number in range(1, 5)]
    notices = (await get(operations, f"/{incident_id}/notices")).json()["items"]
    assert sorted((item["status"], item["announced"]) for item in notices) == [("done", 1), ("done", 3)]


async def test_the_audit_tells_two_notices_of_one_incident_apart(operations: Operations, clock: FixedClock) -> None:
    incident_id = await affected(operations)
    notices = [await proposed(operations, incident_id)]
    await approve(operations, notices[0])
    await told(operations, clock)
    await post(operations, f"/{incident_id}/affected", {"retailer_ids": [retailer(4)]})
    notices.append(await proposed(operations, incident_id, language="en"))
    await approve(operations, notices[1])
    await told(operations, clock)
    entries = [event for event in await operations.events() if "notice_id" in event["details"]]
    assert {event["subject"] for event in entries} == {incident_id}
    for notice, retailers in zip(notices, ("3", "1"), strict=True):
        own = [event for event in entries if event["details"]["notice_id"] == notice["notice_id"]]
        assert [(event["action"], event["outcome"]) for event in own] == [
            ("incident_recorded", "proposed"),
            ("incident_recorded", "approved"),
            ("incident_notice_announced", "ok"),
        ]
        assert own[-1]["details"]["retailers"] == retailers


async def test_the_person_who_asked_does_not_approve(operations: Operations, clock: FixedClock) -> None:
    incident_id = await affected(operations)
    notice = await proposed(operations, incident_id)
    refused = await approve(operations, notice, by="sec-1")
    assert (refused.status_code, refused.json()["code"]) == (409, "SECOND_OPERATOR_REQUIRED")
    assert await told(operations, clock) == []
    assert await listed(operations, incident_id) == ["proposed"]


async def test_one_person_in_two_spellings_is_one_person(operations: Operations, clock: FixedClock) -> None:
    notice = await proposed(operations, await affected(operations))
    approvals, shown = operations.services.approvals, notice["approval_sha256"]
    with pytest.raises(SameOperator):
        await approvals.approve(
            Operator("SEC-1", frozenset({Role.SECURITY_AUDIT})), notice["approval_id"], content_sha256=shown
        )
    async with operations.superuser() as connection:
        with pytest.raises(asyncpg.CheckViolationError, match="incident_notices_two_people"):
            await connection.execute(
                "UPDATE incident_notices SET status = 'sending', approved_by = 'SEC-1', approved_at = now()"
            )
    assert await told(operations, clock) == []


async def test_who_may_not_handle_incidents_does_not_approve(operations: Operations) -> None:
    notice = await proposed(operations, await affected(operations))
    assert (await approve(operations, notice, by="ops-1")).status_code == 403


async def test_a_notice_that_was_changed_after_the_first_signature_is_approved_by_nobody(
    operations: Operations, clock: FixedClock
) -> None:
    notice = await proposed(operations, await affected(operations))
    async with operations.superuser() as connection:  # more than the service's role can
        changed = 'UPDATE incident_notices SET content = replace(content, \'"language":"hi"\', \'"language":"en"\')'
        assert await connection.execute(changed) == "UPDATE 1"
    refused = await approve(operations, notice)
    assert (refused.status_code, refused.json()["code"]) == (409, "APPROVAL_CONFLICT")
    assert await told(operations, clock) == []


async def test_a_notice_that_two_persons_did_not_sign_is_sent_to_nobody(
    operations: Operations, clock: FixedClock
) -> None:
    incident_id = await affected(operations)
    await proposed(operations, incident_id)
    await operations.pool.execute(  # what the service's own role can
        "UPDATE incident_notices SET status = 'sending', approved_by = 'legal-1', approved_at = now()"
    )
    assert await told(operations, clock) == []
    assert await listed(operations, incident_id) == ["proposed"]
    refused = [event for event in await operations.events() if event["reason"] == "PROPOSAL_NOT_SIGNED"]
    assert [(event["action"], event["details"]["kind"]) for event in refused] == [
        ("approval_executed", "incident_notice")
    ]


async def test_a_rejected_notice_says_so_and_one_of_the_release_before_is_over(operations: Operations) -> None:
    incident_id = await affected(operations)
    notice = await proposed(operations, incident_id)
    path = f"/v1/admin/approvals/{notice['approval_id']}/reject"
    assert (await operations.post("legal-1", path, {"reason": "wrong_content"})).status_code == 200
    assert await listed(operations, incident_id) == ["rejected"]
    async with operations.superuser() as connection:
        await connection.execute("UPDATE incident_notices SET approval_id = 'apr_' || repeat('0', 32)")
    assert await listed(operations, incident_id) == ["expired"]


async def test_who_reads_requests_reads_no_facts_of_an_incident(operations: Operations) -> None:
    notice = await proposed(operations, await affected(operations), audience="board", facts=FACTS)
    async with operations.by("data-1") as client:
        answer = await client.get(f"/v1/admin/approvals/{notice['approval_id']}")
    assert answer.json()["content"]["notice_sha256"] == notice["content_sha256"]
    assert FACTS["nature"] not in answer.text


async def test_other_content_other_recipients_and_a_late_approval_are_refused(
    operations: Operations, clock: FixedClock
) -> None:
    incident_id = await affected(operations)
    notice = await proposed(operations, incident_id)
    assert (await approve(operations, notice, content_sha256="0" * 64)).json()["code"] == "APPROVAL_CONFLICT"
    await post(operations, f"/{incident_id}/affected", {"retailer_ids": [retailer(9)]})
    assert (await approve(operations, notice)).json()["code"] == "APPROVAL_CONFLICT"
    late = await proposed(operations, incident_id)
    clock.advance(seconds=86_400)
    assert (await approve(operations, late)).json()["code"] == "APPROVAL_CONFLICT"
    assert await told(operations, clock) == []


async def test_sixteen_approvals_at_once_are_one(operations: Operations, clock: FixedClock) -> None:
    incident_id = await affected(operations)
    notice = await proposed(operations, incident_id)
    answers = await asyncio.gather(*(approve(operations, notice) for _ in range(16)))
    codes = {answer.json().get("code") for answer in answers if answer.status_code != 200}
    # Sixteen at a pool of fewer connections: one that waited too long for one is told to come again.
    assert codes <= {"APPROVAL_IN_PROGRESS", "SERVICE_UNAVAILABLE"}
    entries = (await get(operations, f"/{incident_id}/timeline")).json()["entries"]
    assert [entry["outcome"] for entry in entries if entry["kind"] == "notice"] == ["proposed", "approved"]
    assert len(await told(operations, clock)) == 3


async def test_a_drill_tells_nobody_and_says_so(operations: Operations, clock: FixedClock) -> None:
    incident_id = await affected(operations, is_drill=True)
    notice = await proposed(operations, incident_id)
    assert (await approve(operations, notice)).json()["result"] == {"status": "done"}
    assert await told(operations, clock) == []
    entries = (await get(operations, f"/{incident_id}/timeline")).json()["entries"]
    assert entries[-1]["outcome"] == "simulated"


async def test_the_same_request_id_proposes_one_notice(operations: Operations) -> None:
    incident_id, command_id = await affected(operations), str(uuid4())
    answers = [
        await post(operations, f"/{incident_id}/notices", {"audience": "board"}, command_id=command_id)
        for _ in range(2)
    ]
    assert len({answer.json()["notice_id"] for answer in answers}) == 1


async def test_nobody_affected_is_nobody_to_tell(operations: Operations) -> None:
    answer = await post(operations, f"/{await opened(operations)}/notices", {"audience": "retailers"})
    assert answer.status_code == 400


@pytest.mark.parametrize("audience", ["lenders", "distributors", "cert_in", "board"])
async def test_documents_hold_the_facts_and_stay_drafts_until_approved(operations: Operations, audience: str) -> None:
    incident_id = await affected(operations)
    notice = await proposed(operations, incident_id, audience=audience, facts=FACTS, language="en")
    path = f"/{incident_id}/notices/{notice['notice_id']}/document"
    draft = (await get(operations, path)).json()
    assert (draft["facts"], draft["approved_by"], draft["incident"]["affected_retailers"]) == (FACTS, None, 3)
    page = render_notice_html(draft)
    assert "DRAFT" in page
    assert "<b>" not in page
    await approve(operations, notice)
    page = render_notice_html((await get(operations, path)).json())
    assert "DRAFT" not in page
    assert "DRILL" not in page


def test_every_text_is_there_in_both_languages_with_a_version() -> None:
    for template in templates().values():
        assert re.search("[\u0900-\u097f]", template["text"]["hi"])
        assert template["text"]["en"]
        assert template["version"]
        assert template["approved_on"]
