"""An event is dismissed by one person after a look at it, and by two where its owner says that it changes access."""

from uuid import UUID, uuid4

import httpx
import pytest
from altscore_admin.parked.service import OWNERS

from ..conftest import Operations, Upstreams
from ..switched import EVENT
from ..upstreams import PARKED_OWNERS

PARKED = "/v1/admin/parked-events"
WHY = {"ticket": "OPS-17", "reason": "superseded", "sha256": EVENT["sha256"]}


async def look(operations: Operations, service: str, event: int = 7) -> str:
    """The number of the order of a dry run."""
    answer = await operations.post("ops-1", f"{PARKED}/{service}/{event}/dry-run", {"ticket": "OPS-17"})
    assert answer.status_code == 202
    return str(answer.json()["order_id"])


async def ask(operations: Operations, service: str, event: int = 7, **body: object) -> httpx.Response:
    """A request to dismiss what the dry run of this number has looked at."""
    return await operations.post("ops-1", f"{PARKED}/{service}/{event}/dismissal-requests", WHY | body)


@pytest.mark.parametrize("service", PARKED_OWNERS)
async def test_what_changes_access_is_dismissed_by_the_approval_of_another_person(
    operations: Operations, upstreams: Upstreams, service: str
) -> None:
    assert (await operations.post("ops-1", f"{PARKED}/{service}/7/dismiss", WHY)).status_code == 409
    trial = await look(operations, service)
    assert (await operations.post("ops-1", f"{PARKED}/{service}/7/dismiss", WHY)).status_code == 409
    requested = await ask(operations, service, dry_run_id=trial)
    assert requested.status_code == 202
    assert requested.json()["content"] == WHY | {
        "kind": "parked_dismissal",
        "subject": f"{service}/7",
        "service": service,
        "event": 7,
        "name": "consent.revoked",
        "topic": EVENT["topic"],
    }
    assert (await operations.approve("ops-1", requested)).json()["code"] == "SECOND_OPERATOR_REQUIRED"
    assert list(upstreams.parked_orders) == [trial], "nothing is ordered by one person"
    order_id = str(UUID(hex=requested.json()["approval_id"].removeprefix("apr_")))
    for _ in range(2):
        approved = await operations.approve("super-1", requested)
        assert approved.json()["result"] == {"service": service, "order_id": order_id}
    order = upstreams.parked_orders[order_id]
    assert (order["action"], order["operator"], order["proposed_by"], order["reason"]) == (
        "dismiss",
        "super-1",
        "ops-1",
        "superseded",
    )
    entry = [entry for entry in await operations.events() if entry["action"] == "parked_event_ordered"][-1]
    assert (entry["actor"], entry["subject"]) == ("super-1", service)
    assert entry["details"].items() >= {"order": "dismiss", "proposed_by": "ops-1", "why": "superseded"}.items()


async def test_a_request_is_bound_to_the_event_that_a_dry_run_has_looked_at(
    operations: Operations, upstreams: Upstreams
) -> None:
    assert (await ask(operations, "consent", dry_run_id=str(uuid4()))).status_code == 409
    trial = await look(operations, "consent")
    assert (await ask(operations, "consent", dry_run_id=trial, sha256="1" * 64)).status_code == 409
    assert (await ask(operations, "consent", event=8, dry_run_id=trial)).status_code == 404
    upstreams.parked_orders[trial]["outcome"] = "unavailable"
    assert (await ask(operations, "consent", dry_run_id=trial)).status_code == 409
    assert [row for row in await operations.audited() if row[0] == "approval_requested"] == []


async def test_what_the_owner_refuses_stays_open_and_says_why(operations: Operations, upstreams: Upstreams) -> None:
    requested = await ask(operations, "score", dry_run_id=await look(operations, "score"))
    upstreams.parked_orders.clear()
    assert (await operations.approve("super-1", requested)).status_code == 409
    async with operations.by("ops-1") as client:
        state = (await client.get(f"/v1/admin/approvals/{requested.json()['approval_id']}")).json()
    assert (state["state"], state["failure"]) == ("open", "OWNER_REFUSED")


async def test_admins_own_is_dismissed_by_one_person_in_its_database(operations: Operations) -> None:
    statement = (
        'INSERT INTO parked (topic, key, partition, "offset", reason, raw) '
        "VALUES ('altscore.anomaly', 'k', 0, 1, 'unknown schema id', 'x') RETURNING id"
    )
    event = await operations.pool.fetchval(statement)
    async with operations.by("ops-1") as client:
        sha256 = (await client.get(f"{PARKED}/admin/{event}")).json()["sha256"]
    trial = await look(operations, "admin", event)
    done = "UPDATE parked_order SET done_at = now(), outcome = 'would_be_refused', changes_access = false"
    await operations.pool.execute(done)
    dismissed = await operations.post("ops-1", f"{PARKED}/admin/{event}/dismiss", WHY | {"sha256": sha256})
    assert (dismissed.status_code, dismissed.json()["reason"]) == (202, "superseded")
    other = await ask(operations, "admin", event, dry_run_id=trial, sha256=sha256)
    assert (await operations.approve("super-1", other)).status_code == 409, "an order is open"


@pytest.mark.parametrize("body", [{}, {"reason": "because"}, {"sha256": "x"}, {"proposed_by": "ops-2"}])
async def test_a_dismissal_without_its_reason_or_in_the_name_of_another_is_refused(
    operations: Operations, body: dict[str, str]
) -> None:
    wrong = WHY | body if body else {"ticket": "OPS-17"}
    for owner in OWNERS[:2]:
        assert (await operations.post("ops-1", f"{PARKED}/{owner}/7/dismiss", wrong)).status_code == 400
