"""An erased retailer's phones and the bodies of their messages go; what is shared with another retailer stays."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest
from altscore_libs import testing_erasures
from altscore_libs.consumer import Consumer, PoisonEvent, Received
from altscore_libs.outbox import Outbox
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from altscore_libs.testing_parked import outcome_of_a_dry_run
from altscore_webhook.erasures.events import TOPIC, ErasureEvents
from pydantic import SecretStr

from ..conftest import CATALOG, NOW, OTHER, PHONE, RETAILER, SECOND_PHONE, World

VAULT = SoftwareSigner("erasure-signing")
USER = "IN.13491208655302741918"
TABLES = ("deliveries", "users", "former_identities", "retailer_phones", "retailer_messages")


@pytest.fixture
def consumer(world: World) -> Consumer:
    """The worker's consumer of altscore.privacy."""
    outbox = Outbox(CATALOG, "webhook", world.clock, mac_key=OUTBOX_KEY)
    events = ErasureEvents(VAULT.public_keys(), outbox=outbox, clock=world.clock)
    kafka = KafkaSettings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="webhook",
        kafka_password=SecretStr("x"),
        kafka_ca_file=Path("ca.pem"),
        registry_url="http://127.0.0.1:1",
    )
    return Consumer(world.pool, CATALOG, kafka, group="webhook", topics=[TOPIC], handlers=events.handlers())


async def erased_event(*retailer_ids: str, signer: SoftwareSigner = VAULT, **change: Any) -> Received:
    """The event of an erasure of these ids; `change` is what somebody changed after it was signed."""
    ids = retailer_ids or (RETAILER,)
    return await testing_erasures.erased_event(ids, erased_at=NOW, signer=signer, **change)


async def counts(pool: asyncpg.Pool) -> dict[str, int]:
    """Rows of the tables that hold phones, bodies or links."""
    return {table: await pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def conversed(world: World) -> None:
    """A message with a user id beside the number, and a change of number to another phone."""
    await world.answer(text="kya", from_user_id=USER)
    world.clock.advance(seconds=1)
    change = {"type": "user_changed_number", "wa_id": SECOND_PHONE, "body": "x"}
    await world.answer(id="wamid.TESTx2", type="system", system=change)


async def test_phones_changes_of_number_and_bodies_of_every_alias_go(world: World, consumer: Consumer) -> None:
    world.neighbours.phones = {PHONE: [OTHER, RETAILER]}
    await conversed(world)
    before = await counts(world.pool)
    assert (before["users"], before["former_identities"], before["deliveries"]) == (1, 1, 2)
    assert (before["retailer_phones"], before["retailer_messages"]) == (2, 4)
    await consumer.apply(await erased_event(RETAILER, OTHER))
    assert await counts(world.pool) == dict.fromkeys(TABLES, 0)
    entry = (await world.audits())[-1]
    assert (entry["action"], entry["details"]["users"], entry["details"]["bodies"]) == ("erasure_applied", "1", "2")


async def test_a_phone_that_another_retailer_answers_from_stays(world: World, consumer: Consumer) -> None:
    world.neighbours.phones = {PHONE: [OTHER, RETAILER]}
    await conversed(world)
    await consumer.apply(await erased_event(RETAILER))
    left = await counts(world.pool)
    assert (left["users"], left["former_identities"], left["retailer_phones"]) == (1, 1, 1)
    assert RETAILER not in str(await world.pool.fetch("SELECT * FROM retailer_phones, retailer_messages"))


async def test_a_body_with_a_message_still_to_be_decided_stays_until_it_is(world: World, consumer: Consumer) -> None:
    await world.answer(text="kya")
    await world.pool.execute("UPDATE messages SET status = 'pending'")
    await consumer.apply(await erased_event())
    assert (await counts(world.pool))["deliveries"] == 1


async def test_a_late_haan_is_refused_for_good_and_linked_to_nobody(world: World, consumer: Consumer) -> None:
    await consumer.apply(await erased_event())
    world.neighbours.refusals["/v1/consent/grant"] = (409, "RETAILER_ERASED")
    assert await world.answer(text="HAAN") == "erased"
    assert world.neighbours.reported() == []
    left = await counts(world.pool)
    assert (left["retailer_phones"], left["retailer_messages"]) == (0, 0)


@pytest.mark.parametrize(
    ("signer", "change"),
    [
        (VAULT, {"retailer_ids": [OTHER]}),
        (VAULT, {"signature": "00" * 64}),
        (SoftwareSigner("erasure-signing"), {}),
    ],
)
async def test_what_the_vault_has_not_certified_is_parked(
    world: World, consumer: Consumer, signer: SoftwareSigner, change: dict[str, Any]
) -> None:
    await world.answer(text="kya", from_user_id=USER)
    before = await counts(world.pool)
    with pytest.raises(PoisonEvent):
        await consumer.apply(await erased_event(signer=signer, **change))
    assert await counts(world.pool) == before


async def test_read_again_from_the_beginning_the_topic_gives_the_same_state(world: World, consumer: Consumer) -> None:
    await conversed(world)
    event = await erased_event()
    await consumer.apply(event)
    before, erased = await counts(world.pool), await world.pool.fetch("SELECT * FROM erased_retailers")
    await world.pool.execute("DELETE FROM inbox")
    assert await consumer.apply(event)
    assert (await counts(world.pool), await world.pool.fetch("SELECT * FROM erased_retailers")) == (before, erased)


async def test_an_operators_order_about_what_is_set_aside_is_carried_out(world: World, consumer: Consumer) -> None:
    outcome = await outcome_of_a_dry_run(world.pool, consumer, service="webhook", topic="altscore.privacy")
    assert outcome == "would_be_refused"
