"""What a signed delivery proves, and that nothing strange in it is more than no proof."""

import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from altscore_consent.evidence.domain import Delivery, is_signed, proof_of
from hypothesis import given, settings
from hypothesis import strategies as st

INVITE, TOKEN = "inv_" + "1" * 32, "a" * 32
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def deliver(message: Any, place: tuple[int, int, int] = (0, 0, 0), *, field: str = "messages") -> Delivery:
    raw = json.dumps({"entry": [{"changes": [{"field": field, "value": {"messages": [message]}}]}]}).encode()
    return Delivery(raw, "sha256=" + hmac.new(b"secret", raw, hashlib.sha256).hexdigest(), place)


def tapped(payload: Any, **change: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "timestamp": "1779263945", "type": "button", "button": {"payload": payload}} | change


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (tapped(f"CONSENT_YES:{INVITE}:{TOKEN}"), (INVITE, TOKEN)),
        (tapped(f"CONSENT_YES:{INVITE}"), (INVITE, None)),
        (tapped(f"CONSENT_NO:{INVITE}:{TOKEN}"), (None, None)),
        (tapped(f"CONSENT_YES:{INVITE}:{TOKEN}\n"), (None, None)),
        (tapped(f"CONSENT_YES:{INVITE}:{TOKEN[1:]}"), (None, None)),
        (tapped(["CONSENT_YES"]), (None, None)),
        (tapped(None, type="text", text={"body": f"CONSENT_YES:{INVITE}:{TOKEN}"}), (None, None)),
        (
            tapped(None, type="interactive", interactive={"button_reply": {"id": f"CONSENT_YES:{INVITE}:{TOKEN}"}}),
            (INVITE, TOKEN),
        ),
        (tapped(None, type="interactive", interactive=[]), (None, None)),
    ],
)
def test_only_a_tap_on_yes_names_an_invite_and_its_token(message: Any, expected: tuple[str, str]) -> None:
    proof = proof_of(deliver(message))
    assert (proof.invite_id, proof.reply_token) == expected
    assert proof.sent_at == datetime(2026, 5, 20, 7, 59, 5, tzinfo=UTC)


@pytest.mark.parametrize("timestamp", [None, "", "-1", "1e9", True, "99999999999", "\u0661", 4_102_444_801, [1]])
def test_a_time_that_is_none_is_no_time(timestamp: Any) -> None:
    assert proof_of(deliver(tapped("x", timestamp=timestamp))).sent_at is None


@pytest.mark.parametrize(
    "delivery",
    [
        deliver(tapped("x"), (0, 0, 1)),
        deliver(tapped("x"), (1, 0, 0)),
        deliver(tapped("x"), field="statuses"),
        deliver(tapped("x", id="")),
        deliver(tapped("x", id=7)),
        deliver("text"),
        Delivery(b"[" * 100_000, "", (0, 0, 0)),
        Delivery(b"\xff", "", (0, 0, 0)),
        Delivery(b"null", "", (0, 0, 0)),
    ],
)
def test_a_delivery_without_such_a_message_proves_nothing(delivery: Delivery) -> None:
    with pytest.raises(ValueError, match="no message at this place"):
        proof_of(delivery)


@settings(max_examples=200, deadline=None)
@given(body=JSON, message=JSON)
def test_whatever_the_provider_signs_is_a_proof_or_none(body: Any, message: Any) -> None:
    for delivery in (Delivery(json.dumps(body).encode(), "", (0, 0, 0)), deliver(message)):
        with contextlib.suppress(ValueError):
            assert proof_of(delivery).reply_token is None


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=60), at=st.integers(0, 59), bit=st.integers(0, 7))
def test_a_signature_holds_for_exactly_its_bytes_and_secret(raw: bytes, at: int, bit: int) -> None:
    signature = "sha256=" + hmac.new(b"secret", raw, hashlib.sha256).hexdigest()
    assert is_signed(Delivery(raw, signature, (0, 0, 0)), b"secret")
    upper = "sha256=" + signature.removeprefix("sha256=").upper()
    assert is_signed(Delivery(raw, upper, (0, 0, 0)), b"secret")
    assert not is_signed(Delivery(raw, signature, (0, 0, 0)), b"Secret")
    assert not is_signed(Delivery(raw, signature.removeprefix("sha256="), (0, 0, 0)), b"secret")
    if raw:
        changed = bytearray(raw)
        changed[at % len(raw)] ^= 1 << bit
        assert not is_signed(Delivery(bytes(changed), signature, (0, 0, 0)), b"secret")
