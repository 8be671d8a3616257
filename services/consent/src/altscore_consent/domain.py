"""Rules of consent: pure, without clock or storage.

Messages arrive late, twice and in any order; what counts is when the retailer sent them. The last word stands,
and of two words of the same second the NAHI does (decisions 28, 32, 66).
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

INDIA = timezone(timedelta(hours=5, minutes=30))  # no daylight saving since 1945
PROCESSING_HALT = timedelta(hours=1)
CLARIFICATIONS_PER_DAY = 3


class InviteStatus(StrEnum):
    """open → granted | declined | expired; a closed invite never opens again."""

    OPEN = "open"
    GRANTED = "granted"
    DECLINED = "declined"
    EXPIRED = "expired"


class StateStatus(StrEnum):
    """What a (retailer, lender, purpose) amounts to."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invite:
    """A question put to a retailer: with which lenders, for what, on which notice."""

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
    is_newest: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """An affirmative as the webhook reports it."""

    invite_id: str
    retailer_id: str
    distributor_id: str
    contact_ref: str
    lender_scope: tuple[str, ...]
    purpose: str
    channel: str
    message_hash: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A NAHI, or an administrator's revocation of one consent (`consent_id`) or of all."""

    retailer_id: str
    reason: str
    requested_by: str
    said_at: datetime
    message_hash: str | None = None
    consent_id: str | None = None


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


class Verdict(StrEnum):
    """What an affirmative amounts to."""

    GRANT = "grant"
    MISMATCH = "mismatch"
    CLOSED = "closed"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """May this lender see this retailer, and if not, why."""

    is_consented: bool
    consent_id: str | None
    expires_at: datetime | None
    version: int
    reason: str | None


def judge_affirmative(
    invite: Invite, answer: Answer, *, last_no_at: datetime | None, states: Sequence[State], now: datetime
) -> Verdict:
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
    """
    if (answer.retailer_id, answer.distributor_id, answer.purpose, answer.contact_ref) != (
        invite.retailer_id,
        invite.distributor_id,
        invite.purpose,
        invite.contact_ref,
    ) or set(answer.lender_scope) != set(invite.lender_scope):
        return Verdict.MISMATCH
    ended = [one.ended_at for one in states if one.status is StateStatus.REVOKED and one.ended_at is not None]
    refusals = [*ended, *([last_no_at] if last_no_at is not None else [])]
    if refusals and answer.sent_at <= max(refusals):
        return Verdict.OUTDATED
    if invite.status is InviteStatus.EXPIRED or invite.expires_at <= now or not invite.is_newest:
        return Verdict.CLOSED
    return Verdict.GRANT


def takes_over(state: State | None, sent_at: datetime) -> bool:
    """Whether a consent given at `sent_at` becomes the one that counts for a lender and purpose."""
    return state is None or state.status is not StateStatus.ACTIVE or state.given_at <= sent_at


def is_reaffirmation(states: Sequence[State], lender_scope: Sequence[str], now: datetime) -> str | None:
    """The one consent that already stands for every lender asked for, None when a new record is needed."""
    active = {
        one.lender_id: one.consent_id for one in states if one.status is StateStatus.ACTIVE and one.expires_at > now
    }
    ids = {active.get(lender) for lender in lender_scope}
    return ids.pop() if len(ids) == 1 else None


def consents_ended_by(states: Iterable[State], no_at: datetime) -> list[str]:
    """Ids of the active consents that a NAHI sent at `no_at` ends: all given before it or in the same second."""
    return sorted({one.consent_id for one in states if one.status is StateStatus.ACTIVE and one.given_at <= no_at})


def judge_check(
    states: Sequence[State], purpose: str | None, now: datetime, *, spent: frozenset[str] = frozenset()
) -> CheckAnswer:
    """Answers a check from the states of one retailer and lender whose active records verified.

    Args:
        states: all purposes of that lender.
        purpose: asked for; None takes any (lookup, decisions 76).
        now: the present; an expired consent counts as none before the worker has announced it.
        spent: ids of consents that this lender has used as often as they allow.

    Returns:
        `reason` tells `fair_use` before `purpose` (another purpose is active), `expired`, `revoked` and `none`.
    """
    active = [one for one in states if one.status is StateStatus.ACTIVE and one.expires_at > now]
    wanted = [one for one in active if purpose is None or one.purpose == purpose]
    usable = [one for one in wanted if one.consent_id not in spent]
    if usable:
        best = max(usable, key=lambda one: (one.expires_at, one.consent_id))
        return CheckAnswer(True, best.consent_id, best.expires_at, best.version, None)
    same = [one for one in states if purpose is None or one.purpose == purpose]
    version = max((one.version for one in same), default=0)
    if wanted:
        return CheckAnswer(False, None, None, version, "fair_use")
    if active:
        return CheckAnswer(False, None, None, version, "purpose")
    if not same:
        return CheckAnswer(False, None, None, version, "none")
    last = max(same, key=lambda one: one.version)
    reason = "revoked" if last.status is StateStatus.REVOKED else "expired"
    return CheckAnswer(False, None, None, version, reason)


def expiry_of(given_at: datetime, months: int) -> datetime:
    """The end of the day in India `months` calendar months later: the midnight after it, exclusive (decision 91)."""
    last_day = months_later(given_at.astimezone(INDIA).date(), months)
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=INDIA).astimezone(UTC)


def last_day_of(expires_at: datetime) -> date:
    """The last day in India that a consent ending at `expires_at` covers."""
    return (expires_at.astimezone(INDIA) - timedelta(microseconds=1)).date()


def months_later(day: date, months: int) -> date:
    """The same day `months` calendar months later, or earlier when negative (the last day of a shorter month)."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def invite_to_ask_about(invite: Invite | None, contact_ref: str | None) -> str | None:
    """The invite that a clarification names: one put to another phone is not shown to this one (decision 89)."""
    if invite is None or contact_ref not in (None, invite.contact_ref):
        return None
    return invite.invite_id


def may_ask_again(asked_within_a_day: int) -> bool:
    """Whether an unclear reply is answered: a chatting retailer is not answered for ever."""
    return asked_within_a_day < CLARIFICATIONS_PER_DAY
