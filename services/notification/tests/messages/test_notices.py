"""What admin asks to tell a retailer is told once, in their language, by a template of ours."""

import json
from pathlib import Path

import pytest
from altscore_notification.messages.domain import NOTICES, OUTCOMES, MessageKind, message_for

from ..conftest import OWN_FIELDS, PHONE, RETAILER, World

NAME = "retailer.notice_requested"
TEMPLATES = json.loads(
    (Path(__file__).parents[2] / "src/altscore_notification/whatsapp/templates.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_a_notice_is_sent_once_in_the_retailers_language_and_audited_by_its_kind_and_id(
    world: World, language: str
) -> None:
    for _ in range(2):  # two events about one notice
        await world.consume(NAME, language=language)
    while await world.queue.work_once():
        pass
    [body] = world.neighbours.sent
    assert (body["to"], body["template"]["name"]) == (PHONE, "grievance_resolved")
    assert body["template"]["language"] == {"code": language}
    texts = [item["text"] for item in body["template"]["components"][0]["parameters"]]
    assert texts == ["grv_" + "5" * 32, OUTCOMES["data_corrected"][language]]
    [audit] = await world.audits()
    assert (audit["action"], audit["subject"], audit["details"]["kind"]) == (
        "message_sent",
        RETAILER,
        "grievance_resolved",
    )
    assert audit["details"]["notice_id"] == OWN_FIELDS[NAME]["notice_id"]


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_every_notice_fills_its_template(kind: MessageKind) -> None:
    data = {"retailer_id": RETAILER, "language": "hi"} | OWN_FIELDS[NAME] | {"kind": kind}
    message = message_for(NAME, data)
    assert message is not None
    assert len(message.parameters) == len(TEMPLATES[kind]["parameters"])


@pytest.mark.parametrize("kind", ["consent_invite", "erasure_done"])
def test_a_notice_of_another_kind_is_no_message(kind: str) -> None:
    data = {"retailer_id": RETAILER, "language": "hi"} | OWN_FIELDS[NAME] | {"kind": kind}
    assert message_for(NAME, data) is None


def test_a_code_without_a_text_is_told_without_one() -> None:
    data = {"retailer_id": RETAILER, "language": "en"} | OWN_FIELDS[NAME] | {"outcome": "unheard_of"}
    message = message_for(NAME, data)
    assert message is not None
    assert message.parameters[-1] == "it was answered"


def test_every_outcome_has_both_languages() -> None:
    assert OUTCOMES
    assert all(set(texts) == {"hi", "en"} for texts in OUTCOMES.values())


def test_the_notice_of_an_erasure_says_how_to_stop_it() -> None:
    texts = TEMPLATES["erasure_notice"]["text"]
    assert all("48" in text and "NAHI" in text for text in texts.values())
