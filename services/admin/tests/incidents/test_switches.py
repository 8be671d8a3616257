"""Switches act for all lenders and name what is still on; a drill calls nothing."""

from uuid import uuid4

import pytest

from ..conftest import Operations, Upstreams
from .test_service import get, opened, post

LENDERS = ["lender_a", "lender_b", "test_lender_a"]


@pytest.fixture
def lenders(upstreams: Upstreams) -> Upstreams:
    """Score knows three accounts."""
    upstreams.lenders = set(LENDERS)
    upstreams.lender_access = {"lenders": [{"client_id": name} for name in LENDERS], "orders": []}
    return upstreams


async def test_the_tokens_of_every_account_are_revoked_and_counted(operations: Operations, lenders: Upstreams) -> None:
    incident_id = await opened(operations)
    answer = await post(operations, f"/{incident_id}/switches", {"switch": "revoke_tokens"})
    assert (answer.status_code, answer.json()["status"], answer.json()["switched_off"]) == (200, "ok", LENDERS)
    assert {(order["kind"], order["reason"]) for order in lenders.access_commands.values()} == {
        ("revoke-tokens", "compromise")
    }
    assert len(lenders.access_commands) == len(LENDERS)


async def test_what_is_still_on_is_named_and_the_answer_is_not_ok(operations: Operations, lenders: Upstreams) -> None:
    lenders.lenders.discard("lender_b")
    incident_id, command_id = await opened(operations), str(uuid4())
    body = {"switch": "revoke_tokens"}
    answer = await post(operations, f"/{incident_id}/switches", body, command_id=command_id)
    assert (answer.status_code, answer.json()["status"]) == (207, "incomplete")
    assert answer.json()["failed"] == [{"target": "lender_b", "code": "NOT_FOUND"}]
    lenders.lenders.add("lender_b")
    again = await post(operations, f"/{incident_id}/switches", body, command_id=command_id)
    assert (again.status_code, again.json()["status"]) == (200, "ok")
    assert len(lenders.access_commands) == len(LENDERS), "the repetition asked for the same orders"
    entries = (await get(operations, f"/{incident_id}/timeline")).json()["entries"]
    assert [entry["outcome"] for entry in entries[1:]] == ["requested", "incomplete", "ok"]
    assert entries[2]["note"] == "not switched off: lender_b"


async def test_a_drill_calls_nothing_and_says_so(operations: Operations, lenders: Upstreams) -> None:
    incident_id = await opened(operations, is_drill=True)
    answer = await post(operations, f"/{incident_id}/switches", {"switch": "revoke_tokens"})
    assert (answer.json()["status"], answer.json()["is_drill"]) == ("simulated", True)
    assert answer.json()["switched_off"] == LENDERS
    assert lenders.access_commands == {}


async def test_score_that_does_not_answer_leaves_nothing_switched(operations: Operations, lenders: Upstreams) -> None:
    incident_id = await opened(operations)
    lenders.is_down.add("score")
    answer = await post(operations, f"/{incident_id}/switches", {"switch": "revoke_tokens"})
    assert answer.status_code == 503
    assert lenders.access_commands == {}


@pytest.mark.parametrize(("switch", "name"), [("stop_ingestion", "ingestion"), ("stop_serving", "serving")])
async def test_a_service_is_stopped_for_the_incident_and_stays_so_when_repeated(
    operations: Operations, upstreams: Upstreams, switch: str, name: str
) -> None:
    incident_id, command_id = await opened(operations), str(uuid4())
    for _ in range(2):
        answer = await post(operations, f"/{incident_id}/switches", {"switch": switch}, command_id=command_id)
        assert (answer.status_code, answer.json()["status"], answer.json()["switched_off"]) == (200, "ok", [name])
        order = upstreams.switches.pop(name)
        assert (order["is_off"], order["reason"]) == (True, "breach")
    assert (await operations.audited())[-1][0] != "service_switched", "the timeline has the last entry"
    upstreams.is_down.add("score" if name == "serving" else "ingestion")
    answer = await post(operations, f"/{incident_id}/switches", {"switch": switch})
    assert (answer.status_code, answer.json()["status"]) == (207, "incomplete")


async def test_a_drill_stops_no_service(operations: Operations, upstreams: Upstreams) -> None:
    incident_id = await opened(operations, is_drill=True)
    answer = await post(operations, f"/{incident_id}/switches", {"switch": "stop_serving"})
    assert (answer.json()["status"], answer.json()["switched_off"]) == ("simulated", ["serving"])
    assert upstreams.switches == {}


async def test_who_may_not_switch_off_stops_no_service_for_an_incident_either(
    operations: Operations, upstreams: Upstreams
) -> None:
    incident_id = await opened(operations)
    answer = await operations.post("legal-1", f"/v1/admin/incidents/{incident_id}/switches", {"switch": "stop_serving"})
    assert answer.status_code == 403
    assert upstreams.switches == {}
