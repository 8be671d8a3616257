"""An erasure ends all consent of every id of the shop for good, and leaves records that name nobody."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from altscore_consent.erasures.events import TOPIC, ErasureEvents
from altscore_consent.errors import RetailerErased
from altscore_consent.invites.domain import UnclearReply, may_ask_again
from altscore_consent.main import Parts, erasure_service
from altscore_libs.consumer import Consumer, PoisonEvent
from altscore_libs.errors import Conflict
from altscore_libs.outbox import Outbox
from altscore_libs.settings import KafkaSettings
from altscore_libs.testing import OUTBOX_KEY, SoftwareSigner
from altscore_libs.testing_erasures import REQUEST
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from ..conftest import CATALOG, LENDERS, NOW, OTHER_CONTACT, RETAILER, World
from .erased import ALIAS, VAULT, erased_event

NEIGHBOUR = "ret_00000000000000bb"
TABLES = ("invites", "consent_records", "consent_state", "retailer_ledger", "unclear_replies", "erased_retailers")


@pytest.fixture
def consumer(world: World, signer: SoftwareSigner) -> Consumer:
    """The worker's consumer of altscore.privacy."""
    outbox = Outbox(CATALOG, "consent", world.clock, mac_key=OUTBOX_KEY)
    parts = Parts(pool=world.pool, catalog=CATALOG, outbox=outbox, clock=world.clock)
    events = ErasureEvents(erasure_service(parts, world.verifier, signer), VAULT.public_keys())
    kafka = KafkaSettings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_username="consent",
        kafka_password=SecretStr("x"),
        kafka_ca_file=Path("ca.pem"),
        registry_url="http://127.0.0.1:1",
    )
    return Consumer(world.pool, CATALOG, kafka, group="consent", topics=[TOPIC], handlers=events.handlers())


async def everything(world: World) -> dict[str, list[Any]]:
    """All rows of the service, but for the counters of changes."""
    return {table: sorted(map(str, await world.pool.fetch(f"SELECT * FROM {table}"))) for table in TABLES}


async def test_standing_consent_ends_as_a_signed_withdrawal_by_erasure(world: World, consumer: Consumer) -> None:
    grant = await world.granted()
    assert await world.is_consented()
    assert await consumer.apply(await erased_event())
    result = await world.services.checks.check(RETAILER, LENDERS[0], None)
    assert (result.is_consented, result.reason) == (False, "revoked")
    [withdrawal] = await world.pool.fetch("SELECT record FROM consent_records WHERE kind = 'withdrawal'")
    content = json.loads(withdrawal["record"])
    assert (content["consent_id"], content["reason"], content["message_hash"]) == (grant.consent_id, "erasure", None)
    assert (await world.maintenance.sweep()).bad_records == 0
    assert await world.audits("consent_tampered") == []


async def test_the_withdrawal_is_announced_without_a_phone(world: World, consumer: Consumer) -> None:
    grant = await world.granted()
    await consumer.apply(await erased_event())
    [revoked] = [data for name, data in await world.events() if name == "consent.revoked"]
    assert (revoked["consent_id"], revoked["reason"], revoked["contact_ref"]) == (grant.consent_id, "erasure", None)


async def test_open_invites_end_without_a_message_to_the_retailer(world: World, consumer: Consumer) -> None:
    await world.invite()
    before = len(await world.events())
    await consumer.apply(await erased_event())
    assert await world.services.invites.open_invites(RETAILER) == []
    assert len(await world.events()) == before
    [entry] = await world.audits("erasure_applied")
    assert (entry["details"]["invites_ended"], entry["details"]["request_id"]) == ("1", REQUEST)


async def test_a_late_haan_and_a_late_question_change_nothing(world: World, consumer: Consumer) -> None:
    invite = await world.invite()
    await consumer.apply(await erased_event())
    before, told = await everything(world), len(await world.events())
    with pytest.raises(RetailerErased):
        await world.haan(invite, NOW - timedelta(hours=1))
    reply = UnclearReply(retailer_id=RETAILER, message_hash="b" * 64, contact_ref=OTHER_CONTACT)
    assert not await world.services.invites.record_unclear_reply(reply, actor="webhook")
    assert await everything(world) == before
    assert len(await world.events()) == told
    assert not await world.is_consented()


async def test_an_erased_retailer_is_never_asked_again(world: World, consumer: Consumer) -> None:
    await consumer.apply(await erased_event())  # before anything else of this retailer
    with pytest.raises(RetailerErased):
        await world.invite()


async def test_a_consent_given_after_the_erasure_was_signed_ends_too(world: World, consumer: Consumer) -> None:
    event = await erased_event(erased_at=NOW - timedelta(minutes=5))
    await world.granted()
    await consumer.apply(event)
    assert not await world.is_consented()


async def test_every_alias_is_erased_and_nobody_else(world: World, consumer: Consumer) -> None:
    for retailer_id in (RETAILER, ALIAS, NEIGHBOUR):
        await world.granted(retailer_id)
    await consumer.apply(await erased_event(RETAILER, ALIAS))
    answers = await world.services.checks.check_bulk([RETAILER, ALIAS, NEIGHBOUR], actor="scoring")
    assert {retailer_id: answer[0] for retailer_id, answer in answers.items()} == {
        RETAILER: False,
        ALIAS: False,
        NEIGHBOUR: True,
    }


async def test_what_stays_holds_no_reference_to_a_phone_or_message_outside_the_signed_records(
    world: World, consumer: Consumer
) -> None:
    await world.granted()
    await world.services.invites.record_unclear_reply(UnclearReply(RETAILER, "b" * 64), actor="webhook")
    await consumer.apply(await erased_event())
    assert await world.pool.fetchval("SELECT count(*) FROM invites WHERE contact_ref IS NOT NULL") == 0
    assert await world.pool.fetchval("SELECT count(*) FROM unclear_replies") == 0
    assert await world.pool.fetchval("SELECT count(*) FROM consent_records WHERE kind = 'grant'") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"retailer_ids": [NEIGHBOUR], "retailer_id": NEIGHBOUR},
        {"retailer_id": NEIGHBOUR},
        {"request_id": f"rgt_{'2' * 32}"},
        {"certificate": "{}"},
        {"signature": "00" * 64},
    ],
)
async def test_an_event_that_differs_from_its_certificate_is_parked(
    world: World, consumer: Consumer, change: dict[str, Any]
) -> None:
    for retailer_id in (RETAILER, NEIGHBOUR):
        await world.granted(retailer_id)
    with pytest.raises(PoisonEvent):
        await consumer.apply(await erased_event(**change))
    assert await world.is_consented()
    assert await world.pool.fetchval("SELECT count(*) FROM erased_retailers") == 0


@pytest.mark.parametrize("signer", [SoftwareSigner("erasure-signing"), SoftwareSigner("consent-signing")])
async def test_a_certificate_by_another_key_is_parked(world: World, consumer: Consumer, signer: SoftwareSigner) -> None:
    await world.granted()
    with pytest.raises(PoisonEvent):
        await consumer.apply(await erased_event(signer=signer))
    assert await world.is_consented()


async def test_read_again_from_the_beginning_the_topic_gives_the_same_state(world: World, consumer: Consumer) -> None:
    await world.granted()
    await world.invite(purpose="trade_credit")
    event = await erased_event(RETAILER, ALIAS)
    await consumer.apply(event)
    before = await everything(world)
    assert not await consumer.apply(event)
    await world.pool.execute("DELETE FROM inbox")  # as after a restore of before the erasure
    assert await consumer.apply(event)
    assert await everything(world) == before


STEPS = st.lists(st.sampled_from(["invite", "haan", "nahi", "erase", "ask"]), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=["ask", "ask", "ask", "ask"])  # no more often than a retailer may be asked in a day
async def test_whatever_comes_in_whatever_order_nothing_is_granted_after_an_erasure(
    world: World, consumer: Consumer, steps: list[str]
) -> None:
    retailer_id = f"ret_{uuid4().hex[:16]}"
    invite, is_erased, asked = None, False, 0
    for place, step in enumerate(steps):
        world.clock.advance(seconds=1)
        message = f"{retailer_id}{place}"
        try:
            if step == "invite":
                invite = await world.invite(retailer_id)
            elif step == "haan" and invite is not None:
                await world.haan(invite, world.clock.now(), message)
            elif step == "nahi":
                await world.nahi(world.clock.now(), retailer_id)
            elif step == "ask":
                reply = UnclearReply(retailer_id, message.encode().hex().rjust(64, "0"))
                is_asked = await world.services.invites.record_unclear_reply(reply, actor="webhook")
                assert is_asked == (may_ask_again(asked) and not is_erased)
                asked += is_asked
            elif step == "erase":
                await consumer.apply(await erased_event(retailer_id))
                is_erased = True
        except RetailerErased:
            assert is_erased
        except Conflict:
            assert step == "haan"
        if is_erased:
            assert not (await world.services.checks.check(retailer_id, LENDERS[0], None)).is_consented
            assert await world.services.invites.open_invites(retailer_id) == []
