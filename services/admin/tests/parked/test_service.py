"""What services set aside is listed and looked at by operations, masked, and each look is audited."""

import pytest

from ..conftest import Operations, Upstreams
from ..switched import EVENT, SUMMARY
from ..upstreams import PARKED_OWNERS

PARKED = "/v1/admin/parked-events"
LOOK = "parked_events_read"


async def looks(operations: Operations) -> list[tuple[str, str, dict[str, str]]]:
    """Audited looks at what is set aside."""
    entries = [entry for entry in await operations.events() if entry["action"] == LOOK]
    return [(entry["actor"], entry["subject"], entry["details"]) for entry in entries]


@pytest.mark.parametrize("service", PARKED_OWNERS)
async def test_what_a_service_set_aside_is_shown_without_its_content(operations: Operations, service: str) -> None:
    async with operations.by("ops-1") as client:
        page = (await client.get(f"{PARKED}/{service}?kind=waiting&limit=1")).json()
        event = (await client.get(f"{PARKED}/{service}/7")).json()
        assert (await client.get(f"{PARKED}/{service}/8")).status_code == 404
    assert (page["items"], page["has_more"], event) == ([EVENT], True, EVENT)
    assert await looks(operations) == [
        ("ops-1", service, {"kind": "waiting"}),
        ("ops-1", service, {"number": "7"}),
        ("ops-1", service, {"number": "8"}),
    ]


@pytest.mark.parametrize("silent", PARKED_OWNERS)
async def test_a_service_that_does_not_answer_hides_no_other(
    operations: Operations, upstreams: Upstreams, silent: str
) -> None:
    upstreams.is_down.add(silent)
    async with operations.by("ops-1") as client:
        items = (await client.get(PARKED)).json()["items"]
    unknown = {"waiting": None, "refused": None, "oldest_at": None}
    expected = {owner: SUMMARY | {"state": "answers"} for owner in PARKED_OWNERS}
    expected |= {"admin": {"state": "answers", "waiting": 0, "refused": 0, "oldest_at": None}}
    expected |= {silent: unknown | {"state": "silent"}}
    expected |= {name: unknown | {"state": "consumes_nothing"} for name in ("ingestion", "portal")}
    expected |= {name: unknown | {"state": "sets_nothing_aside"} for name in ("audit", "pipeline", "vault")}
    assert {item.pop("service"): item for item in items} == expected
    assert await looks(operations) == [("ops-1", "all", {})]


async def test_admins_own_are_read_from_its_database(operations: Operations) -> None:
    async with operations.by("ops-1") as client:
        assert (await client.get(f"{PARKED}/admin")).json() == {"items": [], "has_more": False}
        assert (await client.get(f"{PARKED}/admin/1")).status_code == 404
        assert (await client.get(f"{PARKED}/vault")).status_code == 400


ORDER_ID = "7f0f6d0e-6a55-4b8e-9a39-5a2f6f5d1c77"
ORDERED = {"X-Request-ID": ORDER_ID}
TICKET = {"ticket": "OPS-17"}


@pytest.mark.parametrize("service", PARKED_OWNERS)
async def test_a_dry_run_and_then_a_replay_are_ordered_of_the_owner_and_audited(
    operations: Operations, service: str
) -> None:
    async with operations.by("ops-1") as client:
        assert (await client.post(f"{PARKED}/{service}/7/replay", json=TICKET)).status_code == 409
        trial = await client.post(f"{PARKED}/{service}/7/dry-run", json=TICKET, headers=ORDERED)
        replay = await client.post(f"{PARKED}/{service}/7/replay", json=TICKET)
        state = await client.get(f"{PARKED}/{service}/orders/{ORDER_ID}")
        unknown = await client.get(f"{PARKED}/{service}/orders/{ORDER_ID[:-1]}0")
    assert (trial.status_code, replay.status_code, state.json()) == (202, 202, trial.json())
    assert (trial.json()["order_id"], trial.json()["operator"], trial.json()["ticket"]) == (ORDER_ID, "ops-1", "OPS-17")
    assert unknown.status_code == 404
    orders = [entry for entry in await operations.events() if entry["action"] == "parked_event_ordered"]
    assert [(entry["actor"], entry["subject"], entry["details"]["order"]) for entry in orders] == [
        ("ops-1", service, "replay"),
        ("ops-1", service, "dry_run"),
        ("ops-1", service, "replay"),
    ]
    assert orders[1]["details"] | {"confirmation": ""} == {
        "order_id": ORDER_ID,
        "number": "7",
        "order": "dry_run",
        "ticket": "OPS-17",
        "confirmation": "",
    }


async def test_whoever_waits_for_their_own_order_leaves_one_entry_and_others_one_each_time(
    operations: Operations,
) -> None:
    async with operations.by("ops-1") as client:
        await client.post(f"{PARKED}/webhook/7/dry-run", json=TICKET, headers=ORDERED)
        for _ in range(3):
            assert (await client.get(f"{PARKED}/webhook/orders/{ORDER_ID}")).status_code == 200
        await client.get(f"{PARKED}/webhook/orders/{ORDER_ID[:-1]}0")
    async with operations.by("ops-2") as client:
        for _ in range(2):
            assert (await client.get(f"{PARKED}/webhook/orders/{ORDER_ID}")).status_code == 200
    orders = [entry["actor"] for entry in await operations.events() if entry["action"] == "parked_event_ordered"]
    assert orders == ["ops-1"]
    assert await looks(operations) == [
        ("ops-1", "webhook", {"order_id": f"{ORDER_ID[:-1]}0"}),
        *[("ops-2", "webhook", {"order_id": ORDER_ID})] * 2,
    ]


async def test_admins_own_are_ordered_in_its_database(operations: Operations) -> None:
    statement = (
        'INSERT INTO parked (topic, key, partition, "offset", reason, raw) '
        "VALUES ('altscore.anomaly', 'k', 0, 1, 'unknown schema id', 'x') RETURNING id"
    )
    event = await operations.pool.fetchval(statement)
    async with operations.by("ops-1") as client:
        trial = await client.post(f"{PARKED}/admin/{event}/dry-run", json=TICKET, headers=ORDERED)
        again = await client.post(f"{PARKED}/admin/{event}/dry-run", json=TICKET, headers=ORDERED)
        other = await client.post(f"{PARKED}/admin/{event}/dry-run", json=TICKET)
        replay = await client.post(f"{PARKED}/admin/{event}/replay", json=TICKET)
        state = await client.get(f"{PARKED}/admin/orders/{ORDER_ID}")
        gone = await client.post(f"{PARKED}/admin/{event + 1}/dry-run", json=TICKET)
    assert trial.json() == again.json() == state.json()
    assert [answer.status_code for answer in (trial, again, other, replay, gone)] == [202, 202, 409, 409, 404]


@pytest.mark.parametrize("body", [{}, {"ticket": "see mail"}, {"ticket": "OPS-17", "operator": "ops-2"}])
async def test_an_order_without_a_ticket_or_in_the_name_of_another_is_refused(
    operations: Operations, body: dict[str, str]
) -> None:
    async with operations.by("ops-1") as client:
        assert (await client.post(f"{PARKED}/score/7/replay", json=body)).status_code == 400
        assert (await client.post(f"{PARKED}/score/7/dry-run", json=body)).status_code == 400
