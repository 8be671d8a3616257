"""Off by one person, at once; on again by two; both on record."""

import pytest

from ..conftest import Operations, Upstreams

SWITCHES = "/v1/admin/switches"
WHY = {"reason": "breach", "ticket": "SEC-17"}


@pytest.mark.parametrize("target", ["serving", "ingestion"])
async def test_one_person_switches_off_and_two_switch_on(
    operations: Operations, upstreams: Upstreams, target: str
) -> None:
    off = await operations.post("audit-1", f"{SWITCHES}/{target}/off", WHY)
    assert (off.status_code, off.json()["is_off"]) == (200, True)
    assert (upstreams.switches[target]["by"], upstreams.switches[target]["reason"]) == ("audit-1", "breach")

    requested = await operations.post("audit-1", f"{SWITCHES}/{target}/on", {"reason": "resolved", "ticket": "SEC-17"})

    assert upstreams.switches[target]["is_off"] is True
    assert (await operations.approve("audit-1", requested)).json()["code"] == "SECOND_OPERATOR_REQUIRED"
    assert (await operations.approve("ops-1", requested)).status_code == 403
    assert (await operations.approve("super-1", requested)).json()["result"] == {"target": target, "is_off": False}
    assert upstreams.switches[target]["is_off"] is False
    events = [event for event in await operations.events() if event["action"] == "service_switched"]
    assert [(event["actor"], event["outcome"], event["details"]["is_off"]) for event in events] == [
        ("audit-1", "requested", "true"),
        ("audit-1", "ok", "true"),
        ("super-1", "requested", "false"),
        ("super-1", "ok", "false"),
    ]
    assert events[-1]["details"]["proposed_by"] == "audit-1"
    async with operations.by("data-1") as client:
        states = (await client.get(SWITCHES)).json()["items"]
    assert {state["target"]: state["is_off"] for state in states} == {"serving": False, "ingestion": False}


async def test_an_owner_that_is_away_is_a_503_and_the_attempt_is_on_record(
    operations: Operations, upstreams: Upstreams
) -> None:
    upstreams.is_down.add("score")
    assert (await operations.post("audit-1", f"{SWITCHES}/serving/off", WHY)).status_code == 503
    assert [row[2] for row in await operations.audited() if row[0] == "service_switched"] == ["requested", "refused"]


async def test_the_switch_of_an_owner_that_is_away_is_unknown_and_the_other_is_shown(
    operations: Operations, upstreams: Upstreams
) -> None:
    await operations.post("audit-1", f"{SWITCHES}/ingestion/off", WHY)
    upstreams.is_down.add("score")
    async with operations.by("data-1") as client:
        answer = await client.get(SWITCHES)
    assert answer.status_code == 200
    assert {item["target"]: item["is_off"] for item in answer.json()["items"]} == {"serving": None, "ingestion": True}


@pytest.mark.parametrize(("by", "state"), [("audit-1", "withdrawn"), ("super-1", "rejected")])
async def test_a_new_off_ends_the_open_request_to_switch_on_of_that_target_alone(
    operations: Operations, upstreams: Upstreams, by: str, state: str
) -> None:
    why = {"reason": "resolved", "ticket": "SEC-17"}
    requested = await operations.post("audit-1", f"{SWITCHES}/serving/on", why)
    other = await operations.post("audit-1", f"{SWITCHES}/ingestion/on", why)

    await operations.post(by, f"{SWITCHES}/serving/off", WHY)

    assert (await operations.approve("super-2", requested)).json()["code"] == "APPROVAL_CONFLICT"
    assert upstreams.switches["serving"]["is_off"] is True
    async with operations.by("super-2") as client:
        ended = (await client.get(f"/v1/admin/approvals/{requested.json()['approval_id']}")).json()
    assert (ended["state"], ended["closed_by"], ended["close_reason"]) == (state, by, "switched_off")
    closed = [event for event in await operations.events() if event["action"] == "approval_closed"]
    assert [(event["subject"], event["details"]["why"]) for event in closed] == [
        (requested.json()["approval_id"], "switched_off")
    ]
    assert (await operations.approve("super-2", other)).json()["state"] == "executed"


@pytest.mark.parametrize("body", [{}, WHY | {"ticket": "9800000001"}, WHY | {"reason": "x"}, WHY | {"is_off": True}])
async def test_a_malformed_order_switches_nothing(
    operations: Operations, upstreams: Upstreams, body: dict[str, str]
) -> None:
    assert (await operations.post("audit-1", f"{SWITCHES}/serving/off", body)).status_code == 400
    assert (await operations.post("audit-1", f"{SWITCHES}/everything/off", WHY)).status_code == 400
    assert upstreams.switches == {}


async def test_a_distributor_is_suspended_and_let_in_again_by_two(partners: Operations, upstreams: Upstreams) -> None:
    base = "/v1/admin/distributors/dist_north"
    requested = await partners.post("ops-1", f"{base}/suspend", {"reason": "compromise"})
    assert upstreams.suspended == set()
    assert (await partners.approve("ops-2", requested)).json()["state"] == "executed"
    assert upstreams.suspended == {"dist_north"}
    await partners.approve("ops-1", await partners.post("ops-2", f"{base}/reactivate", {"reason": "resolved"}))
    assert upstreams.suspended == set()
    assert [row for row in await partners.audited() if row[0] == "distributor_suspended"] == [
        ("distributor_suspended", "ops-2", "requested"),
        ("distributor_suspended", "ops-2", "ok"),
    ]
