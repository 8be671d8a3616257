"""From a stored message to a decision: told once, repeated while others are down, parked when hopeless."""

from typing import Any

import pytest
from altscore_webhook.worker import wait

from .conftest import INVITE, NOW, OTHER, PHONE, RETAILER, World, contact_of, delivery, enclose, invite

SECOND = "inv_" + "2" * 32


async def test_a_typed_haan_answers_the_only_open_invite(world: World) -> None:
    assert await world.say(text="HAAN") == "granted"
    [(path, body)] = world.others.calls
    assert (path, body["invite_id"], body["retailer_id"]) == ("/v1/consent/grant", INVITE, RETAILER)
    assert body["sent_at"] == "2026-09-21T14:19:55+00:00"
    assert body["wa_message_id"] == await world.pool.fetchval("SELECT message_hash FROM messages")


async def test_the_message_id_never_leaves_only_its_keyed_hash(world: World) -> None:
    await world.say(text="HAAN", id="wamid.SECRET")
    assert "SECRET" not in str(world.others.calls) + str(await world.audits())


async def test_a_typed_haan_with_two_open_invites_is_asked_again(world: World) -> None:
    world.others.invites = [invite(), invite(SECOND)]
    assert await world.say(text="HAAN") == "unclear"
    assert world.others.told() == ["unclear"]


async def sent(world: World, invite_id: str | None, wamid: str = "wamid.OURS") -> None:
    status = {"id": wamid, "status": "sent", "timestamp": "1", "recipient_id": PHONE}
    about = {"biz_opaque_callback_data": invite_id} if invite_id is not None else {}
    assert (await world.deliver(enclose(statuses=[status | about]))).status_code == 200
    world.clock.advance(seconds=1)


async def test_a_typed_haan_answers_the_message_it_replies_to_even_when_two_are_open(world: World) -> None:
    world.others.invites = [invite(), invite(SECOND)]
    await sent(world, SECOND)
    await sent(world, INVITE, "wamid.OTHER")
    assert await world.say(text="HAAN", context={"from": "1", "id": "wamid.OURS"}) == "granted"
    assert world.others.calls[0][1]["invite_id"] == SECOND
    assert "OURS" not in await world.dump()


@pytest.mark.parametrize("about", [None, "inv_1", "ret_7f3a92c1d4e8b051"])
async def test_a_reply_to_a_message_that_was_about_no_invite_is_like_any_typed_haan(
    world: World, about: str | None
) -> None:
    world.others.invites = [invite(), invite(SECOND)]
    await sent(world, about)
    assert await world.say(text="HAAN", context={"from": "1", "id": "wamid.OURS"}) == "unclear"
    world.clock.advance(seconds=1)
    world.others.invites = [invite()]
    assert await world.say(text="HAAN", id="wamid.2", context={"id": 7}) == "granted"


async def test_a_reply_to_a_message_about_somebody_elses_invite_grants_nothing(world: World) -> None:
    world.others.invites = [invite(), invite(SECOND, OTHER)]
    await sent(world, SECOND)
    assert await world.say(text="HAAN", context={"from": "1", "id": "wamid.OURS"}) == "unclear"


async def test_a_typed_nahi_in_reply_to_one_message_is_still_for_everything(world: World) -> None:
    world.others.phones = {PHONE: [OTHER, RETAILER]}
    await sent(world, INVITE)
    assert await world.say(text="NAHI", context={"from": "1", "id": "wamid.OURS"}) == "revoked"
    assert [body["retailer_id"] for _, body in world.others.calls] == [OTHER, RETAILER]


async def test_a_typed_haan_without_an_open_invite_is_asked_again(world: World) -> None:
    world.others.invites = []
    assert await world.say(text="HAAN") == "unclear"


async def test_a_shared_phone_with_one_open_invite_grants_for_the_retailer_who_was_asked(world: World) -> None:
    world.others.phones = {PHONE: [OTHER, RETAILER]}
    assert await world.say(text="हाँ") == "granted"
    assert world.others.calls[0][1]["retailer_id"] == RETAILER


async def test_a_button_answers_its_own_invite_even_when_two_are_open(world: World) -> None:
    world.others.invites = [invite(), invite(SECOND)]
    assert await world.say(button=f"CONSENT_YES:{SECOND}") == "granted"
    assert world.others.calls[0][1]["invite_id"] == SECOND


async def test_an_interactive_button_counts_like_a_template_button(world: World) -> None:
    reply = {"type": "button_reply", "button_reply": {"id": f"CONSENT_YES:{INVITE}", "title": "x"}}
    assert await world.say(type="interactive", interactive=reply) == "granted"


SECOND_PHONE = "919800000002"


async def test_a_haan_names_the_contact_that_the_vault_resolved(world: World) -> None:
    await world.say(text="HAAN")
    assert world.others.calls[0][1]["contact_ref"] == contact_of(RETAILER, PHONE)


@pytest.mark.parametrize("answer", [{"text": "HAAN"}, {"button": f"CONSENT_YES:{INVITE}"}])
async def test_a_haan_from_a_phone_that_was_not_asked_grants_nothing_and_is_asked_again_in_neutral_words(
    world: World, answer: dict[str, str]
) -> None:
    world.others.phones = {PHONE: [RETAILER], SECOND_PHONE: [RETAILER]}
    assert await world.say(**answer, **{"from": SECOND_PHONE}) == "wrong_phone"
    [(path, body)] = world.others.calls
    assert path == "/internal/replies/unclear"
    assert "invite_id" not in body
    assert body["contact_ref"] == contact_of(RETAILER, SECOND_PHONE)
    assert [(entry["outcome"], entry["subject"]) for entry in await world.audits()] == [("wrong_phone", RETAILER)]


async def test_a_haan_in_reply_to_an_invite_that_another_phone_got_grants_nothing(world: World) -> None:
    world.others.phones = {SECOND_PHONE: [RETAILER]}
    await sent(world, INVITE)
    reply = {"context": {"from": "1", "id": "wamid.OURS"}, "from": SECOND_PHONE}
    assert await world.say(text="HAAN", **reply) == "wrong_phone"
    assert world.others.told() == ["unclear"]


async def test_a_haan_answers_the_invite_of_its_own_phone_when_another_phone_was_asked_too(world: World) -> None:
    world.others.invites = [invite(phone=SECOND_PHONE), invite(SECOND)]
    assert await world.say(text="HAAN") == "granted"
    assert world.others.calls[0][1]["invite_id"] == SECOND


async def test_an_invite_that_names_no_phone_can_be_answered_by_none(world: World) -> None:
    world.others.invites = [invite(phone=None)]
    assert await world.say(text="HAAN") == "wrong_phone"


@pytest.mark.parametrize("answer", [{"text": "NAHI"}, {"button": f"CONSENT_NO:{INVITE}"}])
async def test_a_nahi_from_any_confirmed_phone_withdraws(world: World, answer: dict[str, str]) -> None:
    world.others.phones = {SECOND_PHONE: [RETAILER]}
    assert await world.say(**answer, **{"from": SECOND_PHONE}) == "revoked"
    assert world.others.told() == ["revoke"]


async def test_an_unclear_answer_is_asked_about_the_invite_of_its_own_phone_only(world: World) -> None:
    world.others.phones = {PHONE: [RETAILER], SECOND_PHONE: [RETAILER]}
    await world.say(text="what?")
    world.clock.advance(seconds=1)
    await world.say(text="what?", id="wamid.2", **{"from": SECOND_PHONE})
    told = [(body["contact_ref"], body.get("invite_id")) for _, body in world.others.calls]
    assert told == [(contact_of(RETAILER, PHONE), INVITE), (contact_of(RETAILER, SECOND_PHONE), None)]


async def test_a_button_of_somebody_elses_invite_grants_nothing(world: World) -> None:
    world.others.invites = [invite(SECOND, OTHER)]
    assert await world.say(button=f"CONSENT_YES:{SECOND}") == "unclear"
    assert world.others.told() == ["unclear"]


async def test_a_typed_nahi_is_for_every_retailer_of_the_phone(world: World) -> None:
    world.others.phones = {PHONE: [OTHER, RETAILER]}
    assert await world.say(text="NAHI") == "revoked"
    assert [body["retailer_id"] for _, body in world.others.calls] == [OTHER, RETAILER]


async def test_a_no_button_is_for_the_retailer_who_was_asked(world: World) -> None:
    world.others.phones = {PHONE: [OTHER, RETAILER]}
    assert await world.say(button=f"CONSENT_NO:{INVITE}") == "revoked"
    assert [body["retailer_id"] for _, body in world.others.calls] == [RETAILER]


async def test_a_no_button_with_an_unknown_invite_still_withdraws(world: World) -> None:
    assert await world.say(button=f"CONSENT_NO:{SECOND}") == "revoked"
    assert world.others.told() == ["revoke"]


@pytest.mark.parametrize(("code", "outcome"), [("ANSWER_OUTDATED", "outdated"), ("INVITE_CLOSED", "unclear")])
async def test_a_refused_haan_is_final_or_asked_again(world: World, code: str, outcome: str) -> None:
    world.others.refusals = {"/v1/consent/grant": (409, code)}
    assert await world.say(text="HAAN") == outcome


@pytest.mark.parametrize("kind", ["image", "audio", "sticker"])
async def test_a_wordless_answer_is_unclear(world: World, kind: str) -> None:
    assert await world.say(type=kind) == "unclear"


@pytest.mark.parametrize("kind", ["reaction", "system", "unsupported", "something_new", None, 7])
async def test_what_is_no_answer_is_ignored(world: World, kind: object) -> None:
    assert await world.say(type=kind) == "ignored"
    assert world.others.calls == []


def edited(body: str, *, original: str = "wamid.HAAN") -> dict[str, Any]:
    """The parts of a message by which its sender edits an earlier one."""
    content = {"type": "text", "text": {"body": body}, "context": {"id": "M0"}}
    return {"type": "edit", "edit": {"original_message_id": original, "message": content}}


def deleted(*, original: str = "wamid.HAAN") -> dict[str, Any]:
    """The parts of a message by which its sender deletes an earlier one for everyone."""
    return {"type": "revoke", "revoke": {"original_message_id": original}}


async def test_a_haan_edited_to_nahi_is_a_nahi_at_that_instant(world: World) -> None:
    assert await world.say(text="HAAN", id="wamid.HAAN") == "granted"
    world.clock.advance(seconds=60)
    at = int(NOW.timestamp()) + 30
    assert await world.say(**edited("NAHI\u200d"), id="wamid.EDIT", timestamp=str(at)) == "revoked"
    path, body = world.others.calls[-1]
    assert (path, body["retailer_id"], body["sent_at"]) == (
        "/v1/consent/revoke",
        RETAILER,
        "2026-09-21T14:20:30+00:00",
    )


@pytest.mark.parametrize("change", [edited("NAHI"), edited("HAAN"), edited("हाँ?"), deleted()])
async def test_a_haan_that_was_edited_or_deleted_before_it_was_recorded_grants_nothing(
    world: World, change: dict[str, Any]
) -> None:
    await world.deliver(delivery(text="HAAN", id="wamid.HAAN"))
    await world.deliver(delivery(id="wamid.CHANGE", **change))
    await world.worker.work_once()
    assert "grant" not in world.others.told()
    assert "replaced" in {one["outcome"] for one in await world.audits()}


async def test_a_haan_that_comes_after_its_own_deletion_grants_nothing(world: World) -> None:
    assert await world.say(**deleted(), id="wamid.CHANGE") == "unclear"
    world.clock.advance(seconds=1)
    assert await world.say(text="HAAN", id="wamid.HAAN") == "replaced"
    assert world.others.told() == ["unclear"]


@pytest.mark.parametrize(
    "change",
    [
        edited("HAAN"),
        edited("no idea"),
        deleted(),
        {"type": "edit"},
        {"type": "edit", "edit": {"message": {"type": "edit"}}},
    ],
)
async def test_an_edit_that_is_no_nahi_and_a_deletion_are_asked_about(world: World, change: dict[str, Any]) -> None:
    assert await world.say(**change) == "unclear"
    assert world.others.told() == ["unclear"]


async def test_a_nahi_that_was_edited_or_deleted_still_withdraws(world: World) -> None:
    await world.deliver(delivery(text="NAHI", id="wamid.NAHI"))
    await world.deliver(delivery(id="wamid.CHANGE", **deleted(original="wamid.NAHI")))
    await world.worker.work_once()
    assert sorted(world.others.told()) == ["revoke", "unclear"]


async def test_the_id_of_a_replaced_message_is_kept_as_a_keyed_hash_only(world: World) -> None:
    await world.say(**deleted(original="wamid.SECRET"))
    assert "SECRET" not in await world.dump()
    assert await world.pool.fetchval("SELECT replaces_hash FROM messages") is not None


async def test_a_user_without_a_phone_is_parked_and_audited(world: World) -> None:
    assert await world.say(text="HAAN", **{"from": None}, from_user_id="IN.1") == "unresolvable"
    assert await world.pool.fetchval("SELECT status FROM messages") == "parked"
    assert [(one["outcome"], one["details"]["status"]) for one in await world.audits()] == [("unresolvable", "parked")]


async def test_a_stranger_is_noted_and_nobody_is_told(world: World) -> None:
    world.others.phones = {}
    assert await world.say(text="HAAN") == "unknown_sender"
    assert world.others.calls == []


async def test_each_message_of_a_batch_is_decided(world: World) -> None:
    first = delivery(text="hello", id="wamid.1")["entry"][0]["changes"][0]["value"]["messages"][0]
    await world.deliver(enclose(messages=[first, first | {"id": "wamid.2", "text": {"body": "NAHI"}}]))
    await world.worker.work_once()
    assert sorted(world.others.told()) == ["revoke", "unclear"]


async def test_a_message_is_told_once_however_often_it_comes(world: World) -> None:
    for _ in range(3):
        await world.deliver(delivery(text="NAHI"))
        await world.worker.work_once()
    assert world.others.told() == ["revoke"]


async def test_while_others_are_down_a_message_waits_longer_each_time_and_is_never_given_up(world: World) -> None:
    world.others.is_down = True
    await world.deliver(delivery(text="NAHI"))
    for _ in range(30):
        assert await world.worker.work_once() == 1
        assert await world.worker.work_once() == 0
        world.clock.advance(seconds=300)
    world.others.is_down = False
    await world.worker.work_once()
    assert world.others.told() == ["revoke"]
    assert [wait(n).total_seconds() for n in (1, 2, 3, 9, 50)] == [1, 2, 4, 256, 300]


async def test_a_message_that_others_keep_refusing_is_parked_and_audited(world: World) -> None:
    world.others.refusals = {"/internal/phones/resolve": (500, "INTERNAL_ERROR")}
    await world.deliver(delivery(text="NAHI"))
    for _ in range(8):
        assert await world.worker.work_once() == 1
        world.clock.advance(seconds=300)
    assert await world.worker.work_once() == 0
    assert [one["outcome"] for one in await world.audits()] == ["gave_up"]


async def test_a_changed_delivery_is_parked_as_unreadable(world: World) -> None:
    await world.deliver(delivery(text="HAAN"))
    row = await world.pool.fetchrow("DELETE FROM messages RETURNING *")
    await world.pool.execute("DELETE FROM deliveries")
    await world.pool.execute(
        "INSERT INTO deliveries (delivery_id, received_at, wrapped_key, sealed) VALUES ($1, $2, '\\x00', '\\x00')",
        row["delivery_id"],
        NOW,
    )
    await world.pool.execute(
        "INSERT INTO messages (message_hash, delivery_id, place, kind, status, received_at, next_attempt_at)"
        " VALUES ($1, $2, $3, 'message', 'pending', $4, $4)",
        row["message_hash"],
        row["delivery_id"],
        row["place"],
        NOW,
    )
    await world.worker.work_once()
    assert await world.pool.fetchval("SELECT outcome FROM messages") == "unreadable"
    assert world.others.calls == []


async def test_a_leased_message_of_a_dead_worker_comes_back(world: World) -> None:
    await world.deliver(delivery(text="HAAN"))
    await world.pool.execute("UPDATE messages SET attempts = 1, next_attempt_at = $1", NOW.replace(minute=21))
    assert await world.worker.work_once() == 0
    world.clock.advance(seconds=60)
    assert await world.worker.work_once() == 1
    assert world.others.told() == ["grant"]


async def test_finished_payloads_are_forgotten_first_and_their_hashes_later(world: World) -> None:
    await world.say(text="HAAN")
    world.clock.advance(seconds=9 * 86_400)
    assert await world.worker.purge() == 1
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 1
    await world.deliver(delivery(text="HAAN"))
    assert await world.pool.fetchval("SELECT count(*) FROM deliveries") == 0, "still known"
    world.clock.advance(seconds=90 * 86_400)
    await world.worker.purge()
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 0


async def test_every_end_is_audited_with_its_retailer(world: World) -> None:
    await world.say(text="HAAN")
    [entry] = await world.audits()
    assert (entry["action"], entry["outcome"], entry["subject"]) == ("reply_received", "granted", RETAILER)
