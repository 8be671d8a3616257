"""Which event asks for which message, what became of an attempt to send it, and when to try again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from altscore_libs.instants import last_day_before

GIVE_UP = timedelta(hours=24)
HALT = timedelta(seconds=60)
OK, SERVER_ERROR, TOO_MANY = 200, 500, 429
ERASURE = "erasure"


class MessageKind(StrEnum):
    """What a message is for; also the template's name."""

    INVITE = "consent_invite"
    CONFIRMATION = "consent_confirmation"
    DECLINED = "consent_declined"
    WITHDRAWN = "consent_withdrawn"
    EXPIRED = "consent_expired"
    CLARIFICATION = "consent_clarification"
    CLARIFICATION_PLAIN = "consent_clarification_plain"
    ERASURE_NOTICE = "erasure_notice"
    ERASURE_CANCELLED = "erasure_cancelled"
    GRIEVANCE_RESOLVED = "grievance_resolved"
    BREACH_NOTICE = "breach_notice"


_NOTICE_KEY = "notice:"
NOTICES = frozenset(
    {
        MessageKind.ERASURE_NOTICE,
        MessageKind.ERASURE_CANCELLED,
        MessageKind.GRIEVANCE_RESOLVED,
        MessageKind.BREACH_NOTICE,
    }
)
# What became of a complaint, as the retailer reads it; a code without a text is told without one.
OUTCOMES: Mapping[str, Mapping[str, str]] = {
    "data_corrected": {
        "hi": "रिकॉर्ड ठीक किए गए हैं और स्कोर फिर से निकाला जाएगा",
        "en": "the records were corrected and your score is computed anew",
    },
    "score_confirmed": {
        "hi": "स्कोर की जाँच हुई और वह सही है",
        "en": "your score was checked and is right",
    },
    "consent_settled": {
        "hi": "आपकी सहमति का रिकॉर्ड जाँचा गया है",
        "en": "the record of your consent was checked",
    },
    "answered": {"hi": "जवाब दिया गया है", "en": "it was answered"},
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a retailer, without phone and name.

    Attributes:
        parameters: fill the template.
        dedupe_key: events with the same key make one message; None: each event its own.
        contact_ref: the vault's reference of the phone; None: the newest confirmed one (decision 89).
        reply_token: goes into the YES button, so that a tap proves that the phone got this message (ADR 0046).
    """

    kind: MessageKind
    retailer_id: str
    language: str
    parameters: tuple[str, ...] = ()
    invite_id: str | None = None
    dedupe_key: str | None = None
    contact_ref: str | None = None
    reply_token: str | None = None


def message_for(event: str, data: Mapping[str, Any]) -> Message | None:
    """The message that an event asks for, None for events that ask for none.

    A consent that ended because its retailer was erased asks for none: nobody is written to after an erasure.
    """
    create = _MESSAGES.get(event) if data.get("reason") != ERASURE else None
    return create(data) if create is not None else None


def _invite(data: Mapping[str, Any]) -> Message:
    return _message(MessageKind.INVITE, data, parameters=(data["notice_text"],), invite_id=data["invite_id"])


def _confirmation(data: Mapping[str, Any]) -> Message:
    lenders = ", ".join(lender_name(lender_id) for lender_id in data["lender_scope"])
    parameters = (data["retailer_id"], lenders, display_date(last_day_before(data["expires_at"])))
    return _message(MessageKind.CONFIRMATION, data, parameters=parameters, invite_id=data["invite_id"])


def _declined(data: Mapping[str, Any]) -> Message:
    return _message(MessageKind.DECLINED, data, dedupe_key=_withdrawal_key(data, data["declined_at"]))


def _withdrawn(data: Mapping[str, Any]) -> Message:
    return _message(MessageKind.WITHDRAWN, data, dedupe_key=_withdrawal_key(data, data["revoked_at"]))


def _expired(data: Mapping[str, Any]) -> Message:
    return _message(MessageKind.EXPIRED, data)


def _clarification(data: Mapping[str, Any]) -> Message:
    kind = MessageKind.CLARIFICATION if data["invite_id"] else MessageKind.CLARIFICATION_PLAIN
    return _message(kind, data, invite_id=data["invite_id"])


def _notice(data: Mapping[str, Any]) -> Message | None:
    """What admin asks to tell a retailer; a kind of a later release is left to it."""
    if data["kind"] not in NOTICES:
        return None
    parameters = [data["reference"]]
    if data["kind"] == MessageKind.GRIEVANCE_RESOLVED:
        texts = OUTCOMES.get(data["outcome"] or "", OUTCOMES["answered"])
        parameters.append(texts[data["language"]])
    key = _NOTICE_KEY + data["notice_id"]
    return _message(MessageKind(data["kind"]), data, parameters=tuple(parameters), dedupe_key=key)


def _message(
    kind: MessageKind,
    data: Mapping[str, Any],
    *,
    parameters: tuple[str, ...] = (),
    invite_id: str | None = None,
    dedupe_key: str | None = None,
) -> Message:
    return Message(
        kind=kind,
        retailer_id=data["retailer_id"],
        language=data["language"],
        parameters=parameters,
        invite_id=invite_id,
        dedupe_key=dedupe_key,
        contact_ref=data.get("contact_ref"),
        reply_token=data.get("reply_token"),
    )


_MESSAGES: Mapping[str, Callable[[Mapping[str, Any]], Message | None]] = {
    "consent.invited": _invite,
    "consent.granted": _confirmation,
    "consent.declined": _declined,
    "consent.revoked": _withdrawn,
    "consent.expired": _expired,
    "consent.clarification_requested": _clarification,
    "retailer.notice_requested": _notice,
}
EVENTS = tuple(_MESSAGES)


def _withdrawal_key(data: Mapping[str, Any], at: datetime) -> str:
    """One NAHI may end several consents and invites, all at the same instant: one answer per phone is enough."""
    key = f"no:{data['retailer_id']}:{at.isoformat()}"
    return f"{key}:{data['contact_ref']}" if data.get("contact_ref") else key


def lender_name(lender_id: str) -> str:
    """A lender's name as retailers read it: Shriram for `lender_shriram`."""
    return lender_id.removeprefix("lender_").replace("_", " ").replace("-", " ").title()


def display_date(day: date) -> str:
    """A date as retailers write it."""
    return day.strftime("%d-%m-%Y")


class SendStatus(StrEnum):
    """What a provider's response means for a message."""

    SENT = "sent"
    RETRY = "retry"
    HALT = "halt"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one attempt.

    Attributes:
        code: the provider's, or ours.
        provider_id: the provider's id of an accepted message.
        min_wait: how long to wait at least before the next attempt.
        may_have_been_taken: no response came, yet the request left.
    """

    status: SendStatus
    code: str
    provider_id: str | None = None
    min_wait: timedelta = timedelta(0)
    may_have_been_taken: bool = False


def notice_id_of(key: str) -> str | None:
    """The notice that a message tells, by what makes the message unique; None for messages of another event."""
    return key.removeprefix(_NOTICE_KEY) if key.startswith(_NOTICE_KEY) else None


def dedupe_key(message: Message, event_id: UUID) -> str:
    """What makes a message unique beside (event, kind)."""
    return message.dedupe_key or f"{event_id}:{message.kind}"
