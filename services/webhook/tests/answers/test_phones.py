"""Whose phone may consent (decision 89), and answers of users who hide their phone (decision 90)."""

import pytest

from ..conftest import (
    INVITE,
    OTHER,
    PHONE,
    RETAILER,
    SECOND_INVITE,
    SECOND_PHONE,
    World,
    contact_of,
    enclose,
    invite,
    report_sent,
)


async def test_a_haan_names_the_contact_that_the_vault_resolved(world: World) -> None:
    await world.answer(text="HAAN")
    assert world.neighbours.calls[0][1]["contact_ref"] == contact_of(RETAILER, PHONE)


@pytest.mark.parametrize("answer", [{"text": "HAAN"}, {"button": f"CONSENT_YES:{INVITE}"}])
async def test_a_haan_from_a_phone_that_was_not_asked_grants_nothing_and_is_asked_again_in_neutral_words(
    world: World, answer: dict[str, str]
) -> None:
    world.neighbours.phones = {PHONE: [RETAILER], SECOND_PHONE: [RETAILER]}
    assert await world.answer(**answer, **{"from": SECOND_PHONE}) == "wrong_phone"
    [(path, body)] = world.neighbours.calls
    assert path == "/internal/replies/unclear"
    assert "invite_id" not in body
    assert body["contact_ref"] == contact_of(RETAILER, SECOND_PHONE)
    assert [(entry["outcome"], entry["subject"]) for entry in await world.audits()] == [("wrong_phone", RETAILER)]


async def test_a_haan_in_reply_to_an_invite_that_another_phone_got_grants_nothing(world: World) -> None:
    world.neighbours.phones = {SECOND_PHONE: [RETAILER]}
    await report_sent(world, INVITE)
    reply = {"context": {"from": "1", "id": "wamid.OURS"}, "from": SECOND_PHONE}
    assert await world.answer(text="HAAN", **reply) == "wrong_phone"
    assert world.neighbours.reported() == ["unclear"]


async def test_a_haan_answers_the_invite_of_its_own_phone_when_another_phone_was_asked_too(world: World) -> None:
    world.neighbours.invites = [invite(phone=SECOND_PHONE), invite(SECOND_INVITE)]
    assert await world.answer(text="HAAN") == "granted"
    assert world.neighbours.calls[0][1]["invite_id"] == SECOND_INVITE


async def test_an_invite_that_names_no_phone_can_be_answered_by_none(world: World) -> None:
    world.neighbours.invites = [invite(phone=None)]
    assert await world.answer(text="HAAN") == "wrong_phone"


@pytest.mark.parametrize("answer", [{"text": "NAHI"}, {"button": f"CONSENT_NO:{INVITE}"}])
async def test_a_nahi_from_any_confirmed_phone_withdraws(world: World, answer: dict[str, str]) -> None:
    world.neighbours.phones = {SECOND_PHONE: [RETAILER]}
    assert await world.answer(**answer, **{"from": SECOND_PHONE}) == "revoked"
    assert world.neighbours.reported() == ["revoke"]


async def test_an_unclear_answer_is_asked_about_the_invite_of_its_own_phone_only(world: World) -> None:
    world.neighbours.phones = {PHONE: [RETAILER], SECOND_PHONE: [RETAILER]}
    await world.answer(text="what?")
    world.clock.advance(seconds=1)
    await world.answer(text="what?", id="wamid.2", **{"from": SECOND_PHONE})
    reported = [(body["contact_ref"], body.get("invite_id")) for _, body in world.neighbours.calls]
    assert reported == [(contact_of(RETAILER, PHONE), INVITE), (contact_of(RETAILER, SECOND_PHONE), None)]


async def test_a_user_without_a_phone_is_parked_and_audited(world: World) -> None:
    assert await world.answer(text="HAAN", **{"from": None}, from_user_id="IN.1") == "unresolvable"
    assert await world.pool.fetchval("SELECT status FROM messages") == "parked"
    assert [(entry["outcome"], entry["details"]["status"]) for entry in await world.audits()] == [
        ("unresolvable", "parked")
    ]


HIDDEN = {"from": None, "from_user_id": "IN.13491208655302741918"}


async def test_a_stop_of_a_user_who_hides_the_phone_withdraws_when_an_earlier_message_showed_both(world: World) -> None:
    assert await world.answer(text="hello", from_user_id=HIDDEN["from_user_id"]) == "unclear"
    world.clock.advance(seconds=60)
    assert await world.answer(text="STOP", id="wamid.2", **HIDDEN) == "revoked"
    assert world.neighbours.calls[-1][1]["retailer_id"] == RETAILER


async def test_a_user_id_is_learnt_from_the_contacts_of_a_status_too(world: World) -> None:
    contact = {"user_id": HIDDEN["from_user_id"], "wa_id": PHONE}
    await world.deliver(enclose(contacts=[contact], statuses=[{"id": "wamid.OURS", "status": "read"}]))
    world.clock.advance(seconds=1)
    assert await world.answer(text="HAAN", **HIDDEN) == "granted"


async def test_the_phone_last_seen_beside_a_user_id_is_the_users(world: World) -> None:
    world.neighbours.phones = {PHONE: [RETAILER], SECOND_PHONE: [OTHER]}
    for number, phone in enumerate((PHONE, SECOND_PHONE, SECOND_PHONE)):
        await world.answer(text="hello", id=f"wamid.{number}", from_user_id=HIDDEN["from_user_id"], **{"from": phone})
        world.clock.advance(seconds=1)
    await world.answer(text="NAHI", id="wamid.9", **HIDDEN)
    assert world.neighbours.calls[-1][1]["retailer_id"] == OTHER


async def test_neither_user_id_nor_phone_of_a_user_is_readable_and_both_are_deleted_when_long_unseen(
    world: World,
) -> None:
    await world.answer(text="hello", from_user_id=HIDDEN["from_user_id"])
    dump = await world.dump()
    assert PHONE not in dump
    assert PHONE.encode().hex() not in dump
    assert str(HIDDEN["from_user_id"]) not in dump
    world.clock.advance(seconds=399 * 86_400)
    await world.answer(text="hello", id="wamid.2", from_user_id=HIDDEN["from_user_id"])
    for days, left in ((2, 1), (399, 0)):
        world.clock.advance(seconds=days * 86_400)
        await world.purge.purge()
        assert await world.pool.fetchval("SELECT count(*) FROM users") == left
