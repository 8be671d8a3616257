"""Erasures: told first, objected to in time, approved by another person, certified, reported by every store."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from altscore_admin.erasures.domain import verify_report
from altscore_admin.errors import SameOperator
from altscore_admin.main import COMMANDS
from altscore_admin.operators.domain import Operator, Role
from altscore_libs.commands import run_commands
from altscore_libs.signer import NotAuthentic

from ..conftest import NOW
from .conftest import ALIAS, INTAKE, RETAILER, RightsWorld


async def proposed(requests: RightsWorld, by: str = "legal-1") -> tuple[str, str]:
    """Id of an erasure that was told 48 hours ago and proposed, and the digest of what the second person is shown."""
    request_id = await requests.told()
    answer = await requests.post(f"/{request_id}/propose-erasure", by=by)
    assert answer.status_code == 202, answer.text
    stated = {"kind": "erasure", "subject": request_id, "request_id": request_id, "retailer_id": RETAILER}
    assert answer.json()["content"] == stated
    return request_id, answer.json()["content_sha256"]


async def approve(requests: RightsWorld, request_id: str, digest: str, by: str = "super-1") -> tuple[int, str]:
    """Status and, refused, the code or else the state that the request then has."""
    approval_id = await requests.operations.pool.fetchval(
        "SELECT approval_id FROM approvals WHERE subject = $1 ORDER BY proposed_at DESC LIMIT 1", request_id
    )
    answer = await requests.operations.post(
        by, f"/v1/admin/approvals/{approval_id}/approve", {"content_sha256": digest}
    )
    return answer.status_code, answer.json().get("code") or answer.json()["result"]["state"]


async def erased(requests: RightsWorld) -> str:
    """Id of an erasure that every store has reported."""
    request_id, digest = await proposed(requests)
    assert await approve(requests, request_id, digest) == (200, "approved")
    assert await requests.turn() == 0
    requests.upstreams.erased_by(request_id, requests.clock.now(), *requests.stores())
    assert await requests.turn() == 0
    return request_id


async def test_an_erasure_goes_from_the_notice_to_the_signed_report(requests: RightsWorld) -> None:
    async with requests.operations.by("legal-1") as client:
        opened = await client.put(f"/v1/admin/retailers/{RETAILER}/erasure", json=INTAKE)
        assert opened.json()["clock"]["due_on"] == "2026-06-19"
    request_id = await erased(requests)
    assert request_id == opened.json()["request_id"]
    [notice] = await requests.operations.events("retailer.notice_requested")
    assert (notice["kind"], notice["language"], notice["reference"]) == ("erasure_notice", "hi", request_id)
    proof = (await requests.get(f"/{request_id}/proof")).json()
    assert [report["store"] for report in proof["reports"]] == requests.stores()
    assert (proof["missing"], proof["reports"][0]["counts"]) == ([], {"messages": "3"})
    report = verify_report(proof, requests.operations.services.erasures.keys)
    assert report["retailer_ids"] == [ALIAS, RETAILER]
    tables = {(entry["store"], entry["table"]) for entry in report["stores"]}
    assert {("vault", "retailer"), ("notification", "messages"), ("admin", "rights_requests")} <= tables
    assert await requests.state(request_id) == "closed"
    done = ("rights_request_changed", "super-1", "approved")
    assert done in await requests.operations.audited()


@pytest.mark.parametrize("part", ["signature", "certificate_signature", "reports", "retailer_ids", "stores"])
async def test_a_report_with_anything_changed_is_not_authentic(requests: RightsWorld, part: str) -> None:
    proof = (await requests.get(f"/{await erased(requests)}/proof")).json()
    keys = requests.operations.services.erasures.keys
    verify_report(proof, keys)
    changed: dict[str, Any] = {
        "signature": "0" * 128,
        "certificate_signature": "0" * 128,
        "reports": proof["report"]["reports"][1:],
        "retailer_ids": [RETAILER],
        "stores": [],
    }
    place = proof if part == "signature" else proof["report"]
    place[part] = changed[part]
    with pytest.raises(NotAuthentic):
        verify_report(proof, keys)


async def test_the_command_verifies_a_report_offline(
    requests: RightsWorld, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = (await requests.get(f"/{await erased(requests)}/proof")).json()
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof), encoding="utf-8")
    arguments = ["verify-erasure", str(path), "--keys", str(tmp_path)]
    await asyncio.to_thread(run_commands, "altscore_admin", COMMANDS, arguments)
    assert "erased in 6 stores" in capsys.readouterr().out
    proof["report"]["told_at"] = "2026-05-01T00:00:00Z"
    path.write_text(json.dumps(proof), encoding="utf-8")
    with pytest.raises(SystemExit, match="not authentic: the signature does not hold"):
        await asyncio.to_thread(run_commands, "altscore_admin", COMMANDS, arguments)


async def test_before_48_hours_have_passed_nobody_proposes_and_nobody_approves(requests: RightsWorld) -> None:
    request_id = await requests.told()
    requests.clock.advance(seconds=-1)
    early = await requests.post(f"/{request_id}/propose-erasure")
    assert (early.status_code, early.json()["code"], early.headers["Retry-After"]) == (409, "NOTICE_RUNNING", "2")
    requests.clock.advance(seconds=1)
    digest = (await requests.post(f"/{request_id}/propose-erasure")).json()["content_sha256"]
    requests.clock.advance(seconds=-1)
    assert await approve(requests, request_id, digest) == (409, "NOTICE_RUNNING")
    requests.clock.advance(seconds=1)
    assert await approve(requests, request_id, digest) == (200, "approved")


@pytest.mark.parametrize("erasure_notice", [timedelta(hours=47)])
async def test_a_shorter_notice_of_a_development_profile_is_shown_and_kept(requests: RightsWorld) -> None:
    request_id = await requests.told()
    shown = (await requests.get(f"/{request_id}")).json()
    shown_notice = datetime.fromisoformat(shown["erasable_at"]) - datetime.fromisoformat(shown["notice_at"])
    assert shown_notice == timedelta(hours=47)
    requests.clock.advance(seconds=-3_601)
    assert (await requests.post(f"/{request_id}/propose-erasure")).json()["code"] == "NOTICE_RUNNING"
    requests.clock.advance(seconds=1)
    digest = (await requests.post(f"/{request_id}/propose-erasure")).json()["content_sha256"]
    requests.clock.advance(seconds=-1)
    assert await approve(requests, request_id, digest) == (409, "NOTICE_RUNNING")
    requests.clock.advance(seconds=1)
    assert await approve(requests, request_id, digest) == (200, "approved")


async def test_the_proposer_does_not_approve_and_another_content_is_approved_by_nobody(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    assert await approve(requests, request_id, digest, by="legal-1") == (409, "SECOND_OPERATOR_REQUIRED")
    assert await approve(requests, request_id, "0" * 64) == (409, "APPROVAL_CONFLICT")
    assert (await approve(requests, request_id, digest, by="ops-1"))[0] == 403
    await requests.turn()
    assert requests.upstreams.certificates == {}
    assert await requests.state(request_id) == "notified"


async def test_one_person_in_two_spellings_erases_nobody(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    approvals = requests.operations.services.approvals
    request_of = "SELECT approval_id FROM approvals WHERE subject = $1"
    approval_id = await requests.operations.pool.fetchval(request_of, request_id)
    with pytest.raises(SameOperator):
        await approvals.approve(Operator("LEGAL-1", frozenset({Role.LEGAL_COMPLIANCE})), approval_id, digest)
    assert await requests.state(request_id) == "notified"


async def test_another_retailer_than_the_one_that_was_signed_is_not_erased(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    async with requests.operations.superuser() as connection:  # more than the service's role can
        await connection.execute("UPDATE rights_requests SET retailer_id = $1", ALIAS)
    assert await approve(requests, request_id, digest) == (409, "APPROVAL_CONFLICT")
    async with requests.operations.superuser() as connection:
        await connection.execute("UPDATE rights_requests SET retailer_id = $1", RETAILER)
    assert await approve(requests, request_id, digest) == (200, "approved")
    async with requests.operations.superuser() as connection:
        await connection.execute("UPDATE rights_requests SET retailer_id = $1", ALIAS)
    assert await requests.turn() == 1
    assert requests.upstreams.certificates == {}


async def test_a_request_that_was_only_marked_as_approved_erases_nobody_and_is_proposed_anew(
    requests: RightsWorld,
) -> None:
    request_id = await requests.told()
    await requests.operations.pool.execute("UPDATE rights_requests SET state = 'approved'")  # what the role can
    assert await requests.turn() == 1
    assert requests.upstreams.certificates == {}
    answer = await requests.post(f"/{request_id}/propose-erasure")
    assert (answer.status_code, await requests.state(request_id)) == (202, "notified")
    assert await approve(requests, request_id, answer.json()["content_sha256"]) == (200, "approved")
    assert (await requests.post(f"/{request_id}/propose-erasure")).json()["code"] == "RIGHTS_STEP_REFUSED"
    assert await requests.turn() == 0
    assert await requests.state(request_id) == "erasing"


async def test_a_proposal_ends_after_a_day_and_is_made_anew(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    requests.clock.advance(seconds=24 * 3_600)
    assert await approve(requests, request_id, digest) == (409, "APPROVAL_CONFLICT")
    again = await requests.post(f"/{request_id}/propose-erasure", by="super-1")
    assert await approve(requests, request_id, again.json()["content_sha256"], by="legal-1") == (200, "approved")
    steps = [step for step, _ in await requests.steps(request_id)]
    assert (steps.count("erasure_proposed"), steps.count("erasure_approved")) == (2, 1)


async def test_of_sixteen_who_approve_at_once_the_erasure_is_asked_for_once(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    answers = await asyncio.gather(*(approve(requests, request_id, digest) for _ in range(16)))
    # Sixteen at a pool of fewer connections: one that waited too long for one is told to come again.
    assert {refusal for code, refusal in answers if code != 200} <= {"APPROVAL_IN_PROGRESS", "SERVICE_UNAVAILABLE"}
    assert (200, "approved") in answers
    steps = [step for step, _ in await requests.steps(request_id)]
    assert steps.count("erasure_approved") == 1


async def test_proposals_and_approvals_that_meet_do_not_wait_for_each_other(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    answers = await asyncio.gather(
        *(requests.post(f"/{request_id}/propose-erasure", by="legal-1") for _ in range(4)),
        *(approve(requests, request_id, digest) for _ in range(4)),
    )
    assert answers
    assert await requests.state(request_id) == "approved"
    steps = [step for step, _ in await requests.steps(request_id)]
    assert (steps.count("erasure_proposed"), steps.count("erasure_approved")) == (1, 1)


async def test_a_nahi_after_the_notice_stops_the_erasure_and_the_retailer_is_told(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    requests.upstreams.tell("webhook", "reply_received", "revoked", requests.clock.now(), actor="retailer")
    assert await approve(requests, request_id, digest) == (409, "RIGHTS_STEP_REFUSED")
    assert await requests.state(request_id) == "cancelled"
    assert (await requests.steps(request_id))[-1] == ("objected", "retailer")
    kinds = [event["kind"] for event in await requests.operations.events("retailer.notice_requested")]
    assert kinds == ["erasure_notice", "erasure_cancelled"]
    await requests.turn()
    assert requests.upstreams.certificates == {}


@pytest.mark.parametrize(
    ("producer", "outcome", "seconds"),
    [("webhook", "revoked", -60), ("webhook", "granted", 60), ("score", "revoked", 60)],
)
async def test_an_earlier_nahi_another_answer_and_another_services_claim_stop_nothing(
    requests: RightsWorld, producer: str, outcome: str, seconds: int
) -> None:
    at = requests.clock.now()
    request_id = await requests.verified("erasure")
    requests.clock.advance(seconds=61)
    requests.upstreams.tell(producer, "reply_received", outcome, at + timedelta(seconds=seconds))
    await requests.turn()
    assert await requests.state(request_id) == "notifying"


async def test_an_entry_whose_content_only_claims_a_nahi_stops_nothing(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    requests.upstreams.tell("webhook", "reply_received", "revoked", requests.clock.now())
    claim = requests.upstreams.audited.pop()
    content = {"conflicts_with": "0192f0c8-7b1e-7c3a-9d55-3f6a1b2c4d5e", "action": "reply_received"}
    whole = {**content, "claimed_payload": claim["payload"]}
    requests.upstreams.audited.append({**claim, "payload": json.dumps(whole)})
    assert await approve(requests, request_id, digest) == (200, "approved")


async def test_an_objection_by_phone_stops_it_too(requests: RightsWorld) -> None:
    request_id = await requests.told()
    stopped = await requests.post(f"/{request_id}/object", {"channel": "phone", "ticket": "DPO-20"})
    assert stopped.json()["state"] == "cancelled"
    assert stopped.json()["clock"]["state"] == "stopped"
    assert (await requests.post(f"/{request_id}/propose-erasure")).status_code == 409


async def test_when_nobody_can_say_whether_the_retailer_objected_nothing_is_approved(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    requests.upstreams.parts_down.add("audit")
    assert (await approve(requests, request_id, digest))[0] == 503
    assert await requests.state(request_id) == "notified"


async def test_a_message_that_failed_is_replaced_by_being_told_and_the_48_hours_run_from_then(
    requests: RightsWorld,
) -> None:
    request_id = await requests.verified("erasure")
    requests.upstreams.tell(
        "notification", "message_refused", "failed", NOW + timedelta(seconds=9), kind="erasure_notice"
    )
    for _ in range(2):
        await requests.turn()
    assert [step for step, _ in await requests.steps(request_id)].count("notice_failed") == 1
    assert (await requests.post(f"/{request_id}/propose-erasure")).status_code == 409
    requests.clock.advance(seconds=3_600)
    told = (await requests.post(f"/{request_id}/notice", {"channel": "phone", "ticket": "DPO-21"})).json()
    assert (told["state"], told["notice_at"]) == ("notified", "2026-05-20T09:00:00Z")


async def test_a_vault_that_is_away_or_signs_nothing_is_asked_again(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    await approve(requests, request_id, digest)
    requests.upstreams.parts_down.add("vault")
    assert await requests.turn() == 1
    requests.upstreams.parts_down.clear()
    requests.upstreams.forges = True
    assert await requests.turn() == 1
    assert await requests.state(request_id) == "approved"
    requests.upstreams.certificates.clear()
    requests.upstreams.forges = False
    assert await requests.turn() == 0
    assert await requests.state(request_id) == "erasing"
    assert (await requests.post(f"/{request_id}/object", {"channel": "phone", "ticket": "DPO-2"})).status_code == 409


async def test_an_erasure_whose_retailer_the_vault_neither_knows_nor_erased_ends_refused(requests: RightsWorld) -> None:
    request_id, digest = await proposed(requests)
    await approve(requests, request_id, digest)
    requests.upstreams.parts_down.add("retailer")
    now = requests.clock.now()
    requests.upstreams.tell("vault", "retailer_erased", "not_found", now, request_id="rgt_" + "0" * 32)
    requests.upstreams.tell("score", "retailer_erased", "not_found", now, request_id=request_id)
    assert await requests.turn() == 1, "a 404 alone may be that of a wrong address"
    assert await requests.state(request_id) == "approved"
    requests.upstreams.tell("vault", "retailer_erased", "not_found", now, request_id=request_id)
    assert await requests.turn() == 0
    ended = (await requests.get(f"/{request_id}")).json()
    assert (ended["state"], ended["refusal"], ended["clock"]["state"]) == ("refused", "unknown_retailer", "stopped")
    assert (await requests.steps(request_id))[-1] == ("identity_unknown", "vault")


async def test_however_many_erasures_cannot_go_on_those_behind_them_do(
    requests: RightsWorld,
) -> None:
    request_id, digest = await proposed(requests)
    await approve(requests, request_id, digest)
    columns = (
        "kind, state, channel, ticket, language, requester, is_minor, evidence, opened_by, received_at,"
        " notice_requested_at, notice_at"
    )
    await requests.operations.pool.execute(
        f"INSERT INTO rights_requests (request_id, retailer_id, due_at, {columns})"
        " SELECT 'rgt_' || lpad(n::text, 32, '0'), 'ret_' || lpad(n::text, 16, '0'), due_at - interval '1 day',"
        f" {columns} FROM rights_requests, generate_series(1, 5) AS n WHERE request_id = $1",
        request_id,
    )
    assert await replace(requests.operations.services.erasures, requests_page=2).advance() == 5, "nobody signed them"
    assert await requests.state(request_id) == "erasing"


async def test_an_erasure_is_not_done_while_a_store_is_silent_or_another_one_speaks_for_it(
    requests: RightsWorld,
) -> None:
    request_id, digest = await proposed(requests)
    await approve(requests, request_id, digest)
    await requests.turn()
    silent, *others = requests.stores()
    requests.upstreams.erased_by(request_id, requests.clock.now(), *others, "audit")
    requests.upstreams.erased_by("rgt_" + "0" * 32, requests.clock.now(), silent)
    await requests.turn()
    assert await requests.state(request_id) == "erasing"
    proof = (await requests.get(f"/{request_id}/proof")).json()
    assert (proof["missing"], proof["report"]) == ([silent], None)
    assert [report["store"] for report in proof["reports"]] == others


async def test_an_erased_retailer_is_erased_again_with_the_first_certificate(requests: RightsWorld) -> None:
    first = await erased(requests)
    request_id, digest = await proposed(requests)
    assert request_id != first
    await approve(requests, request_id, digest)
    await requests.turn()
    requests.upstreams.erased_by(first, requests.clock.now(), *requests.stores())
    await requests.turn()
    assert await requests.state(request_id) == "closed"
    assert json.loads(await kept_certificate(requests, request_id))["request_id"] == first


async def kept_certificate(requests: RightsWorld, request_id: str) -> str:
    """The certificate as it is kept."""
    query = "SELECT certificate FROM rights_requests WHERE request_id = $1"
    return str(await requests.operations.pool.fetchval(query, request_id))
