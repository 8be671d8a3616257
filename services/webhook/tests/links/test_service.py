"""Phones that only reports of our messages have shown: linked when they are learnt, or asked about, or soon gone."""

from datetime import timedelta

import asyncpg
import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from altscore_libs.testing_erasures import erased_event
from altscore_webhook.erasures.events import ErasureEvents

from ..conftest import CATALOG, INVITE, NOW, OTHER, PHONE, RETAILER, SECOND_PHONE, World, enclose

VAULT = SoftwareSigner("erasure-signing")
USER = "IN.13491208655302741918"
KEPT = timedelta(days=30)


async def reported(
    world: World, callback: str | None, *, phone: str = PHONE, user: str = USER, number: int = 1, **more: str
) -> None:
    """The delivery report of a message of ours, with what it was sent with."""
    status = {"id": f"wamid.OURS{number}", "status": "delivered", "recipient_id": phone, "recipient_user_id": user}
    about = {"biz_opaque_callback_data": callback} if callback is not None else {}
    assert (await world.deliver(enclose(statuses=[status | about | more]))).status_code == 200


async def erase(world: World, *retailer_ids: str) -> None:
    """Applies an erasure of these ids."""
    event = await erased_event(retailer_ids, erased_at=NOW, signer=VAULT)
    events = ErasureEvents(
        VAULT.public_keys(), outbox=Outbox(CATALOG, "webhook", world.clock, mac_key=OUTBOX_KEY), clock=world.clock
    )
    async with world.pool.acquire() as connection, connection.transaction():
        await events.handlers()["retailer.erased"](connection, event)


async def users(pool: asyncpg.Pool) -> int:
    """How many users' phones are kept."""
    return int(await pool.fetchval("SELECT count(*) FROM users"))


@pytest.mark.parametrize("callback", [f"{INVITE}.{RETAILER}", RETAILER])
async def test_a_phone_that_only_reports_have_shown_goes_with_the_retailer_it_was_written_to(
    world: World, callback: str
) -> None:
    await reported(world, callback)
    assert await users(world.pool) == 1
    await erase(world, OTHER)
    assert await users(world.pool) == 1
    await erase(world, RETAILER)
    assert await users(world.pool) == 0
    assert await world.pool.fetchval("SELECT count(*) FROM retailer_phones") == 0


async def test_a_late_report_teaches_nothing_about_an_erased_retailer(world: World) -> None:
    await reported(world, RETAILER)
    await erase(world, RETAILER)
    contact = {"user_id": USER, "wa_id": PHONE}
    status = {"id": "wamid.OURS1", "status": "read", "recipient_id": PHONE, "recipient_user_id": USER}
    await world.deliver(enclose(contacts=[contact], statuses=[status | {"biz_opaque_callback_data": RETAILER}]))
    assert await users(world.pool) == 0
    assert RETAILER not in str(await world.pool.fetch("SELECT * FROM retailer_phones, retailer_messages"))


async def test_a_phone_that_another_retailer_was_written_to_stays(world: World) -> None:
    await reported(world, RETAILER)
    await reported(world, OTHER, number=2)
    await erase(world, RETAILER)
    assert await users(world.pool) == 1


async def test_the_body_of_reports_alone_is_not_kept(world: World) -> None:
    await reported(world, RETAILER)
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 1
    assert await world.pool.fetchval("SELECT count(*) FROM deliveries") == 0


async def test_a_body_with_a_report_beside_a_decided_message_goes_with_the_retailer(world: World) -> None:
    world.neighbours.phones = {SECOND_PHONE: [OTHER]}
    status = {"id": "wamid.OURS1", "status": "read", "recipient_id": PHONE, "biz_opaque_callback_data": RETAILER}
    message = {"from": SECOND_PHONE, "id": "wamid.TESTx1", "timestamp": "1", "type": "sticker"}
    await world.deliver(enclose(messages=[message], statuses=[status]))
    await world.queue.work_once()
    await erase(world, RETAILER)
    assert await world.pool.fetchval("SELECT count(*) FROM deliveries") == 0


async def test_a_report_of_a_group_links_nobody(world: World) -> None:
    await reported(world, RETAILER, recipient_type="group")
    assert await world.pool.fetchval("SELECT count(*) FROM retailer_phones") == 0


async def test_a_phone_whose_message_named_no_retailer_is_linked_to_all_that_the_vault_knows(world: World) -> None:
    world.neighbours.phones = {PHONE: [OTHER, RETAILER]}
    await reported(world, INVITE)
    assert not await world.links.link_some()
    rows = await world.pool.fetch("SELECT retailer_id FROM retailer_phones ORDER BY 1")
    assert [row["retailer_id"] for row in rows] == sorted([OTHER, RETAILER])
    await erase(world, RETAILER, OTHER)
    assert await users(world.pool) == 0


async def test_a_phone_that_the_vault_knows_no_retailer_of_goes_after_thirty_days(world: World) -> None:
    world.neighbours.phones = {}
    await reported(world, INVITE)
    await world.links.link_some()
    world.clock.advance(seconds=(KEPT - timedelta(hours=1)).total_seconds())
    await world.links.link_some()
    assert await users(world.pool) == 1
    world.clock.advance(seconds=timedelta(hours=2).total_seconds())
    await world.links.link_some()
    assert await users(world.pool) == 0


async def test_a_phone_that_the_vault_knows_stays_however_old(world: World) -> None:
    await reported(world, INVITE)
    world.clock.advance(seconds=2 * KEPT.total_seconds())
    await world.links.link_some()
    assert await users(world.pool) == 1


async def test_while_the_vault_is_down_nothing_is_deleted(world: World) -> None:
    await reported(world, INVITE)
    world.clock.advance(seconds=2 * KEPT.total_seconds())
    world.neighbours.is_down = True
    with pytest.raises(Unavailable):
        await world.links.link_some()
    assert await users(world.pool) == 1
    assert await world.pool.fetchval("SELECT checked_at FROM users") is None, "asked again"


async def test_a_phone_is_asked_about_once_a_day(world: World) -> None:
    world.neighbours.phones = {}
    await reported(world, INVITE)
    for hours in (1, 1, 23):
        await world.links.link_some()
        world.clock.advance(seconds=hours * 3600)
    asked = len(world.neighbours.logged_hashes)
    await world.links.link_some()
    assert (asked, len(world.neighbours.logged_hashes)) == (1, 2)
