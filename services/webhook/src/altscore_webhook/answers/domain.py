"""What a retailer answered, and what follows from it: the rules of decisions 32, 65, 66, 88, 89 and 90."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from altscore_libs.identifiers import Phone

from altscore_webhook.answers.phrases import is_affirmation, is_negation
from altscore_webhook.deliveries.domain import phone_at, text_at, user_id_at

SYSTEM_OUTCOMES = {
    "user_changed_number": "number_changed",
    "customer_changed_number": "number_changed",
    "user_changed_user_id": "user_id_changed",
    "user_identity_changed": "identity_changed",
    "customer_identity_changed": "identity_changed",
}
_PAYLOAD = re.compile(r"CONSENT_(YES|NO)(?::(.*))?", re.DOTALL)
_INVITE = re.compile(r"(inv_[0-9a-f]{32})(?::[0-9a-f]{32})?")  # the token after it is consent's to verify (ADR 0046)
_LATEST_TIMESTAMP = 4_102_444_800  # 2100; beyond it a timestamp is no timestamp


class Answer(StrEnum):
    """What a retailer answered; a reaction may be meant as an answer, and NONE is meant as none."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    REACTION = "reaction"
    NONE = "none"


class Sender(StrEnum):
    """How it is known whose message it is.

    CONFIRMED: by the number, or by the user id that was seen beside it; FORMER: by the number before a change;
    BY_INVITE: by nothing but the invite that the message answers; HIDDEN: not at all.
    """

    CONFIRMED = "confirmed"
    FORMER = "former"
    BY_INVITE = "by_invite"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Reply:
    """A message as far as consent cares.

    Attributes:
        replied_to: id of the message that it quotes or reacts to.
        user_id: of its sender, who may hide the phone; of a system message: the user id before.
        system_outcome: of a system message: what it tells of.
    """

    phone: Phone | None
    sent_at: datetime
    answer: Answer
    invite_id: str | None = None
    replied_to: str | None = None
    user_id: str | None = None
    system_outcome: str | None = None


@dataclass(frozen=True, slots=True)
class ProvenAnswer:
    """An answer with the provider's delivery that it came in.

    Attributes:
        message_hash: keyed hash of the message's id.
        sent_at: when it was sent.
        raw: the delivery byte by byte.
        signature: the provider's, over these bytes.
        place: of the message in it.
    """

    message_hash: str
    sent_at: datetime
    raw: bytes = field(repr=False)
    signature: str
    place: tuple[int, ...]


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
        sender: how it is known whose message it is.
    """

    contacts: Mapping[str, str]
    names_invite: bool = False
    named_invite: Invite | None = None
    open_invites: Sequence[Invite] = ()
    is_replaced: bool = False
    sender: Sender = Sender.CONFIRMED

    def was_asked(self, invite: Invite) -> bool:
        """Whether the invite was put to the phone that answered (decision 89)."""
        return invite.contact_ref is not None and self.contacts.get(invite.retailer_id) == invite.contact_ref

    def open_questions(self) -> list[Invite]:
        """The open invites that were put to the phone that answered."""
        return [invite for invite in self.open_invites if self.was_asked(invite)]


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
    if (outcome := _only_noted(answer, context)) is not None:
        return Note(outcome, tuple(context.contacts))
    if answer is Answer.YES and context.sender is Sender.CONFIRMED:
        return _grant(context)
    return _ask_again(context)


def _only_noted(answer: Answer, context: Context) -> str | None:
    """The outcome of what is neither heard nor asked about, None of everything else."""
    if context.sender is Sender.FORMER:  # the former number may be another person's by now: nothing is asked there
        return "former_sender"
    if answer is Answer.NONE or (answer is Answer.REACTION and not context.open_questions()):
        return "no_answer"
    return "replaced" if answer is Answer.YES and context.is_replaced else None


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
    candidates = context.open_questions() or context.open_invites
    return candidates[0] if len(candidates) == 1 else None


def _ask_again(context: Context) -> Clarify:
    """Asks about this phone's open invite where there is just one, else about none; one question per phone."""
    invites = context.open_questions()
    retailer_id = invites[0].retailer_id if invites else next(iter(context.contacts))
    invite_id = invites[0].invite_id if len(invites) == 1 else None
    return Clarify(retailer_id, context.contacts[retailer_id], invite_id)


def read_reply(message: Mapping[str, Any], received_at: datetime) -> Reply:
    """A message as a reply; without a readable time it was sent when it came, and never after that.

    An edited or a deleted message can say NAHI and never HAAN (decision 90).
    """
    answer, invite_id = _answer_of(message)
    phone = phone_at(message, "from")
    is_system = message.get("type") == "system"
    user_id_before = user_id_at(message.get("system"), "previous_user_id") if is_system else None
    return Reply(
        phone=Phone(phone) if phone is not None else None,
        sent_at=_sent_at(message.get("timestamp"), received_at),
        answer=answer,
        invite_id=invite_id,
        replied_to=text_at(message, "context", "id") or text_at(message, "reaction", "message_id") or None,
        user_id=user_id_before or user_id_at(message, "from_user_id"),
        system_outcome=SYSTEM_OUTCOMES.get(text_at(message, "system", "type"), "system_note") if is_system else None,
    )


def _sent_at(timestamp: Any, received_at: datetime) -> datetime:
    text = str(timestamp) if isinstance(timestamp, (str, int)) and not isinstance(timestamp, bool) else ""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_LATEST_TIMESTAMP))
    if not is_number or int(text) > _LATEST_TIMESTAMP:
        return received_at
    return min(datetime.fromtimestamp(int(text), UTC), received_at)


def _answer_of(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    """The answer, and the invite of a tap; a type that is not known here may have been an answer: it is asked about."""
    read = _READERS.get(str(message.get("type")))
    return read(message) if read is not None else (Answer.UNCLEAR, None)


def _read_text(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    return _own(answer_of_text(text_at(message, "text", "body")), message), None


def _read_button(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    return answer_of_tap(text_at(message, "button", "payload"), text_at(message, "button", "text"))


def _read_interactive(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    reply = message.get("interactive")
    kind = "button_reply" if text_at(reply, "button_reply", "id") else "list_reply"
    return answer_of_tap(text_at(reply, kind, "id"), text_at(reply, kind, "title"))


def _read_caption(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    """A NAHI under a picture is a NAHI; a HAAN there is asked about, since the notice is answered in writing."""
    caption = text_at(message, str(message["type"]), "caption")
    return (Answer.NO if is_negation(caption) else Answer.UNCLEAR), None


def _read_edit(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    edit = message.get("edit")
    edited = edit.get("message") if isinstance(edit, dict) else None
    if not isinstance(edited, dict) or edited.get("type") == "edit":
        return Answer.UNCLEAR, None
    answer, invite_id = _answer_of(edited)
    return (Answer.NO, invite_id) if answer is Answer.NO else (Answer.UNCLEAR, None)


def _read_reaction(message: Mapping[str, Any]) -> tuple[Answer, str | None]:
    return (Answer.REACTION if text_at(message, "reaction", "emoji") else Answer.NONE), None


def _no_answer(_: Mapping[str, Any]) -> tuple[Answer, str | None]:
    return Answer.NONE, None


_READERS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Answer, str | None]]] = {
    "text": _read_text,
    "button": _read_button,
    "interactive": _read_interactive,
    "image": _read_caption,
    "video": _read_caption,
    "document": _read_caption,
    "edit": _read_edit,
    "reaction": _read_reaction,
    "system": _no_answer,
    "request_welcome": _no_answer,  # a chat was opened and nothing was written
}


def _own(answer: Answer, message: Mapping[str, Any]) -> Answer:
    """A HAAN that was forwarded, or written in a group, need not be the sender's own answer to us."""
    context = message.get("context")
    marks = context if isinstance(context, dict) else {}
    is_forwarded = bool(marks.get("forwarded") or marks.get("frequently_forwarded"))
    return Answer.UNCLEAR if answer is Answer.YES and (is_forwarded or message.get("group_id")) else answer


def answer_of_text(text: str) -> Answer:
    """What a typed text answers."""
    if is_affirmation(text):
        return Answer.YES
    return Answer.NO if is_negation(text) else Answer.UNCLEAR


def answer_of_tap(payload: str, title: str) -> tuple[Answer, str | None]:
    """A tap's answer and its invite; who tapped a title that says no meant no, whatever the payload says."""
    answer, invite_id = answer_of_payload(payload)
    return (Answer.NO if is_negation(title) else answer), invite_id


def answer_of_payload(payload: str) -> tuple[Answer, str | None]:
    """A button's answer and its invite. A NO without a readable invite is still a NO, a YES is not a YES."""
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return Answer.UNCLEAR, None
    named = _INVITE.fullmatch(match[2]) if match[2] is not None else None
    invite_id = named[1] if named is not None else None
    if match[1] == "NO":
        return Answer.NO, invite_id
    return (Answer.YES, invite_id) if invite_id is not None else (Answer.UNCLEAR, None)
