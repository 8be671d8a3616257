"""What a delivery in Meta's format proves about one message in it. Pure; texts of errors hold nothing of a delivery."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from altscore_libs.identifiers import Phone
from altscore_libs.text import sentence_text

PROVIDER = "whatsapp"
PREFIX = "sha256="
_TAP = re.compile(r"CONSENT_YES:(inv_[0-9a-f]{32})(?::([0-9a-f]{32}))?")
_PHONE = re.compile(r"[0-9]{6,15}")
_LATEST_TIMESTAMP = 4_102_444_800  # 2100; beyond it a timestamp is no timestamp


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as the provider sent it, and which message of it is meant.

    Attributes:
        raw: the body, byte by byte; it holds phone numbers and is never kept.
        signature: X-Hub-Signature-256.
        place: indexes of entry, change and message.
    """

    raw: bytes = field(repr=False)
    signature: str
    place: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Proof:
    """What the verified bytes say of the message.

    Attributes:
        delivery_sha256: digest of the body, by which whoever has it can compare.
        place: of the message in it.
        sent_at: the provider's time; None where the message has none.
        invite_id: of a tap on YES: the invite that the button named.
        reply_token: of a tap on YES: what only the message to the invited phone held.
        contacts: of a plainly typed HAAN: the retailers whose confirmed phone sent it, with the vault's reference of
            each pair; None of everything else.
    """

    delivery_sha256: str
    place: tuple[int, int, int]
    sent_at: datetime | None
    invite_id: str | None = None
    reply_token: str | None = field(default=None, repr=False)
    contacts: Mapping[str, str] | None = None

    def as_evidence(self) -> dict[str, Any]:
        """How a signed record names it."""
        return {"provider": PROVIDER, "delivery_sha256": self.delivery_sha256, "place": list(self.place)}

    def as_evidence_of_yes(self) -> dict[str, Any]:
        """The same of a grant, with what proved the phone: the button's token, or the sender's number."""
        return {**self.as_evidence(), "kind": "typed" if self.reply_token is None else "tap"}


def is_signed(delivery: Delivery, app_secret: bytes) -> bool:
    """Whether the provider's secret signed exactly these bytes; compared in constant time."""
    if not delivery.signature.startswith(PREFIX):
        return False
    expected = hmac.new(app_secret, delivery.raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(delivery.signature.removeprefix(PREFIX).lower().encode(), expected.encode())


def proof_of(delivery: Delivery) -> Proof:
    """What a verified delivery says of its message.

    Raises:
        ValueError: there is no message at that place.
    """
    message = _message_at(delivery.raw, delivery.place)
    invite_id, reply_token = _tap_of(message)
    return Proof(
        delivery_sha256=hashlib.sha256(delivery.raw).hexdigest(),
        place=delivery.place,
        sent_at=_sent_at(message.get("timestamp")),
        invite_id=invite_id,
        reply_token=reply_token,
    )


def typed_yes_of(delivery: Delivery, affirmations: frozenset[str]) -> Phone | None:
    """Whose number plainly typed HAAN in a verified delivery; None of every other message.

    An edited message has another type. What was forwarded or written in a group need not be the sender's own answer,
    and a sender without a number proves no phone by a text.

    Raises:
        ValueError: there is no message at that place.
    """
    message = _message_at(delivery.raw, delivery.place)
    context = message.get("context")
    marks = context if isinstance(context, dict) else {}
    if marks.get("forwarded") or marks.get("frequently_forwarded") or message.get("group_id"):
        return None
    sender = _text(message, "from")
    is_typed = message.get("type") == "text" and sentence_text(_text(message.get("text"), "body")) in affirmations
    return Phone(sender) if is_typed and _PHONE.fullmatch(sender) else None


def _message_at(raw: bytes, place: Sequence[int]) -> dict[str, Any]:
    entry, change, index = place
    try:
        content = json.loads(raw.decode())["entry"][entry]["changes"][change]
        message = content["value"]["messages"][index]
        is_message = content["field"] == "messages" and isinstance(message["id"], str) and message["id"] != ""
    except (ValueError, LookupError, TypeError, RecursionError):
        is_message = False
    if not is_message:
        raise ValueError("the delivery has no message at this place") from None
    return dict(message)


def _tap_of(message: dict[str, Any]) -> tuple[str | None, str | None]:
    """Invite and token of a tap on YES; whatever else a message is, it is none."""
    kind = message.get("type")
    if kind == "button":
        payload = _text(message.get("button"), "payload")
    elif kind == "interactive":
        reply = message.get("interactive")
        holder = reply if isinstance(reply, dict) else {}
        payload = _text(holder.get("button_reply"), "id") or _text(holder.get("list_reply"), "id")
    else:
        return None, None
    match = _TAP.fullmatch(payload)
    return (match[1], match[2]) if match is not None else (None, None)


def _text(value: Any, name: str) -> str:
    text = value.get(name) if isinstance(value, dict) else None
    return text if isinstance(text, str) else ""


def _sent_at(timestamp: Any) -> datetime | None:
    text = str(timestamp) if isinstance(timestamp, (str, int)) and not isinstance(timestamp, bool) else ""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_LATEST_TIMESTAMP))
    if not is_number or int(text) > _LATEST_TIMESTAMP:
        return None
    return datetime.fromtimestamp(int(text), UTC)
