"""Expiry: what is due ends once, and is announced."""

from datetime import UTC, datetime, timedelta

import pytest
from altscore_libs.instants import last_day_before

from ..conftest import CONTACT, LENDERS, PURPOSE, RETAILER, World, expiry_of


async def test_expiry_ends_consents_and_invites_once_and_announces_them(world: World) -> None:
    record = await world.granted()
    await world.invite(purpose="trade_credit")
    world.clock.advance(seconds=timedelta(days=366).total_seconds())
    assert await world.expiry.expire_due() == 2
    assert await world.expiry.expire_due() == 0
    name, data = (await world.events())[-1]
    assert (name, data["consent_id"]) == ("consent.expired", record.consent_id)
    result = await world.services.checks.check(RETAILER, LENDERS[0], PURPOSE)
    assert (result.is_consented, result.reason) == (False, "expired")


async def test_an_expiry_is_told_to_the_phone_that_consented(world: World) -> None:
    await world.granted()
    world.clock.advance(seconds=timedelta(days=366).total_seconds())
    assert await world.expiry.expire_due() == 1
    name, data = (await world.events())[-1]
    assert (name, data["contact_ref"]) == ("consent.expired", CONTACT)


async def test_a_step_asks_for_more_only_when_a_whole_batch_was_due(world: World) -> None:
    expiry = expiry_of(world, batch_size=1)
    await world.granted()
    world.clock.advance(seconds=timedelta(days=366).total_seconds())
    assert await expiry.step()
    assert not await expiry.step()


LAST_SECOND, END = datetime(2027, 5, 20, 18, 29, 59, tzinfo=UTC), datetime(2027, 5, 20, 18, 30, tzinfo=UTC)


async def at(world: World, moment: datetime) -> tuple[bool, bool, list[str], int]:
    """What check, bulk check and snapshot say then, and how many the worker ends."""
    world.clock.advance(seconds=(moment - world.clock.now()).total_seconds())
    checks = world.services.checks
    bulk = await checks.check_bulk([RETAILER], actor="scoring")
    page = await checks.snapshot(None, 10, actor="pipeline")
    listed = [retailer for retailer, _ in page.retailers]
    return await world.is_consented(), bulk[RETAILER][0], listed, await world.expiry.expire_due()


async def test_a_consent_holds_until_the_named_day_in_india_is_over_everywhere(world: World) -> None:
    record = await world.granted()
    [(_, granted)] = [event for event in await world.events() if event[0] == "consent.granted"]
    assert last_day_before(granted["expires_at"]).isoformat() == "2027-05-20", "what the confirmation names"
    assert await at(world, LAST_SECOND) == (True, True, [RETAILER], 0)
    assert await at(world, END) == (False, False, [], 1)
    name, data = (await world.events())[-1]
    assert (name, data["consent_id"]) == ("consent.expired", record.consent_id)


@pytest.mark.parametrize(("sent", "last_day"), [(LAST_SECOND, "2028-05-20"), (END, "2028-05-21")])
async def test_the_day_of_the_answer_is_the_day_in_india(world: World, sent: datetime, last_day: str) -> None:
    world.clock.advance(seconds=(sent - world.clock.now()).total_seconds())
    await world.granted()
    [(_, granted)] = [event for event in await world.events() if event[0] == "consent.granted"]
    assert last_day_before(granted["expires_at"]).isoformat() == last_day
    assert granted["expires_at"].time().isoformat() == "18:30:00"
