"""Every documented type of message ends as a decision, as a question or as an audited refusal; none ends as nothing."""

import json
from typing import Any

import pytest

from ..conftest import DATA, INVITE, PHONE, RETAILER, World

MEDIA = {"id": "1", "mime_type": "x/y", "sha256": "x"}
REACTION = {"message_id": "wamid.OURS", "emoji": "👍"}
FORWARDED = {"context": {"forwarded": True}}


def tap(payload: str, title: str, kind: str = "button_reply") -> dict[str, Any]:
    """An interactive reply."""
    return {"type": "interactive", "interactive": {"type": kind, kind: {"id": payload, "title": title}}}


def captioned(kind: str, caption: str) -> dict[str, Any]:
    """A picture, film or file with words under it."""
    return {"type": kind, kind: MEDIA | {"caption": caption}}


def system(kind: str, **content: str) -> dict[str, Any]:
    """A system message."""
    return {"type": "system", "system": {"body": "x", "type": kind, **content}}


def edit(**message: Any) -> dict[str, Any]:
    """An edit to this message."""
    return {"type": "edit", "edit": {"original_message_id": "wamid.0", "message": message}}


DECISIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "text, yes": ({"text": "HAAN"}, "granted", "grant"),
    "text, no": ({"text": "*band karo*"}, "revoked", "revoke"),
    "forwarded text, no": ({"text": "NAHI"} | FORWARDED, "revoked", "revoke"),
    "button, yes": ({"button": f"CONSENT_YES:{INVITE}"}, "granted", "grant"),
    "button, no": ({"button": f"CONSENT_NO:{INVITE}"}, "revoked", "revoke"),
    "button without a payload of ours, no": (
        {"type": "button", "button": {"payload": "नहीं", "text": "नहीं"}},
        "revoked",
        "revoke",
    ),
    "button whose title says no": (
        {"type": "button", "button": {"payload": f"CONSENT_YES:{INVITE}", "text": "NAHI"}},
        "revoked",
        "revoke",
    ),
    "interactive, yes": (tap(f"CONSENT_YES:{INVITE}", "HAAN"), "granted", "grant"),
    "interactive, no": (tap("1", "NAHI"), "revoked", "revoke"),
    "interactive list, no": (tap(f"CONSENT_NO:{INVITE}", "x", "list_reply"), "revoked", "revoke"),
    "image, no": (captioned("image", "NAHI"), "revoked", "revoke"),
    "video, no": (captioned("video", "STOP!"), "revoked", "revoke"),
    "document, no": (captioned("document", "बंद करो"), "revoked", "revoke"),
    "edit, no": (edit(type="text", text={"body": "NAHI"}), "revoked", "revoke"),
    "edit of a caption, no": (edit(**captioned("image", "NAHI")), "revoked", "revoke"),
}
QUESTIONS: dict[str, dict[str, Any]] = {
    "text": {"text": "what is this?"},
    "text without a body": {"type": "text"},
    "forwarded text, yes": {"text": "HAAN"} | FORWARDED,
    "often forwarded text, yes": {"text": "HAAN", "context": {"frequently_forwarded": True}},
    "text in a group, yes": {"text": "HAAN", "group_id": "g1"},
    "text with a referral": {"text": "hello", "referral": {"source_type": "ad"}},
    "button": {"button": "something else"},
    "interactive": tap("1", "x"),
    "interactive list": tap("1", "x", "list_reply"),
    "interactive flow": {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Sent"}}},
    "interactive with an error": {"type": "interactive"},
    "image": {"type": "image", "image": MEDIA},
    "image, yes": captioned("image", "HAAN"),
    "video": {"type": "video", "video": MEDIA},
    "document": captioned("document", "the paper"),
    "audio": {"type": "audio", "audio": MEDIA | {"voice": False}},
    "voice note": {"type": "audio", "audio": MEDIA | {"voice": True}},
    "sticker": {"type": "sticker", "sticker": MEDIA | {"animated": False}},
    "location": {"type": "location", "location": {"latitude": 1.5, "longitude": 2.5}},
    "contacts": {"type": "contacts", "contacts": [{"name": {"formatted_name": "x"}}]},
    "order": {"type": "order", "order": {"catalog_id": "1", "text": "", "product_items": []}},
    "reaction": {"type": "reaction", "reaction": REACTION},
    "unsupported": {"type": "unsupported", "errors": [{"code": 131051}]},
    "unsupported poll": {"type": "unsupported", "errors": [{"code": 131051}], "unsupported": {"type": "poll"}},
    "ephemeral": {"type": "ephemeral"},
    "edit": edit(type="text", text={"body": "HAAN"}),
    "edit without a message": {"type": "edit"},
    "revoke": {"type": "revoke", "revoke": {"original_message_id": "wamid.0"}},
    "a type of tomorrow": {"type": "something_new"},
    "no type": {"type": None},
    "a type that is no text": {"type": [7]},
}
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "reaction taken back": ({"type": "reaction", "reaction": REACTION | {"emoji": ""}}, "no_answer"),
    "reaction taken back, without emoji": ({"type": "reaction", "reaction": {"message_id": "wamid.1"}}, "no_answer"),
    "request_welcome": ({"type": "request_welcome"}, "no_answer"),
    "system, number": (system("user_changed_number", wa_id="919800000009"), "number_changed"),
    "system, number, as once": (system("customer_changed_number", new_wa_id="919800000009"), "number_changed"),
    "system, user id": (system("user_changed_user_id", user_id="IN.2", previous_user_id="IN.1"), "user_id_changed"),
    "system, identity": (system("customer_identity_changed"), "identity_changed"),
    "system, anything else": (system("something_new"), "system_note"),
    "system without content": ({"type": "system"}, "system_note"),
}


def types_of(value: Any) -> set[str]:
    """The types of all messages within a body."""
    if isinstance(value, list):
        return set().union(*map(types_of, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    messages = value.get("messages")
    own = {item["type"] for item in messages if "type" in item} if isinstance(messages, list) else set()
    return own.union(*map(types_of, value.values())) if value else own


def test_the_table_holds_every_type_of_the_published_bodies() -> None:
    published = types_of([json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*/*.json"))])
    assert {
        "text",
        "button",
        "interactive",
        "image",
        "reaction",
        "unsupported",
        "system",
        "edit",
        "revoke",
    } <= published
    rows = [*(row[0] for row in DECISIONS.values()), *QUESTIONS.values(), *(row[0] for row in REFUSALS.values())]
    tabled = {str(row.get("type")) for row in rows} | {
        name for row in rows for name in ("text", "button") if name in row
    }
    assert published - tabled == set()


async def ends(world: World) -> list[tuple[str, str | None]]:
    """Outcome and retailer of what the audit holds."""
    return [(entry["outcome"], entry["subject"]) for entry in await world.audits()]


@pytest.mark.parametrize(("message", "outcome", "report"), DECISIONS.values(), ids=DECISIONS)
async def test_a_clear_answer_is_a_decision(world: World, message: dict[str, Any], outcome: str, report: str) -> None:
    assert await world.answer(**dict(message)) == outcome
    assert world.neighbours.reported() == [report]
    assert await ends(world) == [(outcome, RETAILER)]


@pytest.mark.parametrize("message", QUESTIONS.values(), ids=QUESTIONS)
async def test_whatever_a_person_sends_besides_is_asked_about(world: World, message: dict[str, Any]) -> None:
    assert await world.answer(**dict(message)) == "unclear"
    [(path, body)] = world.neighbours.calls
    assert (path, body["invite_id"]) == ("/internal/replies/unclear", INVITE)
    assert await ends(world) == [("unclear", RETAILER)]


@pytest.mark.parametrize(("message", "outcome"), REFUSALS.values(), ids=REFUSALS)
async def test_what_is_meant_as_no_answer_is_an_audited_refusal(
    world: World, message: dict[str, Any], outcome: str
) -> None:
    assert await world.answer(**dict(message)) == outcome
    assert world.neighbours.calls == []
    assert await ends(world) == [(outcome, RETAILER)]


async def test_a_reaction_while_nothing_is_asked_is_an_audited_refusal(world: World) -> None:
    world.neighbours.invites = []
    assert await world.answer(type="reaction", reaction=REACTION) == "no_answer"
    assert world.neighbours.calls == []
    assert await ends(world) == [("no_answer", RETAILER)]


@pytest.mark.parametrize("message", [{"text": "HAAN"}, {"type": "sticker"}, REFUSALS["system, number"][0]])
async def test_an_unknown_sender_ends_as_an_audited_refusal(world: World, message: dict[str, Any]) -> None:
    world.neighbours.phones = {PHONE: []}
    outcome = await world.answer(**dict(message))
    assert outcome in ("unknown_sender", "number_changed")
    assert world.neighbours.calls == []
    assert await ends(world) == [(outcome, None)]
