"""Fair use: every disclosure counts once, for the lender it was made to, inside the period that the consent allows."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from altscore_consent.checks.domain import CheckResult
from altscore_consent.usage.domain import is_use
from altscore_consent.usage.events import UsageMeter
from altscore_libs.consumer import PoisonEvent, RawMessage, Received
from altscore_libs.db import transaction
from altscore_libs.poison import Isolation, Parking

from ..conftest import LENDERS, PURPOSE, RETAILER, World

LIMIT, PERIOD = 30, timedelta(days=30)
FIRST = UUID(int=0)


def used(consent_id: str, at: datetime, **change: Any) -> Received:
    data = {
        "action": "score_requested",
        "actor": LENDERS[0],
        "outcome": "served",
        "subject": RETAILER,
        "details": {"consent_id": consent_id, "purpose": PURPOSE},
    }
    envelope: dict[str, Any] = {"event_id": uuid4(), "producer": "score"}
    envelope |= {name: change.pop(name) for name in list(change) if name in envelope}
    return Received(
        name="audit_event",
        topic="altscore.audit",
        key="k",
        occurred_at=at,
        producer_seq=1,
        data=data | change,
        **envelope,
    )


class Ready:
    """Hands out events by the offset of their message; one that is not there is poison."""

    def __init__(self, *events: Received) -> None:
        self._events = events

    async def decode(self, raw: RawMessage) -> Received:
        if raw.offset >= len(self._events):
            raise PoisonEvent("no event")
        return self._events[raw.offset]


async def arrive(world: World, *events: Received, extra: int = 0) -> None:
    batch = [
        RawMessage(topic="altscore.audit", partition=0, offset=offset, key="k", value=b"")
        for offset in range(len(events) + extra)
    ]
    meter = UsageMeter(world.pool, Ready(*events), facts=world.verifier.facts, clock=world.clock)
    await Isolation(meter.count, Parking(world.pool).park).handle(batch)  # as the worker's consumer of batches does


async def check(world: World, lender: str = LENDERS[0], purpose: str | None = PURPOSE) -> CheckResult:
    return await world.services.checks.check(RETAILER, lender, purpose)


async def test_beyond_fair_use_the_check_says_no_for_that_lender_and_the_others_go_on(world: World) -> None:
    record = await world.granted()
    await arrive(world, *(used(record.consent_id, world.clock.now()) for _ in range(LIMIT - 1)))
    assert (await check(world)).is_consented
    await arrive(world, used(record.consent_id, world.clock.now()))
    result = await check(world)
    assert (result.is_consented, result.reason, result.consent_id) == (False, "fair_use", None)
    assert (await check(world, purpose=None)).reason == "fair_use"
    assert (await check(world, LENDERS[1])).is_consented


async def test_an_old_use_no_longer_counts_when_the_period_has_passed_it(world: World) -> None:
    record = await world.granted()
    start = world.clock.now()
    await arrive(world, *(used(record.consent_id, start + timedelta(hours=n)) for n in range(LIMIT)))
    world.clock.advance(seconds=(PERIOD - timedelta(seconds=1)).total_seconds())
    assert not (await check(world)).is_consented
    world.clock.advance(seconds=1)
    assert (await check(world)).is_consented


async def test_a_use_that_was_set_aside_is_counted_once_when_it_is_replayed(world: World) -> None:
    record = await world.granted()
    meter = UsageMeter(world.pool, Ready(), facts=world.verifier.facts, clock=world.clock)
    event = used(record.consent_id, world.clock.now())
    for _ in range(2):
        async with transaction(world.pool) as connection:
            await meter.handlers()["audit_event"](connection, event)
    assert await world.pool.fetchval("SELECT count(*) FROM consent_uses") == 1


async def test_a_redelivered_event_and_an_unreadable_one_change_nothing(world: World) -> None:
    record = await world.granted()
    events = [used(record.consent_id, world.clock.now()) for _ in range(LIMIT - 1)]
    for _ in range(3):
        await arrive(world, *events, *events, extra=2)
    assert (await check(world)).is_consented
    assert await world.pool.fetchval("SELECT count(*) FROM consent_uses") == LIMIT - 1
    assert await world.pool.fetchval("SELECT array_agg(reason) FROM parked") == ["no event", "no event"]


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "replayed"},
        {"outcome": "refused"},
        {"action": "identity_lookup"},
        {"producer": "admin"},
        {"details": {}},
    ],
    ids=str,
)
def test_only_a_disclosure_of_the_score_service_is_a_use(change: dict[str, Any]) -> None:
    now = datetime.fromisoformat("2026-05-20T08:00:00+00:00")
    use, other = used("cns_1", now, event_id=FIRST), used("cns_1", now, **change)
    assert is_use(use.producer, use.data)
    assert not is_use(other.producer, other.data)


async def test_uses_of_an_ended_consent_do_not_weigh_on_the_next_one(world: World) -> None:
    record = await world.granted()
    await arrive(world, *(used(record.consent_id, world.clock.now()) for _ in range(LIMIT)))
    world.clock.advance(seconds=1)
    await world.nahi(world.clock.now())
    world.clock.advance(seconds=1)
    invite = await world.invite()
    await world.haan(invite, world.clock.now(), "again")
    assert (await check(world)).is_consented


async def test_fair_use_is_the_lenders_matter_and_no_reason_to_stop_scoring(world: World) -> None:
    record = await world.granted()
    events = [used(record.consent_id, world.clock.now(), actor=lender) for lender in LENDERS for _ in range(LIMIT)]
    await arrive(world, *events)
    assert (await world.services.checks.check_bulk([RETAILER], actor="scoring"))[RETAILER][0]
    assert len((await world.services.checks.snapshot(None, 10, actor="pipeline")).retailers) == 1
