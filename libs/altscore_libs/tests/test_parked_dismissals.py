"""A dismissed event stays provable and never applies; two persons dismiss what changes what somebody may see or do."""

import asyncio
import hashlib
import json
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.decoding import RawMessage
from altscore_libs.errors import Conflict, NotFound
from altscore_libs.events import SchemaCatalog
from altscore_libs.parked_dismissals import Dismissal
from altscore_libs.parked_orders import ORDERS_KEPT, OrderWorker, ParkedOrder, order_retention, place, read
from altscore_libs.state_gauges import INBOX_MEASURES, StateGauges
from altscore_libs.testing import SCHEMAS
from prometheus_client import CollectorRegistry

from .test_parked import AT, BEHIND, TOPIC, Service

TRIAL = ParkedOrder(UUID(int=1), event=0, action="dry_run", operator="ops-1", ticket="OPS-7")
REPLAY = TRIAL._replace(order_id=UUID(int=3), action="replay")
DISMISSAL = TRIAL._replace(order_id=UUID(int=2), action="dismiss", reason="superseded")


@pytest.fixture
def service(pool: asyncpg.Pool, catalogue: SchemaCatalog) -> Service:
    return Service(pool, catalogue)


def dismissal(number: int, event: int, **change: object) -> ParkedOrder:
    """An order to dismiss the event of this number by one person, who looked at it."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return DISMISSAL._replace(**{"event": event, "sha256": digest} | change)  # type: ignore[arg-type]  # of fields


async def carry_out(service: Service, order: ParkedOrder) -> tuple[str | None, bool | None]:
    """Places an order and lets the worker come to it; its outcome, and whether two persons must dismiss the event."""
    await place(service.pool, order)
    await OrderWorker(service.parked).step()
    state = await read(service.pool, order.order_id)
    assert state is not None
    return state["outcome"], state["changes_access"]


async def redelivered(service: Service, number: int) -> bool:
    """Whether a message is applied that the broker hands out again, in either way in which it is read."""
    raw = RawMessage(topic=TOPIC, partition=0, offset=number, key="k", value=str(number).encode())
    await service.consumer._apply_batch([raw])
    await service.consumer.apply(await service.decoder.decode(raw), raw=raw)
    return number in service.applied


async def test_a_dismissal_follows_a_look_at_the_very_event(service: Service) -> None:
    event = await service.park(1, "k")
    with pytest.raises(NotFound):
        await place(service.pool, dismissal(1, event + 1))
    with pytest.raises(Conflict):
        await place(service.pool, dismissal(1, event))
    assert await carry_out(service, TRIAL._replace(event=event)) == ("would_apply", False)
    service.applied.clear()
    with pytest.raises(Conflict):
        await place(service.pool, dismissal(2, event))
    await service.pool.execute("UPDATE parked_order SET done_at = done_at - interval '16 minutes'")
    with pytest.raises(Conflict):
        await place(service.pool, dismissal(1, event))
    assert await carry_out(service, TRIAL._replace(order_id=UUID(int=4), event=event)) == ("would_apply", False)
    assert await carry_out(service, dismissal(1, event)) == ("dismissed", None)


async def test_who_dismissed_what_and_why_is_kept_beside_the_event_and_audited_with_it(service: Service) -> None:
    event, behind = await service.park(1, "k"), await service.park(2, "k", BEHIND)
    await carry_out(service, TRIAL._replace(event=event))
    await carry_out(service, dismissal(1, event))
    kept = await service.pool.fetchval("SELECT dismissal FROM parked WHERE id = $1", event)
    entry = service.catalogue.decode("audit_event", await service.pool.fetchval("SELECT payload FROM outbox"))
    details = {"ticket": "OPS-7", "event": "counted", "sha256": dismissal(1, 0).sha256, "why": "superseded"}
    assert (entry["action"], entry["actor"], entry["subject"]) == ("parked_event_dismissed", "ops-1", f"{TOPIC}/0/1")
    assert (entry["details"], entry["reason"]) == (details, "SUPERSEDED")
    assert json.loads(kept) == details | {"operator": "ops-1"}
    assert [row["id"] for row in await service.parked.listed()] == [behind]
    with pytest.raises(ValueError, match="audit_event"):
        await service.parked.dismiss(Dismissal(behind, operator="ops-1", ticket=None, reason="drill"))  # type: ignore[arg-type]  # no entry can say this
    assert (await service.replay(event=behind)).applied == 1


async def test_a_dismissed_event_is_applied_by_no_copy_of_it_and_by_no_second_reading(service: Service) -> None:
    readable, unreadable, copy = [await service.park(number, str(number)) for number in (1, 2, 3)]
    await service.pool.execute("UPDATE parked SET raw = '1' WHERE id = $1", copy)
    service.decoder.unreadable.add(2)
    assert await service.dismiss(readable) == "dismissed"
    assert await service.dismiss(unreadable, proposed_by="ops-2") == "dismissed"
    service.decoder.unreadable.clear()
    assert [await redelivered(service, number) for number in (1, 2)] == [False, False]
    assert (await service.replay(event=copy)).applied == 1
    assert service.applied == []
    assert await redelivered(service, 4)


async def test_what_cannot_be_read_where_events_change_access_is_dismissed_by_two_persons(service: Service) -> None:
    event = await service.park(1, "k")
    service.decoder.unreadable.add(1)
    assert await carry_out(service, TRIAL._replace(event=event)) == ("would_be_refused", True)
    for proposed_by in (None, "ops-1"):
        with pytest.raises(Conflict):
            await place(service.pool, dismissal(1, event, proposed_by=proposed_by))
    await service.pool.execute("UPDATE parked_order SET done_at = done_at - interval '16 minutes'")
    assert await carry_out(service, dismissal(1, event, proposed_by="ops-2")) == ("dismissed", None)


async def test_the_owner_of_the_event_lets_no_one_person_dismiss_it_whatever_was_ordered(service: Service) -> None:
    event = await service.park(1, "k")
    await carry_out(service, TRIAL._replace(event=event))
    service.decoder.unreadable.add(1)
    assert await carry_out(service, dismissal(1, event)) == ("needs_two_persons", None)
    assert [row["id"] for row in await service.parked.listed()] == [event]
    assert await service.audited() == [("ops-1", f"{TOPIC}/0/1", "refused")]


async def test_without_the_registry_nothing_is_dismissed(service: Service) -> None:
    event = await service.park(1, "k")
    await carry_out(service, TRIAL._replace(event=event))
    service.decoder.is_reachable = False
    assert await carry_out(service, dismissal(1, event)) == ("unavailable", None)
    assert [row["id"] for row in await service.parked.listed()] == [event]


async def test_of_sixteen_replays_and_dismissals_at_once_one_is_carried_out(service: Service) -> None:
    event = await service.park(1, "k")
    await carry_out(service, TRIAL._replace(event=event))
    service.applied.clear()
    orders = [
        (dismissal(1, event) if number % 2 else REPLAY._replace(event=event))._replace(order_id=UUID(int=10 + number))
        for number in range(16)
    ]
    answers = await asyncio.gather(*(place(service.pool, order) for order in orders), return_exceptions=True)
    assert {type(answer) for answer in answers} <= {dict, Conflict, NotFound}
    await asyncio.gather(*(OrderWorker(service.parked).step() for _ in range(8)), service.dismiss(event))
    outcomes = await service.pool.fetch("SELECT outcome FROM parked_order WHERE action <> 'dry_run'")
    is_dismissed = await service.pool.fetchval("SELECT dismissal IS NOT NULL FROM parked WHERE id = $1", event)
    assert len(service.applied) + is_dismissed == 1
    assert len(await service.audited()) == 1
    assert {row["outcome"] for row in outcomes} <= {"applied", "dismissed", "gone"}


async def test_orders_go_when_their_time_is_over_and_the_dismissal_stays(service: Service) -> None:
    event, other = await service.park(1, "k"), await service.park(2, "l")
    await carry_out(service, TRIAL._replace(event=event))
    await carry_out(service, dismissal(1, event))
    await service.pool.execute("UPDATE parked_order SET done_at = $1", AT - ORDERS_KEPT - timedelta(seconds=1))
    await carry_out(service, TRIAL._replace(order_id=UUID(int=8), event=other))
    await place(service.pool, TRIAL._replace(order_id=UUID(int=9), event=other))
    await order_retention(service.pool, FixedClock(AT)).step()
    gauges, registry = StateGauges(service.pool, INBOX_MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    counts = [registry.get_sample_value("altscore_parked_orders", {"state": state}) for state in ("open", "done")]
    assert counts == [1, 1]
    assert await service.pool.fetchval("SELECT dismissal IS NOT NULL FROM parked WHERE id = $1", event)


def test_consents_blocks_models_and_erasures_change_access_and_scores_do_not() -> None:
    catalogue = SchemaCatalog.load(SCHEMAS)
    changing = {name for name in catalogue.names() if catalogue.changes_access(catalogue.topic_of(name), name)}
    consents = {name for name in catalogue.names() if name.startswith("consent.")}
    assert changing == consents | {"score.blocked", "model.promoted", "model.decided", "retailer.erased"}
    assert catalogue.changes_access("altscore.scores", None)
    assert not catalogue.changes_access("altscore.audit", None)
