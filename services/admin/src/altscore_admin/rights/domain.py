"""Rules of rights requests: clocks, steps, who may ask for whom. No I/O, no clock.

Source: decision 37; specification, API, Admin API (erasure 30 days, export 15 days); DPDP Act 2023, sections 9 and
11 to 14. The Act sets no days for a correction or a nomination: ours are those of access and of erasure.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from altscore_libs.instants import INDIA

from altscore_admin.errors import EvidenceRequired, NoticeRunning, RightsStepRefused

NOTICE = timedelta(hours=48)
"""Between telling a retailer of an erasure and carrying it out; a development profile alone may have less."""
SOON = timedelta(days=3)


class Kind(StrEnum):
    """What a retailer asks for."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    NOMINEE = "nominee"


class State(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    VERIFIED = "verified"
    EXPORTED = "exported"
    CORRECTING = "correcting"
    CORRECTED = "corrected"
    NOTIFYING = "notifying"
    NOTIFIED = "notified"
    APPROVED = "approved"
    ERASING = "erasing"
    CLOSED = "closed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What happened to a request; the log keeps each."""

    OPENED = "opened"
    EVIDENCE_ATTACHED = "evidence_attached"
    VERIFIED = "verified"
    REFUSED = "refused"
    EXPORTED = "exported"
    CORRECTION_ASKED = "correction_asked"
    CORRECTION_CONFIRMED = "correction_confirmed"
    RESCORING_REQUESTED = "rescoring_requested"
    NOMINATION_RECORDED = "nomination_recorded"
    NOTICE_REQUESTED = "notice_requested"
    NOTICE_SENT = "notice_sent"
    NOTICE_FAILED = "notice_failed"
    NOTICE_GIVEN = "notice_given"
    OBJECTED = "objected"
    ERASURE_PROPOSED = "erasure_proposed"
    ERASURE_APPROVED = "erasure_approved"
    IDENTITY_ERASED = "identity_erased"
    IDENTITY_UNKNOWN = "identity_unknown"
    STORE_REPORTED = "store_reported"
    CLOSED = "closed"
    OVERDUE = "overdue"


class Requester(StrEnum):
    """Who asks: the retailer, after death or incapacity the nominee, for a minor the guardian."""

    RETAILER = "retailer"
    NOMINEE = "nominee"
    GUARDIAN = "guardian"


Channel = Literal["whatsapp", "phone", "letter", "lender"]
Method = Literal["whatsapp_reply", "phone_callback", "signed_letter", "lender_kyc"]
Refusal = Literal[
    "nominee_evidence_required",
    "guardian_evidence_required",
    "requester_not_verified",
    "not_the_retailers_data",
    "legal_hold",
    "repeated_request",
]
UNKNOWN_RETAILER = "unknown_retailer"
"""Why an erasure ends whose retailer the vault does not know and never erased; nobody chooses it."""
Subject = Literal["invoices", "payments", "returns", "identity", "other_records"]
Outcome = Literal["answered", "corrected", "nothing_to_correct", "nomination_recorded"]
ENDED = frozenset({State.CLOSED, State.REFUSED, State.CANCELLED})
OPEN = tuple(state for state in State if state not in ENDED)
DAYS: Mapping[Kind, int] = {Kind.ACCESS: 15, Kind.CORRECTION: 15, Kind.ERASURE: 30, Kind.NOMINEE: 30}
EVIDENCE_REFUSALS = frozenset({"nominee_evidence_required", "guardian_evidence_required"})
# Once the second person has approved, the vault may have erased already: nothing takes that back.
_REFUSABLE: Mapping[State, State] = {
    state: State.REFUSED for state in OPEN if state not in (State.APPROVED, State.ERASING, State.EXPORTED)
}
_NEXT: Mapping[Step, Mapping[State, State]] = {
    Step.EVIDENCE_ATTACHED: {State.REFUSED: State.RECEIVED, State.RECEIVED: State.RECEIVED},
    Step.VERIFIED: {State.RECEIVED: State.VERIFIED},
    Step.REFUSED: _REFUSABLE,
    Step.EXPORTED: {State.VERIFIED: State.EXPORTED, State.EXPORTED: State.EXPORTED},
    Step.CORRECTION_ASKED: {State.VERIFIED: State.CORRECTING, State.CORRECTING: State.CORRECTING},
    Step.CORRECTION_CONFIRMED: {State.CORRECTING: State.CORRECTED},
    Step.RESCORING_REQUESTED: {State.CORRECTED: State.CORRECTED},
    Step.NOMINATION_RECORDED: {State.VERIFIED: State.CLOSED},
    Step.NOTICE_REQUESTED: {State.VERIFIED: State.NOTIFYING},
    Step.NOTICE_FAILED: {State.NOTIFYING: State.NOTIFYING},
    Step.NOTICE_SENT: {State.NOTIFYING: State.NOTIFIED},
    Step.NOTICE_GIVEN: {State.NOTIFYING: State.NOTIFIED},
    Step.OBJECTED: dict.fromkeys((State.RECEIVED, State.VERIFIED, State.NOTIFYING, State.NOTIFIED), State.CANCELLED),
    # Out of `approved` only where two persons did not sign it: the service looks.
    Step.ERASURE_PROPOSED: {State.NOTIFIED: State.NOTIFIED, State.APPROVED: State.NOTIFIED},
    Step.ERASURE_APPROVED: {State.NOTIFIED: State.APPROVED},
    Step.IDENTITY_ERASED: {State.APPROVED: State.ERASING},
    Step.IDENTITY_UNKNOWN: {State.APPROVED: State.REFUSED},
    Step.STORE_REPORTED: {State.ERASING: State.ERASING},
    Step.CLOSED: {
        State.EXPORTED: State.CLOSED,
        State.CORRECTED: State.CLOSED,
        State.CORRECTING: State.CLOSED,
        State.ERASING: State.CLOSED,
    },
}
_OF_EVERY_KIND = frozenset({Step.EVIDENCE_ATTACHED, Step.VERIFIED, Step.REFUSED, Step.OBJECTED})
_OF_KIND: Mapping[Kind, frozenset[Step]] = {
    Kind.ACCESS: frozenset({Step.EXPORTED, Step.CLOSED}),
    Kind.CORRECTION: frozenset(
        {Step.CORRECTION_ASKED, Step.CORRECTION_CONFIRMED, Step.RESCORING_REQUESTED, Step.CLOSED}
    ),
    Kind.NOMINEE: frozenset({Step.NOMINATION_RECORDED}),
    Kind.ERASURE: frozenset(
        {
            *(Step.NOTICE_REQUESTED, Step.NOTICE_FAILED, Step.NOTICE_SENT, Step.NOTICE_GIVEN),
            *(Step.ERASURE_PROPOSED, Step.ERASURE_APPROVED, Step.IDENTITY_ERASED, Step.STORE_REPORTED, Step.CLOSED),
            Step.IDENTITY_UNKNOWN,
        }
    ),
}
OUTCOMES: Mapping[State, frozenset[str]] = {
    State.EXPORTED: frozenset({"answered"}),
    State.CORRECTED: frozenset({"corrected"}),
    State.CORRECTING: frozenset({"nothing_to_correct"}),
}

ClockState = Literal["on_time", "due_soon", "overdue", "met", "missed", "stopped"]


class RightsClock(NamedTuple):
    """The clock of a request: its state, when it is due, and the seconds left (negative when overdue)."""

    state: ClockState
    due_at: datetime
    seconds_left: int


def due_at(kind: Kind, received_at: datetime) -> datetime:
    """The end of the last day in India on which a request is answered in time; the day of receipt does not count."""
    last_day = received_at.astimezone(INDIA).date() + timedelta(days=DAYS[kind])
    return datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=INDIA)


def clock_of(row: Mapping[str, Any], now: datetime) -> RightsClock:
    """Where a request stands on its clock.

    Args:
        row: state, due_at, ended_at of a request.
        now: the present instant.
    """
    due, ended_at = row["due_at"], row["ended_at"]
    if row["state"] == State.CLOSED:
        return RightsClock("met" if ended_at < due else "missed", due, 0)
    if row["state"] in ENDED:
        return RightsClock("stopped", due, 0)
    seconds_left = int((due - now).total_seconds())
    state: ClockState = "overdue" if now >= due else "due_soon" if due - now <= SOON else "on_time"
    return RightsClock(state, due, seconds_left)


def next_state(kind: Kind, state: State, step: Step) -> State:
    """The state that a step leads to.

    Raises:
        RightsStepRefused: this step is not of this kind, or not now.
    """
    following = _NEXT.get(step, {}).get(state) if step in _OF_EVERY_KIND | _OF_KIND[kind] else None
    if following is None:
        raise RightsStepRefused(f"{step} is no step of a request of kind {kind} in state {state}")
    return following


def missing_evidence(requester: Requester, *, is_minor: bool, evidence: int) -> Refusal | None:
    """Why a request cannot be taken yet, None when it can.

    Args:
        requester: who asks.
        is_minor: the data are of a person under 18, whose parent or guardian acts (section 9).
        evidence: how many documents are attached: of death or incapacity and of the nomination (section 14), or of
            the guardianship.
    """
    if is_minor and (requester is not Requester.GUARDIAN or evidence == 0):
        return "guardian_evidence_required"
    if requester is Requester.GUARDIAN and evidence == 0:
        return "guardian_evidence_required"
    if requester is Requester.NOMINEE and evidence == 0:
        return "nominee_evidence_required"
    return None


def check_evidence(refusal: str | None) -> None:
    """Whether a request that was refused may be opened again by evidence.

    Raises:
        EvidenceRequired: it was refused for another reason, which no document changes.
    """
    if refusal is not None and refusal not in EVIDENCE_REFUSALS:
        raise EvidenceRequired("the request was refused for a reason that evidence does not change")


def erasable_at(notice_at: datetime | None, notice: timedelta) -> datetime | None:
    """From when on a second person may approve; None before the retailer is told."""
    return notice_at + notice if notice_at is not None else None


def check_notice(notice_at: datetime | None, now: datetime, notice: timedelta) -> None:
    """Whether the retailer has had the whole notice.

    Args:
        notice_at: when they were told.
        now: the present instant.
        notice: how long it runs.

    Raises:
        NoticeRunning: not yet; the header says when.
    """
    ends_at = erasable_at(notice_at, notice)
    if ends_at is None:
        raise NoticeRunning("the retailer has not been told yet")
    if now < ends_at:
        wait_s = int((ends_at - now).total_seconds()) + 1
        raise NoticeRunning("the retailer may still object", headers={"Retry-After": str(wait_s)})
