"""Rules of invites and of the questions put to a retailer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

CLARIFICATIONS_PER_DAY = 3


class InviteStatus(StrEnum):
    """open → granted | declined | expired; a closed invite never opens again."""

    OPEN = "open"
    GRANTED = "granted"
    DECLINED = "declined"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invite:
    """A question put to one phone of a retailer: which lenders, for what, on which notice."""

    invite_id: str
    retailer_id: str
    distributor_id: str
    distributor_name: str
    contact_ref: str | None
    lender_scope: tuple[str, ...]
    purpose: str
    language: str
    notice_id: str
    notice_version: str
    notice_text: str
    notice_sha256: str
    status: InviteStatus
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    is_newest: bool = True
    mac: bytes | None = None


@dataclass(frozen=True, slots=True)
class InviteRequest:
    """What a distributor asks a retailer, through admin."""

    retailer_id: str
    distributor_id: str
    distributor_name: str
    contact_ref: str
    lender_scope: tuple[str, ...]
    purpose: str
    language: str


@dataclass(frozen=True, slots=True)
class UnclearReply:
    """A reply that is neither yes nor no, as the webhook reports it.

    `contact_ref` is the confirmed phone that replied; None stands for the invite's, or the newest confirmed one.
    """

    retailer_id: str
    message_hash: str
    invite_id: str | None = None
    contact_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a consent for one purpose allows: how far back, how long kept, how often used by one lender."""

    template: str
    purpose_code: str
    history_months: int
    life_days: int
    uses: int
    period_days: int
    validity_months: int


@dataclass(frozen=True)
class Notice:
    """One version of the notice, in all languages; its terms stand in a set of fair-use templates, or in itself."""

    notice_id: str
    version: str
    text: Mapping[str, str]
    fair_use: str | None
    validity_months: int | None
    plain_terms: Mapping[str, int]


@dataclass(frozen=True)
class ShownNotice:
    """A notice as one retailer sees it."""

    notice: Notice
    text: str
    sha256: str


def can_be_answered(invite: Invite, now: datetime) -> bool:
    """Whether an open invite still waits for an answer; one that names no phone cannot get any (decision 89)."""
    return invite.expires_at > now and invite.contact_ref is not None


def invite_to_ask_about(invite: Invite | None, contact_ref: str | None) -> str | None:
    """The invite that a clarification names: one put to another phone is not shown to this one (decision 89)."""
    if invite is None or contact_ref not in (None, invite.contact_ref):
        return None
    return invite.invite_id


def may_ask_again(asked_within_a_day: int) -> bool:
    """Whether an unclear reply is answered: a chatting retailer is not answered for ever."""
    return asked_within_a_day < CLARIFICATIONS_PER_DAY
