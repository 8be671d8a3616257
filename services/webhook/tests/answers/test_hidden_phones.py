"""Users who hide their phone, or changed number or user id (decision 90): a NAHI is heard all the same."""

from typing import Any

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

USER, NEW_USER = "IN.13491208655302741918", "IN.99"
HIDDEN: dict[str, Any] = {"from": None, "from_user_id": USER}
NEW_HIDDEN: dict[str, Any] = {"from": None, "from_user_id": NEW_USER}
IN_REPLY = {"context": {"from": "1", "id": "wamid.OURS"}}


def system(kind: str, *, phone: str | None = PHONE, **content: str) -> dict[str, Any]:
    """A system message about a change."""
    return {"type": "system", "system": {"body": "x", "type": kind, **content}, "from": phone}


async def outcome_of(world: World, number: int, **message: Any) -> str:
    """The outcome of one more message, a second later."""
    world.clock.advance(seconds=1)
    return await world.answer(**{"id": f"wamid.{number}"} | message)


async def ends(world: World) -> list[tuple[str, str | None]]:
    """Outcome and retailer of what the audit holds."""
    return [(entry["outcome"], entry["subject"]) for entry in await world.audits()]


@pytest.mark.parametrize(
    "status",
    [
        {"recipient_id": PHONE, "recipient_user_id": USER},
        {"recipient_id": PHONE, "recipient_user_id": USER, "recipient_type": "individual"},
    ],
)
async def test_a_status_that_carries_both_teaches_the_user_id(world: World, status: dict[str, str]) -> None:
    await world.deliver(enclose(statuses=[{"id": "wamid.OURS", "status": "delivered", "timestamp": "1"} | status]))
    assert await outcome_of(world, 1, text="STOP", **HIDDEN) == "revoked"
    assert world.neighbours.calls[-1][1]["retailer_id"] == RETAILER


async def test_a_status_of_a_group_teaches_nothing(world: World) -> None:
    status = {"id": "wamid.OURS", "status": "read", "recipient_id": PHONE, "recipient_user_id": USER}
    await world.deliver(enclose(statuses=[status | {"recipient_type": "group"}]))
    assert await outcome_of(world, 1, text="STOP", **HIDDEN) == "unresolvable"


async def test_a_stop_that_waited_for_its_user_is_heard_as_soon_as_a_delivery_shows_both(world: World) -> None:
    assert await outcome_of(world, 1, text="STOP", **HIDDEN) == "unresolvable"
    assert await world.pool.fetchval("SELECT status FROM messages") == "parked"
    world.clock.advance(seconds=3600)
    contact = {"user_id": USER, "wa_id": PHONE}
    await world.deliver(enclose(contacts=[contact], statuses=[{"id": "wamid.OURS", "status": "read"}]))
    await world.queue.work_once()
    assert world.neighbours.reported() == ["revoke"]
    assert world.neighbours.calls[0][1]["sent_at"] == "2026-09-21T14:19:55+00:00", "when it was sent, not when resolved"
    assert await ends(world) == [("unresolvable", None), ("revoked", RETAILER)]


async def test_what_another_user_waits_for_stays_parked(world: World) -> None:
    assert await outcome_of(world, 1, text="STOP", **HIDDEN) == "unresolvable"
    await outcome_of(world, 2, text="hello", from_user_id=NEW_USER)
    assert await world.pool.fetchval("SELECT count(*) FROM messages WHERE status = 'parked'") == 1


@pytest.mark.parametrize("message", [{"type": "sticker"}, {"text": "hello"}, {"type": "revoke", "revoke": {}}])
async def test_nothing_but_a_clear_answer_of_an_unknown_user_is_left_to_a_person(
    world: World, message: dict[str, Any]
) -> None:
    assert await outcome_of(world, 1, **message, **HIDDEN) == "unknown_sender"
    assert await world.pool.fetchval("SELECT status FROM messages") == "done"
    assert await ends(world) == [("unknown_sender", None)]


@pytest.mark.parametrize("answer", [{"button": f"CONSENT_NO:{INVITE}"}, {"text": "NAHI"} | IN_REPLY])
async def test_a_no_of_an_unknown_user_to_an_invite_withdraws_for_its_retailer(
    world: World, answer: dict[str, Any]
) -> None:
    await report_sent(world, INVITE)
    assert await outcome_of(world, 1, **answer, **HIDDEN) == "revoked"
    assert [body["retailer_id"] for _, body in world.neighbours.calls] == [RETAILER]


@pytest.mark.parametrize(
    "answer",
    [
        {"button": f"CONSENT_YES:{INVITE}"},
        {"text": "HAAN"} | IN_REPLY,
        {"text": "what?"} | IN_REPLY,
        {"type": "reaction", "reaction": {"message_id": "wamid.OURS", "emoji": "👍"}},
    ],
)
async def test_anything_else_of_an_unknown_user_to_an_invite_is_asked_about_at_the_invites_own_phone(
    world: World, answer: dict[str, Any]
) -> None:
    await report_sent(world, INVITE)
    assert await outcome_of(world, 1, **answer, **HIDDEN) == "unclear"
    [(path, body)] = world.neighbours.calls
    assert path == "/internal/replies/unclear"
    assert (body["contact_ref"], body["invite_id"]) == (contact_of(RETAILER, PHONE), INVITE)


async def test_an_unknown_user_with_an_invite_that_nobody_knows_or_that_names_no_phone_is_unresolvable(
    world: World,
) -> None:
    world.neighbours.invites = [invite(phone=None)]
    for number, invite_id in enumerate((INVITE, SECOND_INVITE)):
        assert await outcome_of(world, number, button=f"CONSENT_NO:{invite_id}", **HIDDEN) == "unresolvable"
    assert world.neighbours.calls == []


async def test_after_a_change_of_number_a_nahi_of_the_new_number_withdraws_and_a_haan_does_not_grant(
    world: World,
) -> None:
    change = system("user_changed_number", wa_id=SECOND_PHONE, user_id=NEW_USER, previous_user_id=USER)
    assert await outcome_of(world, 1, **change) == "number_changed"
    assert await outcome_of(world, 2, text="HAAN", **{"from": SECOND_PHONE}) == "former_sender"
    assert await outcome_of(world, 3, text="HAAN", **NEW_HIDDEN) == "former_sender"
    assert world.neighbours.calls == []
    assert await outcome_of(world, 4, text="NAHI", **{"from": SECOND_PHONE}) == "revoked"
    assert await outcome_of(world, 5, text="NAHI", **NEW_HIDDEN) == "revoked"
    assert [body["retailer_id"] for _, body in world.neighbours.calls] == [RETAILER, RETAILER]
    assert {subject for _, subject in await ends(world)} == {RETAILER}


async def test_a_new_number_that_the_vault_knows_is_its_own_retailer_and_not_the_former(world: World) -> None:
    world.neighbours.phones[SECOND_PHONE] = [OTHER]
    await outcome_of(world, 1, **system("user_changed_number", wa_id=SECOND_PHONE))
    assert await outcome_of(world, 2, text="NAHI", **{"from": SECOND_PHONE}) == "revoked"
    assert [body["retailer_id"] for _, body in world.neighbours.calls] == [OTHER]


async def test_numbers_that_changed_more_than_once_are_followed_and_a_circle_ends(world: World) -> None:
    third = "919800000003"
    await outcome_of(world, 1, **system("user_changed_number", wa_id=SECOND_PHONE))
    await outcome_of(world, 2, **system("user_changed_number", phone=SECOND_PHONE, wa_id=third))
    assert await outcome_of(world, 3, text="STOP", **{"from": third}) == "revoked"
    world.neighbours.phones = {}
    await outcome_of(world, 4, **system("user_changed_number", phone=third, wa_id=PHONE))
    assert await outcome_of(world, 5, text="STOP", **{"from": third}) == "unknown_sender"


async def test_after_a_change_of_user_id_alone_a_stop_is_resolved_by_the_former_id(world: World) -> None:
    await outcome_of(world, 1, text="hello", from_user_id=USER)
    change = system("user_changed_user_id", phone=None, user_id=NEW_USER, previous_user_id=USER)
    assert await outcome_of(world, 2, **change) == "user_id_changed"
    assert await outcome_of(world, 3, text="HAAN", **NEW_HIDDEN) == "former_sender"
    assert await outcome_of(world, 4, text="STOP", **NEW_HIDDEN) == "revoked"
    last = system("user_changed_user_id", phone=None, user_id="IN.100", previous_user_id=NEW_USER)
    await outcome_of(world, 5, **last)
    assert await outcome_of(world, 6, text="STOP", **{"from": None}, from_user_id="IN.100") == "revoked"


async def test_a_change_of_an_unknown_user_id_teaches_nothing(world: World) -> None:
    change = system("user_changed_user_id", phone=None, user_id=NEW_USER, previous_user_id=USER)
    assert await outcome_of(world, 1, **change) == "user_id_changed"
    assert await outcome_of(world, 2, text="STOP", **NEW_HIDDEN) == "unresolvable"


async def test_a_user_id_seen_beside_the_new_number_speaks_for_that_number(world: World) -> None:
    world.neighbours.phones[SECOND_PHONE] = [RETAILER]
    world.neighbours.invites = [invite(phone=SECOND_PHONE)]
    await outcome_of(world, 1, **system("user_changed_number", wa_id=SECOND_PHONE, user_id=NEW_USER))
    await outcome_of(world, 2, text="hello", from_user_id=NEW_USER, **{"from": SECOND_PHONE})
    assert await outcome_of(world, 3, text="HAAN", **NEW_HIDDEN) == "granted"


async def test_a_user_id_whose_phone_is_learnt_after_its_change_is_resolved_too(world: World) -> None:
    change = system("user_changed_user_id", phone=None, user_id=NEW_USER, previous_user_id=USER)
    await outcome_of(world, 1, **change)
    await outcome_of(world, 2, text="hello", from_user_id=USER)
    assert await outcome_of(world, 3, text="STOP", **NEW_HIDDEN) == "revoked"


async def test_user_ids_that_changed_in_a_circle_come_to_an_end(world: World) -> None:
    for number, (before, after) in enumerate(((USER, NEW_USER), (NEW_USER, USER))):
        await outcome_of(
            world, number, **system("user_changed_user_id", phone=None, user_id=after, previous_user_id=before)
        )
    assert await outcome_of(world, 9, text="STOP", **HIDDEN) == "unresolvable"


async def test_neither_number_nor_user_id_of_a_change_is_readable_and_both_are_deleted_in_time(world: World) -> None:
    change = system("user_changed_number", wa_id=SECOND_PHONE, user_id=NEW_USER, previous_user_id=USER)
    await outcome_of(world, 1, **change)
    dump = await world.dump()
    for text in (PHONE, SECOND_PHONE, USER, NEW_USER):
        assert text not in dump
        assert text.encode().hex() not in dump
    assert await world.pool.fetchval("SELECT count(*) FROM former_identities") == 2
    world.clock.advance(seconds=401 * 86_400)
    await world.purge.purge()
    assert await world.pool.fetchval("SELECT count(*) FROM former_identities") == 0
