"""Rights requests: clocks by India's days, steps in order and once, who may act, nothing of a person in the log."""

import asyncio
from typing import Any

import pytest
from altscore_admin.rights.worker import RightsMonitor
from altscore_libs.clock import FixedClock

from ..conftest import Operations, retailer
from .conftest import INTAKE, RETAILER, VERIFY, RightsWorld


async def test_a_correction_goes_to_the_distributor_then_to_score_and_ends_with_what_came_of_it(
    requests: RightsWorld,
) -> None:
    request_id = await requests.verified("correction")
    asked = {"distributor_id": "dist_north", "subject": "payments", "ticket": "DPO-18"}
    assert (await requests.post(f"/{request_id}/correction", asked)).json()["distributor_id"] == "dist_north"
    early = await requests.post(f"/{request_id}/request-rescoring")
    assert (early.status_code, early.json()["code"]) == (409, "RIGHTS_STEP_REFUSED")
    await requests.post(f"/{request_id}/correction/confirm", {"ticket": "DPO-19"})
    assert (await requests.post(f"/{request_id}/request-rescoring")).status_code == 200
    asked_of_score = (f"POST /internal/admin/retailers/{RETAILER}/rescoring", {"reference": request_id})
    assert asked_of_score in requests.upstreams.asked
    ended = (await requests.post(f"/{request_id}/close", {"outcome": "corrected"})).json()
    assert (ended["state"], ended["clock"]["state"]) == ("closed", "met")
    assert await requests.steps(request_id) == [
        *[("opened", "legal-1"), ("verified", "legal-1"), ("correction_asked", "legal-1")],
        *[("correction_confirmed", "legal-1"), ("rescoring_requested", "legal-1"), ("closed", "legal-1")],
    ]


async def test_score_that_does_not_answer_leaves_the_request_as_it_was(requests: RightsWorld) -> None:
    request_id = await requests.verified("correction")
    await requests.post(
        f"/{request_id}/correction", {"distributor_id": "dist_north", "subject": "payments", "ticket": "DPO-18"}
    )
    await requests.post(f"/{request_id}/correction/confirm", {"ticket": "DPO-19"})
    requests.upstreams.parts_down.add("scores")
    assert (await requests.post(f"/{request_id}/request-rescoring")).status_code == 503
    assert (await requests.steps(request_id))[-1][0] == "correction_confirmed"


async def test_a_second_request_while_one_is_open_is_the_first_one(requests: RightsWorld) -> None:
    first = await requests.open("access")
    again = await requests.open("access", ticket="DPO-99")
    assert (again["request_id"], again["ticket"]) == (first["request_id"], "DPO-17")
    assert (await requests.open("correction"))["request_id"] != first["request_id"]


async def test_of_many_requests_at_once_one_is_opened(requests: RightsWorld) -> None:
    opened = await asyncio.gather(*(requests.open("access") for _ in range(5)))
    assert len({request["request_id"] for request in opened}) == 1
    assert await requests.operations.pool.fetchval("SELECT count(*) FROM rights_requests") == 1


async def test_a_step_twice_is_once_and_another_of_the_same_kind_is_refused(requests: RightsWorld) -> None:
    request_id = await requests.verified("access")
    assert (await requests.post(f"/{request_id}/verify", VERIFY)).status_code == 200
    assert [step for step, _ in await requests.steps(request_id)] == ["opened", "verified"]
    other = await requests.post(f"/{request_id}/verify", VERIFY | {"evidence": "DOC-8"})
    assert (other.status_code, other.json()["code"]) == (409, "RIGHTS_STEP_REFUSED")


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ({"requester": "nominee"}, "nominee_evidence_required"),
        ({"requester": "guardian", "is_minor": True}, "guardian_evidence_required"),
    ],
)
async def test_a_nominee_or_a_guardian_is_refused_until_documents_are_attached_and_the_clock_begins_then(
    requests: RightsWorld, who: dict[str, Any], refusal: str
) -> None:
    request = await requests.open("access", **who)
    assert (request["state"], request["refusal"], request["clock"]["state"]) == ("refused", refusal, "stopped")
    assert (await requests.post(f"/{request['request_id']}/verify", VERIFY)).status_code == 409
    requests.clock.advance(seconds=5 * 86_400)
    body = {"evidence": ["DOC-1", "DOC-2"]}
    attached = (await requests.post(f"/{request['request_id']}/evidence", body)).json()
    assert (attached["state"], attached["refusal"], attached["evidence"]) == ("received", None, ["DOC-1", "DOC-2"])
    assert attached["clock"]["due_on"] == "2026-06-09"
    assert (await requests.post(f"/{request['request_id']}/verify", VERIFY)).json()["state"] == "verified"


async def test_a_minors_data_are_not_given_to_the_minor_whatever_is_attached(requests: RightsWorld) -> None:
    request = await requests.open("access", is_minor=True, evidence=["DOC-1"])
    assert request["refusal"] == "guardian_evidence_required"
    answer = await requests.post(f"/{request['request_id']}/evidence", {"evidence": ["DOC-2"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "EVIDENCE_REQUIRED")


async def test_what_was_refused_for_another_reason_stays_refused(requests: RightsWorld) -> None:
    request_id = (await requests.open("access"))["request_id"]
    await requests.post(f"/{request_id}/refuse", {"reason": "legal_hold"})
    answer = await requests.post(f"/{request_id}/evidence", {"evidence": ["DOC-2"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "EVIDENCE_REQUIRED")
    assert await requests.state(request_id) == "refused"


async def test_a_nomination_is_recorded_by_the_number_it_is_filed_under(requests: RightsWorld) -> None:
    request_id = await requests.verified("nominee")
    ended = (await requests.post(f"/{request_id}/nomination", {"ticket": "DOC-9"})).json()
    assert (ended["state"], ended["outcome"]) == ("closed", "nomination_recorded")


async def test_the_most_urgent_comes_first_and_pages_leave_none_out(requests: RightsWorld) -> None:
    kinds = ["erasure", "access", "correction", "nominee", "access"]
    for number, kind in enumerate(kinds):
        await requests.open(kind, retailer_id=retailer(number))
        requests.clock.advance(seconds=86_400)
    shown, cursor = [], None
    while True:
        page = (await requests.get("", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        shown += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [item["kind"] for item in shown] == ["access", "correction", "access", "erasure", "nominee"]
    assert len({item["request_id"] for item in shown}) == 5
    assert (await requests.get("", state="closed")).json() == {"items": [], "next_cursor": None}


async def test_a_missed_clock_is_escalated_once(
    operations: Operations, requests: RightsWorld, clock: FixedClock
) -> None:
    rights = operations.services.rights
    monitor = RightsMonitor(pool=operations.pool, outbox=rights.outbox, clock=clock)
    request_id = (await requests.open("access"))["request_id"]
    clock.advance(seconds=15 * 86_400)
    assert await monitor.escalate() == 0  # 4 June, 13:30 in India: the day is not over
    clock.advance(seconds=11 * 3_600)
    assert await monitor.escalate() == 1
    assert await monitor.escalate() == 0
    assert (await requests.get(f"/{request_id}")).json()["clock"]["state"] == "overdue"
    assert [event for event in await operations.audited() if event[0] == "rights_overdue"] == [
        ("rights_overdue", "admin", "overdue")
    ]
    assert (await requests.steps(request_id))[-1] == ("overdue", "admin")


async def test_a_request_that_is_reopened_is_escalated_again_when_its_new_clock_runs_out(
    operations: Operations, requests: RightsWorld, clock: FixedClock
) -> None:
    monitor = RightsMonitor(pool=operations.pool, outbox=operations.services.rights.outbox, clock=clock)
    request_id = (await requests.open("access"))["request_id"]
    clock.advance(seconds=16 * 86_400)
    assert await monitor.escalate() == 1
    await requests.post(f"/{request_id}/refuse", {"reason": "nominee_evidence_required"})
    assert (await requests.post(f"/{request_id}/evidence", {"evidence": ["DOC-1"]})).json()["state"] == "received"
    assert await monitor.escalate() == 0, "its clock began anew"
    clock.advance(seconds=16 * 86_400)
    assert await monitor.escalate() == 1
    assert await monitor.escalate() == 0
    assert [step for step, _ in await requests.steps(request_id)].count("overdue") == 2


@pytest.mark.parametrize("operator", ["ops-1", "ml-1", "risk-1"])
async def test_who_may_not_handle_rights_is_refused_and_audited(requests: RightsWorld, operator: str) -> None:
    body = {"kind": "access", "retailer_id": RETAILER, **INTAKE}
    assert (await requests.post("", body, by=operator)).status_code == 403
    assert (await requests.get("", by=operator)).status_code == 403
    assert ("admin_action", operator, "refused") in await requests.operations.audited()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "portability"},
        {"retailer_id": "ret_1"},
        {"channel": "in person"},
        {"ticket": "919800000001"},
        {"ticket": "DPO-17 Ramesh"},
        {"evidence": ["98000 00001"]},
        {"language": "tamil-9"},
        {"requester": "son-9"},
        {"state": "closed-9"},
        {"is_minor": "yes"},
    ],
)
async def test_bad_input_is_a_400_and_is_not_repeated(requests: RightsWorld, change: dict[str, Any]) -> None:
    body = {"kind": "access", "retailer_id": RETAILER, **INTAKE, **change}
    answer = await requests.post("", body)
    assert answer.status_code == 400
    [value] = change.values()
    assert str(value) not in answer.text


async def test_a_cursor_of_no_page_and_an_unknown_request_are_refused(requests: RightsWorld) -> None:
    for cursor in ("x", "1.rgt_1", "9" * 17 + ".rgt_" + "0" * 32):
        assert (await requests.get("", cursor=cursor)).status_code == 400
    assert (await requests.get("", cursor="9" * 16 + ".rgt_" + "0" * 32)).status_code == 200
    assert (await requests.post("/rgt_" + "0" * 32 + "/verify", VERIFY)).status_code == 404


async def test_the_log_of_a_request_cannot_be_rewritten_by_the_service(
    operations: Operations, requests: RightsWorld
) -> None:
    await requests.verified("access")
    for statement in ("UPDATE rights_steps SET actor = 'x'", "DELETE FROM rights_steps"):
        with pytest.raises(Exception, match="permission denied"):
            await operations.pool.execute(statement)
