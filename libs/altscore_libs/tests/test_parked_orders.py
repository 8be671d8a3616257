"""Orders about what is set aside: placed once, tried before they change anything, carried out once by the worker."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from altscore_libs.errors import AltScoreError, Conflict, NotFound
from altscore_libs.events import SchemaCatalog
from altscore_libs.parked_orders import Action, OrderWorker, ParkedOrder, outline, place, read

from .test_parked import AT, BEHIND, Service


@pytest.fixture
def service(pool: asyncpg.Pool, catalogue: SchemaCatalog) -> Service:
    return Service(pool, catalogue)


def order(number: int, event: int, action: Action = "dry_run") -> ParkedOrder:
    return ParkedOrder(order_id=UUID(int=number), event=event, action=action, operator="ops-1", ticket="OPS-7")


async def carried_out(service: Service, wanted_order: ParkedOrder) -> tuple[str, int, int]:
    """Places an order and lets the worker come to it."""
    await place(service.pool, wanted_order)
    assert await OrderWorker(service.parked).step()
    state = await read(service.pool, wanted_order.order_id)
    assert state is not None
    return state["outcome"], state["applied"], state["refused"]


async def test_a_replay_after_its_dry_run_applies_the_event_and_what_waits_behind_it(service: Service) -> None:
    event = await service.park(1, "k")
    await service.park(2, "k", BEHIND)
    assert await carried_out(service, order(1, event)) == ("would_apply", 1, 0)
    assert (service.applied, await service.pool.fetchval("SELECT count(*) FROM inbox")) == ([1], 0)
    assert await carried_out(service, order(2, event, "replay")) == ("applied", 2, 0)
    assert await service.audited() == [("ops-1", "altscore.consent/0/1", "ok"), ("ops-1", "altscore.consent/0/2", "ok")]
    assert not await OrderWorker(service.parked).step()


async def test_a_replay_without_a_dry_run_that_went_well_is_refused(service: Service) -> None:
    event = await service.park(1, "k")
    with pytest.raises(Conflict):
        await place(service.pool, order(1, event, "replay"))
    service.decoder.unreadable.add(1)
    assert await carried_out(service, order(2, event)) == ("would_be_refused", 0, 1)
    with pytest.raises(Conflict):
        await place(service.pool, order(3, event, "replay"))


async def test_a_dry_run_of_long_ago_or_before_another_replay_counts_no_more(service: Service) -> None:
    event = await service.park(1, "k")
    await carried_out(service, order(1, event))
    await service.pool.execute("UPDATE parked_order SET done_at = done_at - interval '16 minutes'")
    with pytest.raises(Conflict):
        await place(service.pool, order(2, event, "replay"))
    await carried_out(service, order(3, event))
    service.decoder.unreadable.add(1)
    assert await carried_out(service, order(4, event, "replay")) == ("refused", 0, 1)
    assert [row["reason"] for row in await service.parked.listed()] == ["replayed and failed: PoisonEvent"]
    with pytest.raises(Conflict):
        await place(service.pool, order(5, event, "replay"))


async def test_the_same_order_is_placed_once_and_another_under_its_number_is_refused(service: Service) -> None:
    event, other = await service.park(1, "k"), await service.park(2, "l")
    first = await place(service.pool, order(1, event))
    assert await place(service.pool, order(1, event)) == first
    with pytest.raises(Conflict):
        await place(service.pool, order(1, other))
    with pytest.raises(Conflict):
        await place(service.pool, order(2, event))
    with pytest.raises(NotFound):
        await place(service.pool, order(3, other + 1))


async def test_of_sixteen_replays_at_once_the_event_is_applied_once(service: Service) -> None:
    event = await service.park(1, "k")
    await carried_out(service, order(1, event))
    service.applied.clear()
    orders = [order(10 + number % 8, event, "replay") for number in range(16)]
    answers = await asyncio.gather(*(place(service.pool, item) for item in orders), return_exceptions=True)
    assert {type(answer) for answer in answers} <= {dict, Conflict}
    await asyncio.gather(*(OrderWorker(service.parked).step() for _ in range(4)))
    assert await service.pool.fetchval("SELECT count(*) FROM parked_order WHERE action = 'replay'") == 1
    assert (service.applied, await service.parked.listed()) == ([1], [])


async def test_while_the_registry_is_away_an_order_ends_and_the_next_does_not_wait_for_it(service: Service) -> None:
    event = await service.park(1, "k")
    service.decoder.is_reachable = False
    assert await carried_out(service, order(1, event)) == ("unavailable", 0, 0)
    service.decoder.is_reachable = True
    assert await carried_out(service, order(2, event)) == ("would_apply", 1, 0)


async def test_an_event_that_was_put_away_meanwhile_is_gone(service: Service) -> None:
    event = await service.park(1, "k")
    await place(service.pool, order(1, event))
    assert await service.dismiss(event) == "dismissed"
    assert await OrderWorker(service.parked).step()
    state = await read(service.pool, UUID(int=1))
    assert state is not None
    assert state["outcome"] == "gone"
    with pytest.raises(AltScoreError):
        await place(service.pool, order(2, event))


async def test_a_dry_run_shows_the_form_of_a_message_and_why_it_cannot_be_applied(service: Service) -> None:
    event = await service.park(1, "k")
    await carried_out(service, order(1, event))
    state = await read(service.pool, UUID(int=1))
    assert state is not None
    assert state["content"]["event"] == "counted"
    assert state["content"]["data"] == {"number": "<number>"}
    service.decoder.unreadable.add(1)
    await carried_out(service, order(2, event))
    state = await read(service.pool, UUID(int=2))
    assert state is not None
    assert state["content"] == {"error": "PoisonEvent"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ret_0123456789abcdef", "<ret>"),
        ("asha", "<text of 4>"),
        ("<script>", "<text of 8>"),
        (
            {"amount_inr": 125000, "at": AT, "Asha 98": True},
            {"amount_inr": "<number>", "at": "<instant>", "<text of 7>": True},
        ),
        ([None, 2.5, "x"], [None, "<number>", "<text of 1>"]),
    ],
    ids=str,
)
def test_of_what_fields_say_nothing_is_shown(value: object, shown: object) -> None:
    assert outline(value) == shown
