"""Which event makes which message, what the provider's answer means, and when to try again. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

GIVE_UP = timedelta(hours=24)
LONGEST_WAIT = timedelta(hours=1)
HALT = timedelta(seconds=60)
WITHHELD_WAIT = timedelta(hours=6)
OK, SERVER_ERROR, TOO_MANY = 200, 500, 429
RETRIED_CODES = frozenset({4, 80007, 130429, 131000, 131016, 131056})
WITHHELD_CODE = 131049  # Meta holds the message back "to maintain healthy engagement": not at once
HALTING_CODES = frozenset({190, 131031, 131042})  # token, account or payment: nothing can be sent


class Kind(StrEnum):
    """What a message is for; also the template's name."""

    INVITE = "consent_invite"
    CONFIRMATION = "consent_confirmation"
    DECLINED = "consent_declined"
    WITHDRAWN = "consent_withdrawn"
    EXPIRED = "consent_expired"
    CLARIFICATION = "consent_clarification"
    CLARIFICATION_PLAIN = "consent_clarification_plain"


WITH_BUTTONS = frozenset({Kind.INVITE, Kind.CLARIFICATION})


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to a retailer; no phone, no name."""

    kind: Kind
    retailer_id: str
    language: str
    parameters: tuple[str, ...] = ()
    invite_id: str | None = None
    dedupe_key: str | None = None
    contact_ref: str | None = None


def message_of(event: str, data: Mapping[str, Any]) -> Message | None:
    """The message that an event of altscore.consent asks for, None for events that ask for none."""
    make = _MESSAGES.get(event)
    # Which of the retailer's phones it is for; without it, the vault's newest confirmed one (decision 89).
    return replace(make(data), contact_ref=data.get("contact_ref")) if make is not None else None


def _invite(data: Mapping[str, Any]) -> Message:
    return Message(Kind.INVITE, data["retailer_id"], data["language"], (data["notice_text"],), data["invite_id"])


def _confirmation(data: Mapping[str, Any]) -> Message:
    lenders = ", ".join(lender_name(one) for one in data["lender_scope"])
    parameters = (data["retailer_id"], lenders, shown_day(data["expires_at"]))
    return Message(Kind.CONFIRMATION, data["retailer_id"], data["language"], parameters, data["invite_id"])


def _declined(data: Mapping[str, Any]) -> Message:
    key = _of_one_no(data, data["declined_at"])
    return Message(Kind.DECLINED, data["retailer_id"], data["language"], dedupe_key=key)


def _withdrawn(data: Mapping[str, Any]) -> Message:
    key = _of_one_no(data, data["revoked_at"])
    return Message(Kind.WITHDRAWN, data["retailer_id"], data["language"], dedupe_key=key)


def _expired(data: Mapping[str, Any]) -> Message:
    return Message(Kind.EXPIRED, data["retailer_id"], data["language"])


def _clarification(data: Mapping[str, Any]) -> Message:
    kind = Kind.CLARIFICATION if data["invite_id"] else Kind.CLARIFICATION_PLAIN
    return Message(kind, data["retailer_id"], data["language"], invite_id=data["invite_id"])


_MESSAGES: Mapping[str, Callable[[Mapping[str, Any]], Message]] = {
    "consent.invited": _invite,
    "consent.granted": _confirmation,
    "consent.declined": _declined,
    "consent.revoked": _withdrawn,
    "consent.expired": _expired,
    "consent.clarification_requested": _clarification,
}
EVENTS = tuple(_MESSAGES)


def _of_one_no(data: Mapping[str, Any], at: datetime) -> str:
    """One NAHI may end several consents and invites, all at the same instant: one answer per phone is enough."""
    key = f"no:{data['retailer_id']}:{at.isoformat()}"
    return f"{key}:{data['contact_ref']}" if data.get("contact_ref") else key


def lender_name(lender_id: str) -> str:
    """What a retailer reads for `lender_shriram`: Shriram."""
    return lender_id.removeprefix("lender_").replace("_", " ").replace("-", " ").title()


def shown_day(at: datetime) -> str:
    """A day as retailers write it."""
    return at.astimezone(UTC).strftime("%d-%m-%Y")


def body_of(message: Message, phone: str) -> dict[str, Any]:
    """The Cloud API's request."""
    components: list[dict[str, Any]] = []
    if message.parameters:
        texts = [{"type": "text", "text": one} for one in message.parameters]
        components.append({"type": "body", "parameters": texts})
    if message.kind in WITH_BUTTONS:
        for index, word in enumerate(("YES", "NO")):
            payload = {"type": "payload", "payload": f"CONSENT_{word}:{message.invite_id}"}
            components.append(
                {"type": "button", "sub_type": "quick_reply", "index": str(index), "parameters": [payload]}
            )
    template = {"name": message.kind.value, "language": {"code": message.language}, "components": components}
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": phone,
        "type": "template",
        "template": template,
    }
    # It comes back with every status of the message: so webhook learns which invite a reply to it means.
    return body if message.invite_id is None else body | {"biz_opaque_callback_data": message.invite_id}


class Fate(StrEnum):
    """What an answer means for a message."""

    SENT = "sent"
    RETRY = "retry"
    HALT = "halt"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fate, the provider's code and message id, how long to wait at least, and whether it may have been taken."""

    fate: Fate
    code: str
    provider_id: str | None = None
    at_least: timedelta = timedelta(0)
    is_unknown: bool = False


def judge(status: int, body: Any) -> Verdict:
    """Reads an answer of the Cloud API by error.code; the HTTP status varies and decides only where there is none.

    Source: shared facts on the Cloud API, `connectors.md` (Send).
    """
    if status == OK and (provider_id := _provider_id(body)) is not None:
        return Verdict(Fate.SENT, "ok", provider_id)
    code = _code(body)
    if code is None:
        is_passing = status >= SERVER_ERROR or status in (OK, TOO_MANY)
        return Verdict(Fate.RETRY if is_passing else Fate.FAILED, f"http_{status}")
    if code in HALTING_CODES:
        return Verdict(Fate.HALT, str(code))
    if code == WITHHELD_CODE:
        return Verdict(Fate.RETRY, str(code), at_least=WITHHELD_WAIT)
    return Verdict(Fate.RETRY if code in RETRIED_CODES else Fate.FAILED, str(code))


def _provider_id(body: Any) -> str | None:
    messages = body.get("messages") if isinstance(body, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    found = first.get("id") if isinstance(first, dict) else None
    return found if isinstance(found, str) and found else None


def _code(body: Any) -> int | None:
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def next_try(now: datetime, *, created_at: datetime, attempts: int, at_least: timedelta) -> datetime | None:
    """When to try again: 2, 4, 8, … seconds after each failed try, an hour at most; None when a day has passed."""
    wait = max(min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_WAIT), at_least)
    return now + wait if now + wait < created_at + GIVE_UP else None


def dedupe_key(message: Message, event_id: UUID) -> str:
    """What makes a message unique beside (event, kind)."""
    return message.dedupe_key or f"{event_id}:{message.kind}"
