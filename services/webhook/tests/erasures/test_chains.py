"""However often somebody changed number or user id, an erasure finds every one of them."""

from itertools import pairwise, permutations

import pytest
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from altscore_libs.testing_erasures import erased_event
from altscore_webhook.erasures.events import ErasureEvents

from ..conftest import CATALOG, NOW, OTHER, PHONE, RETAILER, World, delivery

VAULT = SoftwareSigner("erasure-signing")
PHONES = [PHONE, "919800000011", "919800000012", "919800000013"]
CHANGES = list(pairwise(PHONES))


async def changed(world: World, former: str, number: str) -> None:
    """A system message: who had this number has another one."""
    world.clock.advance(seconds=1)
    content = {"type": "user_changed_number", "wa_id": number, "body": "x"}
    body = delivery(**{"from": former, "id": f"wamid.{former}", "type": "system", "system": content})
    assert (await world.deliver(body)).status_code == 200
    await world.queue.work_once()


async def erase(world: World, *retailer_ids: str) -> None:
    """Applies an erasure of these ids."""
    event = await erased_event(retailer_ids, erased_at=NOW, signer=VAULT)
    events = ErasureEvents(
        VAULT.public_keys(), outbox=Outbox(CATALOG, "webhook", world.clock, mac_key=OUTBOX_KEY), clock=world.clock
    )
    async with world.pool.acquire() as connection, connection.transaction():
        await events.handlers()["retailer.erased"](connection, event)


async def identities(world: World) -> int:
    """How many numbers and user ids are kept with a phone."""
    return int(
        await world.pool.fetchval("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM former_identities)")
    )


@pytest.mark.parametrize("order", list(permutations(CHANGES)), ids=str)
async def test_every_number_of_a_chain_of_four_goes_in_whichever_order_it_was_told(
    world: World, order: tuple[tuple[str, str], ...]
) -> None:
    await world.answer(text="kya", from_user_id="IN.first")
    for former, number in order:
        await changed(world, former, number)
    await world.deliver(delivery(**{"from": PHONES[-1], "id": "wamid.last", "text": "x", "from_user_id": "IN.last"}))
    assert await identities(world) == 2 + len(CHANGES)
    await erase(world, RETAILER)
    assert await identities(world) == 0


async def test_a_chain_of_user_ids_between_two_numbers_goes_too(world: World) -> None:
    await world.answer(text="kya", from_user_id="IN.1")
    for number, (former, current) in enumerate([("IN.2", "IN.3"), ("IN.1", "IN.2")]):
        content = {"type": "user_changed_user_id", "previous_user_id": former, "user_id": current}
        body = delivery(**{"from": None, "id": f"wamid.S{number}", "type": "system", "system": content})
        assert (await world.deliver(body)).status_code == 200
    assert await identities(world) == 3
    await erase(world, RETAILER)
    assert await identities(world) == 0


async def test_a_chain_ends_at_a_phone_that_another_retailer_has(world: World) -> None:
    world.neighbours.phones = {PHONES[0]: [RETAILER], PHONES[1]: [OTHER]}
    await world.answer(text="kya")
    await world.answer(**{"from": PHONES[1], "id": "wamid.2", "text": "kya"})
    for former, number in CHANGES:
        await changed(world, former, number)
    await erase(world, RETAILER)
    assert await identities(world) == 2, "the changes of the other retailer's number"


async def test_numbers_from_before_the_links_are_linked_by_asking_the_vault(world: World) -> None:
    for former, number in CHANGES:
        await changed(world, former, number)
    await world.pool.execute("UPDATE former_identities SET former_phone_hash = NULL")  # as before migration 0006
    await world.pool.execute("DELETE FROM retailer_phones")
    await world.links.link_some()
    assert await world.pool.fetchval("SELECT count(*) FROM retailer_phones") == len(CHANGES)
    await erase(world, RETAILER)
    assert await identities(world) == 0


async def test_a_number_from_before_the_links_that_is_nobodys_goes_after_thirty_days(world: World) -> None:
    world.neighbours.phones = {}
    for former, number in CHANGES:
        await changed(world, former, number)
    await world.pool.execute("UPDATE former_identities SET former_phone_hash = NULL")
    await world.links.link_some()
    assert await identities(world) == len(CHANGES)
    world.clock.advance(seconds=31 * 86_400)
    await world.links.link_some()
    assert await identities(world) == 0
