"""Whatever an entry says, a parser that shares nothing with the writer reads exactly that."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from altscore_audit.chain.domain import Link, Rule
from altscore_audit.siem.domain import SUSPICIOUS, TEXTS, Format, cef_line, cef_text, json_text, syslog_frame
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators_siem.messages import Octets, read_cef, read_syslog

AT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
TEXT = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1)
HOSTILE = st.text("\\=|\n\r ab=\\", min_size=1)
ANY = st.one_of(TEXT, HOSTILE)
KEYS = ("suser", "duser", "outcome", "reason", "msg")


def link_of(payload: str, *, action: str = "consent_granted") -> Link:
    return Link(
        chain="general",
        seq=7,
        event_id=UUID(int=7),
        occurred_at=AT,
        recorded_at=AT,
        action=action,
        payload=payload,
        prev_hash=bytes(range(32)),
        entry_hash=bytes(32),
    )


@settings(deadline=None)
@given(st.lists(ANY, min_size=len(KEYS), max_size=len(KEYS)))
def test_every_text_comes_back_from_cef_as_it_was(texts: list[str]) -> None:
    values = dict(zip(KEYS, texts, strict=True))
    assert read_cef(cef_line(("a", "b", "1", "c", "d", "3"), values))[1] == values


@settings(deadline=None)
@given(ANY)
def test_a_text_in_the_header_stays_one_field_and_one_line(text: str) -> None:
    header, values = read_cef(cef_line(("a", "b", "1", text, "d", "3"), {"msg": "m"}))
    assert header["class_id"] == text.replace("\n", " ").replace("\r", " ")
    assert (header["severity"], values) == ("3", {"msg": "m"})


@settings(deadline=None)
@given(ANY, ANY)
def test_an_actor_cannot_write_another_field(actor: str, reason: str) -> None:
    payload = json.dumps({"actor": actor, "reason": reason})
    values = read_cef(cef_text(link_of(payload)))[1]
    assert (values["suser"], values["reason"], values["msg"]) == (actor, reason, payload)
    assert (values["cn1"], values["cs1"], values["cs2"]) == ("7", bytes(range(32)).hex(), bytes(32).hex())


@settings(deadline=None)
@given(st.lists(ANY, min_size=1, max_size=5), st.integers(1, 40))
def test_messages_of_any_text_are_taken_apart_wherever_the_stream_is_cut(texts: list[str], step: int) -> None:
    frames = b"".join(syslog_frame(link_of("{}"), text, "h") for text in texts)
    octets = Octets()
    messages = [message for at in range(0, len(frames), step) for message in octets.take(frames[at : at + step])]
    assert [read_syslog(message)["text"] for message in messages] == texts


@pytest.mark.parametrize("payload", ["{}", "[]", "no json", '{"actor":7}', '{"actor":"\\ud800"}'])
@pytest.mark.parametrize("form", ["json", "cef"])
def test_no_payload_stops_the_stream(payload: str, form: Format) -> None:
    link = link_of(payload)
    (message,) = Octets().take(syslog_frame(link, TEXTS[form](link), "h"))
    text = read_syslog(message)["text"]
    assert (json.loads(text)["payload"] if form == "json" else read_cef(text)[1]["msg"]) == payload


def test_json_is_ascii_on_one_line() -> None:
    text = json_text(link_of('{"actor":"राज\u2028"}'))
    assert text.isascii()
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(("action", "priority"), [("identity_tampered", b"<108>"), ("score_refused", b"<109>")])
def test_what_is_suspicious_has_a_higher_severity(action: str, priority: bytes) -> None:
    link = link_of("{}", action=action)
    assert syslog_frame(link, "", "h").split(b" ", 1)[1].startswith(priority)
    severity = read_cef(cef_text(link))[0]["severity"]
    assert severity == ("7" if priority == b"<108>" else "3")


def test_suspicious_actions_are_actions_that_may_be_audited(rules: dict[str, Rule]) -> None:
    assert set(rules) >= SUSPICIOUS
