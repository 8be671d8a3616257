"""Rules of serving: who is allowed, what is visible, when a score is fresh. No I/O, no clock."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, final

from altscore_libs.errors import AltScoreError

from altscore_score.errors import (
    ConsentNotGranted,
    DataInsufficient,
    ManualReviewRequired,
    RetailerNotScored,
    ScopeMismatch,
)
from altscore_score.records import SealedRecord

FRESH_DAYS = 14
CONSENT_FRESH_S = 2.0
CONSENT_STALE_S = 60.0
Language = Literal["en", "hi"]

_GSTIN = re.compile(
    r"(?:0[1-9]|[12][0-9]|3[0-8]|97|99)"  # state or territory
    r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]"  # PAN; its fourth letter is the kind of holder
    r"[1-9A-Z]Z[0-9A-Z]"  # registration in the state, Z, check character
)
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAKING = object()


@dataclass(frozen=True, slots=True)
class Ask:
    """Whose score, for whom, for what: the key of a consent."""

    retailer_id: str
    lender_id: str
    purpose: str


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What the consent service said."""

    is_consented: bool
    consent_id: str | None
    expires_at: datetime | None
    version: int
    reason: str | None


@final
class Allow:
    """Proof that consent was found: only decide() makes one, and no score is rendered without one."""

    __slots__ = ("ask", "checked_at", "consent_id", "expires_at", "is_stale", "version")

    def __init__(
        self, making: object, *, ask: Ask, answer: ConsentAnswer, checked_at: datetime, is_stale: bool
    ) -> None:
        if making is not _MAKING or answer.consent_id is None or answer.expires_at is None:
            raise TypeError("an Allow is made by decide() alone")
        self.ask = ask
        self.consent_id: str = answer.consent_id
        self.expires_at: datetime = answer.expires_at
        self.version = answer.version
        self.checked_at = checked_at
        self.is_stale = is_stale


@final
@dataclass(frozen=True, slots=True)
class Deny:
    """No score for this lender; `is_other_purpose` only where the retailer named the lender for something else."""

    is_other_purpose: bool = False

    def error(self) -> AltScoreError:
        """The refusal, one and the same for unknown, foreign and unconsented retailers."""
        return ScopeMismatch() if self.is_other_purpose else ConsentNotGranted()


Decision = Allow | Deny


def decide(ask: Ask, answer: ConsentAnswer, *, checked_at: datetime, now: datetime, is_stale: bool = False) -> Decision:
    """Turns the consent service's answer into a decision; anything short of a whole, unexpired consent denies."""
    is_whole = answer.is_consented and answer.consent_id is not None and answer.expires_at is not None
    if not is_whole:
        return Deny(is_other_purpose=answer.reason == "purpose")
    if answer.expires_at is None or answer.expires_at <= now:
        return Deny()
    return Allow(_MAKING, ask=ask, answer=answer, checked_at=checked_at, is_stale=is_stale)


@dataclass(frozen=True, slots=True)
class StoredScore:
    """One read of the serving store, made under the lender's row-level security."""

    is_granted: bool
    grant_version: int
    record: SealedRecord | None
    block_code: str | None
    blocked_at: datetime | None
    run_blocked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Visible:
    """A score that may be shown, and whether a later run could not renew it."""

    record: SealedRecord
    is_outdated_by_run: bool


def require_granted(stored: StoredScore, allow: Allow) -> None:
    """Passes when the local projection holds the grant that opens this score.

    Raises:
        ConsentNotGranted: the projection already knows that this consent ended.
        RetailerNotScored: the grant's event is still on its way.
    """
    if stored.is_granted:
        return
    if stored.grant_version >= allow.version or allow.is_stale:
        raise ConsentNotGranted()
    raise RetailerNotScored()


def newest(stored: StoredScore, allow: Allow) -> SealedRecord:
    """The newest score that no rule hides from an allowed lender, however old it is.

    Raises:
        ConsentNotGranted, RetailerNotScored: as require_granted().
        DataInsufficient, ManualReviewRequired: a block of the retailer hides every older score (decision 72).
        RetailerNotScored: there is none.
    """
    require_granted(stored, allow)
    record = stored.record
    if stored.blocked_at is not None and (record is None or stored.blocked_at >= record.scored_at):
        if stored.block_code == DataInsufficient.code:
            raise DataInsufficient()
        if stored.block_code == ManualReviewRequired.code:
            raise ManualReviewRequired()
        raise RetailerNotScored()  # blocked for want of a consent that stands again
    if record is None:
        raise RetailerNotScored()
    return record


def visible(stored: StoredScore, allow: Allow, *, now: datetime) -> Visible:
    """The score that an allowed lender sees.

    Raises:
        ConsentNotGranted, DataInsufficient, ManualReviewRequired, RetailerNotScored: as newest().
        RetailerNotScored: its life is over.
    """
    record = newest(stored, allow)
    if record.expires_at <= now:
        raise RetailerNotScored()
    is_outdated = stored.run_blocked_at is not None and stored.run_blocked_at > record.scored_at
    return Visible(record, is_outdated)


def freshness_days(data_as_of_on: date, today: date) -> int:
    """Whole days since the last ERP sync, never negative."""
    return max(0, (today - data_as_of_on).days)


def language_of(header: str) -> Language:
    """The preferred of English and Hindi in an Accept-Language header; English where it says nothing usable."""
    best: tuple[float, Language] = (0.0, "en")
    for part in header.lower().split(",")[:16]:
        tag, _, quality = part.strip().partition(";q=")
        name = tag.split("-")[0]
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if name in ("en", "hi") and best[0] < weight <= 1.0:
            best = (weight, "hi" if name == "hi" else "en")
    return best[1]


def is_gstin(value: str) -> bool:
    """Whether a text has the form and the check character of a retailer's GSTIN (special registrations have another).

    Source: the published algorithm; weights 1 and 2 alternate, digits of each product in base 36 are added.
    """
    if not _GSTIN.fullmatch(value):
        return False
    total = 0
    for position, character in enumerate(value[:14]):
        quotient, remainder = divmod(_BASE36.index(character) * (1 + position % 2), 36)
        total += quotient + remainder
    return _BASE36[-total % 36] == value[14]
