"""Expiry: what is due ends once, and is announced."""

from datetime import timedelta

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
    expiry = expiry_of(world.pool, world.clock, batch_size=1)
    await world.granted()
    world.clock.advance(seconds=timedelta(days=366).total_seconds())
    assert await expiry.step()
    assert not await expiry.step()
