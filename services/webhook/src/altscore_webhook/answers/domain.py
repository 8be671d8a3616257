"""What a retailer answered, and what follows from it: the rules of decisions 32, 65, 66, 88, 89 and 90."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from altscore_libs.identifiers import Phone
from altscore_libs.text import comparison_text

from altscore_webhook.deliveries.domain import phone_at, text_at, user_id_at

AFFIRMATIVES = frozenset({"haan", "yes", "हाँ", "हां"})
NEGATIVES = frozenset({"nahi", "nahin", "no", "stop", "नहीं", "नही", "नहीँ"})
# What a person sends as an answer without text; reactions, system notes and new types are no answers.
TEXTLESS_TYPES = frozenset({"image", "audio", "video", "document", "sticker", "location", "contacts", "order"})
# Quotation marks, WhatsApp's own marks for bold, italic and the like, and what ends a sentence that asks nothing.
_AROUND_AN_ANSWER = " .,;:!।॥。、*_~`´\"'“”„‘’‚«»()[]{}<>-–—"
# Invisible, yet neither format nor control characters: variation selectors, joiners and fillers of single scripts.
_INVISIBLE = frozenset((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0)).union(
    range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
)
_PAYLOAD = re.compile(r"CONSENT_(YES|NO)(?::(.*))?", re.DOTALL)
_INVITE = re.compile(r"inv_[0-9a-f]{32}")
_LATEST_TIMESTAMP = 4_102_444_800  # 2100; beyond it a timestamp is no timestamp


class Answer(StrEnum):
    """What a retailer answered."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reply:
    """A message as far as consent cares.

    Attributes:
        replied_to: id of the message that it quotes.
        user_id: of its sender, who may hide the phone.
    """

    phone: Phone | None
    sent_at: datetime
    answer: Answer
    invite_id: str | None = None
    replied_to: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite as consent shows it; `contact_ref` names the phone that it was put to."""

    invite_id: str
    retailer_id: str
    distributor_id: str
    lender_scope: tuple[str, ...]
    purpose: str
    contact_ref: str | None


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the phone that answered.

    Attributes:
        contacts: the retailers whose confirmed phone it is; each with the vault's reference of that pair.
        names_invite: whether the answer names an invite, by its button or by the message that it replies to.
        named_invite: that invite, None when consent does not know it.
        open_invites: of these retailers, whichever phone they were put to.
        is_replaced: whether the sender edited or deleted the message since.
    """

    contacts: Mapping[str, str]
    names_invite: bool = False
    named_invite: Invite | None = None
    open_invites: Sequence[Invite] = ()
    is_replaced: bool = False

    def was_asked(self, invite: Invite) -> bool:
        """Whether the invite was put to the phone that answered (decision 89)."""
        return invite.contact_ref is not None and self.contacts.get(invite.retailer_id) == invite.contact_ref


@dataclass(frozen=True, slots=True)
class Grant:
    """Report a HAAN to an invite; should consent not accept it, ask again."""

    invite: Invite
    contact_ref: str
    otherwise: "Clarify"


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Report a NAHI of these retailers."""

    retailer_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clarify:
    """Ask a phone again, about an invite or about none in particular."""

    retailer_id: str
    contact_ref: str
    invite_id: str | None
    outcome: str = "unclear"


@dataclass(frozen=True, slots=True)
class Note:
    """Only record the outcome."""

    outcome: str
    retailer_ids: tuple[str, ...] = ()


Decision = Grant | Withdraw | Clarify | Note


def decide(answer: Answer, context: Context) -> Decision:
    """What follows from an answer."""
    if not context.contacts:
        return Note("unknown_sender")
    if answer is Answer.NO:
        return _withdraw(context)
    if answer is Answer.YES and context.is_replaced:
        return Note("replaced", tuple(context.contacts))
    if answer is Answer.YES:
        return _grant(context)
    return _ask_again(context)


def _withdraw(context: Context) -> Withdraw:
    """A typed NAHI is for every retailer of the phone; a button's NO for the retailer that its invite was put to."""
    invite = context.named_invite
    if invite is not None and invite.retailer_id in context.contacts:
        return Withdraw((invite.retailer_id,))
    return Withdraw(tuple(context.contacts))


def _grant(context: Context) -> Grant | Clarify:
    """A HAAN counts for the one invite that it answers, and only from the phone that the invite was put to."""
    invite = _answered_invite(context)
    if invite is None:
        return _ask_again(context)
    contact_ref = context.contacts[invite.retailer_id]
    if not context.was_asked(invite):  # asked in neutral words: this phone must not learn of another phone's invite
        return Clarify(invite.retailer_id, contact_ref, None, outcome="wrong_phone")
    return Grant(invite, contact_ref, _ask_again(context))


def _answered_invite(context: Context) -> Invite | None:
    """The button's invite, that of the message replied to, or the only open one; of this phone before another's."""
    if context.names_invite:
        invite = context.named_invite
        return invite if invite is not None and invite.retailer_id in context.contacts else None
    candidates = [invite for invite in context.open_invites if context.was_asked(invite)] or context.open_invites
    return candidates[0] if len(candidates) == 1 else None


def _ask_again(context: Context) -> Clarify:
    """Asks about this phone's open invite where there is just one, else about none; one question per phone."""
    invites = [invite for invite in context.open_invites if context.was_asked(invite)]
    retailer_id = invites[0].retailer_id if invites else next(iter(context.contacts))
    invite_id = invites[0].invite_id if len(invites) == 1 else None
    return Clarify(retailer_id, context.contacts[retailer_id], invite_id)


def read_reply(message: Mapping[str, Any], received_at: datetime) -> Reply:
    """A message as a reply; without a readable time it was sent when it came, and never after that.

    An edited or a deleted message can say NAHI and never HAAN (decision 90).
    """
    answer, invite_id = _answer_of(message)
    phone = phone_at(message, "from")
    return Reply(
        phone=Phone(phone) if phone is not None else None,
        sent_at=_sent_at(message.get("timestamp"), received_at),
        answer=answer,
        invite_id=invite_id,
        replied_to=text_at(message, "context", "id") or None,
        user_id=user_id_at(message, "from_user_id"),
    )


def _sent_at(timestamp: Any, received_at: datetime) -> datetime:
    text = str(timestamp) if isinstance(timestamp, (str, int)) and not isinstance(timestamp, bool) else ""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_LATEST_TIMESTAMP))
    if not is_number or int(text) > _LATEST_TIMESTAMP:
        return received_at
    return min(datetime.fromtimestamp(int(text), UTC), received_at)


def _answer_of(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    kind = message.get("type")
    if kind == "text":
        return answer_of_text(text_at(message, "text", "body")), None
    if kind == "button":
        return answer_of_payload(text_at(message, "button", "payload"))
    if kind == "interactive":
        reply = message.get("interactive")
        return answer_of_payload(text_at(reply, "button_reply", "id") or text_at(reply, "list_reply", "id"))
    if kind == "edit":
        return _answer_of_edit(message.get("edit"))
    return (Answer.UNCLEAR if kind in TEXTLESS_TYPES or kind == "revoke" else Answer.NONE), None


def _answer_of_edit(edit: Any) -> tuple[Answer, str | None]:
    message = edit.get("message") if isinstance(edit, dict) else None
    if not isinstance(message, dict) or message.get("type") == "edit":
        return Answer.UNCLEAR, None
    answer, invite_id = _answer_of(message)
    return (Answer.NO, invite_id) if answer is Answer.NO else (Answer.UNCLEAR, None)


def answer_of_text(text: str) -> Answer:
    """Reads exact answers only (decision 32): a sentence that contains HAAN is not a HAAN."""
    visible = "".join(character for character in text if ord(character) not in _INVISIBLE)
    plain = comparison_text(visible).strip(_AROUND_AN_ANSWER)
    if plain in AFFIRMATIVES:
        return Answer.YES
    return Answer.NO if plain in NEGATIVES else Answer.UNCLEAR


def answer_of_payload(payload: str) -> tuple[Answer, str | None]:
    """A button's answer and its invite. A NO without a readable invite is still a NO, a YES is not a YES."""
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return Answer.UNCLEAR, None
    invite_id = match[2] if match[2] is not None and _INVITE.fullmatch(match[2]) else None
    if match[1] == "NO":
        return Answer.NO, invite_id
    return (Answer.YES, invite_id) if invite_id is not None else (Answer.UNCLEAR, None)
