"""Rules of consent: pure, without clock or storage.

Messages arrive late, twice and in any order; what counts is when the retailer sent them. The last answer holds, and of
two answers of the same second the NAHI does (decisions 28, 32, 66).
"""

import calendar
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from altscore_libs.instants import INDIA

from altscore_consent.evidence.domain import Proof
from altscore_consent.invites.domain import Invite, InviteStatus

PROCESSING_HALT = timedelta(hours=1)
GRANT = "grant"
WITHDRAWAL = "withdrawal"


class StateStatus(StrEnum):
    """What a (retailer, lender, purpose) amounts to."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Affirmative:
    """A HAAN as the webhook reports it; `contact_ref` is the phone that it came from, `proof` what was verified."""

    invite_id: str
    retailer_id: str
    distributor_id: str
    contact_ref: str
    lender_scope: tuple[str, ...]
    purpose: str
    channel: str
    message_hash: str
    sent_at: datetime
    proof: Proof


@dataclass(frozen=True, slots=True)
class WithdrawalRequest:
    """A NAHI of a retailer, or an administrator's revocation of all its consents (`retailer_id`) or one (`consent_id`).

    Without `sent_at` it counts as sent now.
    """

    reason: str
    requested_by: str
    retailer_id: str | None = None
    consent_id: str | None = None
    sent_at: datetime | None = None
    message_hash: str | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A withdrawal of one consent (`consent_id`) or of all, with the retailer and the time that it counts from."""

    retailer_id: str
    reason: str
    requested_by: str
    sent_at: datetime
    message_hash: str | None = None
    consent_id: str | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Revocation:
    """What a withdrawal ended."""

    revoked: tuple[str, ...]
    declined: tuple[str, ...]
    is_outdated: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """The state of one (retailer, lender, purpose)."""

    lender_id: str
    purpose: str
    status: StateStatus
    version: int
    consent_id: str
    given_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    use_limit: int | None = None
    use_period_days: int | None = None


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A row of consent_records."""

    consent_id: str
    kind: str
    retailer_id: str
    message_hash: str | None
    record: str
    signature: bytes

    def digest(self) -> bytes:
        """SHA-256 of everything in the row, so that no changed byte passes for one verified before."""
        message = "-" if self.message_hash is None else f"={self.message_hash}"
        columns = "\x00".join((self.consent_id, self.kind, self.retailer_id, message, self.record, ""))
        return hashlib.sha256(columns.encode() + self.signature).digest()  # PostgreSQL's text holds no NUL


class StoredState(NamedTuple):
    """A state as it is stored, with the grant it relies on, its MAC, the withdrawal if any, and the number of uses."""

    retailer_id: str
    state: State
    grant: SignedRecord | None
    is_withdrawn: bool
    mac: bytes | None
    withdrawal: SignedRecord | None = None
    uses: int = 0


@dataclass(frozen=True, slots=True)
class EndedConsent:
    """A consent that was just ended, as its events report it."""

    consent_id: str
    retailer_id: str
    lender_scope: tuple[str, ...]
    purpose: str
    language: str
    contact_ref: str | None
    version: int
    at: datetime


class GrantDecision(StrEnum):
    """What an affirmative amounts to."""

    GRANT = "grant"
    MISMATCH = "mismatch"
    CLOSED = "closed"
    OUTDATED = "outdated"


def judge_affirmative(
    invite: Invite,
    answer: Affirmative,
    *,
    last_no_at: datetime | None,
    states: Sequence[State],
    now: datetime,
    withdrawn_at: Sequence[datetime] = (),
) -> GrantDecision:
    """Decides whether a HAAN makes a consent.

    A declined invite can still be granted by a HAAN sent after that NAHI: the two webhooks may arrive in either
    order, and the outcome must not depend on it. An expired or replaced invite cannot. An answer counts only from the
    phone that the invite was put to (decision 89).

    Args:
        invite: the one that the answer names.
        answer: what the webhook reports.
        last_no_at: sending time of the retailer's last NAHI, if any.
        states: of the lenders in scope, for the purpose.
        now: the present.
        withdrawn_at: when consents of the retailer for the purpose were withdrawn, by signed records.
    """
    if (answer.retailer_id, answer.distributor_id, answer.purpose, answer.contact_ref) != (
        invite.retailer_id,
        invite.distributor_id,
        invite.purpose,
        invite.contact_ref,
    ) or set(answer.lender_scope) != set(invite.lender_scope):
        return GrantDecision.MISMATCH
    revoked = [state for state in states if state.status is StateStatus.REVOKED]
    ended = [state.ended_at for state in revoked if state.ended_at is not None and state.ended_at <= now]
    refusals = [*ended, *withdrawn_at, *([last_no_at] if last_no_at is not None else [])]
    if refusals and answer.sent_at <= max(refusals):
        return GrantDecision.OUTDATED
    if invite.status is InviteStatus.EXPIRED or invite.expires_at <= now or not invite.is_newest:
        return GrantDecision.CLOSED
    return GrantDecision.GRANT


def is_typed_answer(invite: Invite, proof: Proof, invites: Sequence[Invite], *, now: datetime) -> bool:
    """Whether a verified typed HAAN can only mean this invite (decision 32).

    Its sender's number is the phone that the invite was put to, and when it was sent no other invite was open for that
    phone: a HAAN that already answered one, or was ambiguous then, never becomes an answer to another one.

    Args:
        invite: the one that the answer names.
        proof: the verified message, with the contacts of its sender's number by the vault.
        invites: of all these retailers that were put to this phone, or may have been.
        now: the present.
    """
    contacts = proof.contacts or {}
    if proof.sent_at is None or invite.contact_ref is None or contacts.get(invite.retailer_id) != invite.contact_ref:
        return False
    sent_at = min(proof.sent_at, now)  # not as reported: an earlier time would choose among the invites
    return [item.invite_id for item in invites if was_open(item, sent_at)] == [invite.invite_id]


def was_open(invite: Invite, at: datetime) -> bool:
    """Whether an invite could be answered at a time; the provider's times have whole seconds."""
    ended_at = min(filter(None, (invite.expires_at, invite.decided_at)))
    return invite.created_at.replace(microsecond=0) <= at < ended_at


def takes_over(state: State | None, sent_at: datetime) -> bool:
    """Whether a consent given at `sent_at` becomes the one that counts for a lender and purpose."""
    return state is None or state.status is not StateStatus.ACTIVE or state.given_at <= sent_at


def consent_to_reaffirm(states: Sequence[State], lender_scope: Sequence[str], now: datetime) -> str | None:
    """The one consent that is active for every lender asked for, None when a new record is needed."""
    active = {
        state.lender_id: state.consent_id
        for state in states
        if state.status is StateStatus.ACTIVE and state.expires_at > now
    }
    ids = {active.get(lender) for lender in lender_scope}
    return ids.pop() if len(ids) == 1 else None


def consents_ended_by(states: Iterable[State], no_at: datetime) -> list[str]:
    """Ids of the active consents that a NAHI sent at `no_at` ends: all given before it or in the same second."""
    return sorted(
        {state.consent_id for state in states if state.status is StateStatus.ACTIVE and state.given_at <= no_at}
    )


def active_of_consent(states: Iterable[State], consent_id: str) -> list[State]:
    """The active states of one consent."""
    return [state for state in states if state.consent_id == consent_id and state.status is StateStatus.ACTIVE]


def expiry_of(given_at: datetime, months: int) -> datetime:
    """The end of the day in India `months` calendar months later: the midnight after it, exclusive (decision 91)."""
    last_day = months_later(given_at.astimezone(INDIA).date(), months)
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=INDIA).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day `months` calendar months later, or earlier when negative (the last day of a shorter month)."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
