"""A lender's portfolio: what each row shows, and what is counted. No I/O, no clock."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from altscore_libs.errors import AltScoreError
from altscore_libs.instants import INDIA, format_instant

from altscore_score.errors import ConsentNotGranted, DataInsufficient, ManualReviewRequired, RetailerNotScored
from altscore_score.scores.domain import FRESH_DAYS, Allow, StoredScore, Visible, freshness_days, visible

PAGE = 50
"""Rows of a page. Nobody chooses fewer, so that a page is never a query for one retailer."""
ENDING = timedelta(days=30)
ALERTED = timedelta(days=30)
PD_RISE = Decimal("0.02")
"""A rise of the probability of default that calibration does not explain (decision 52)."""
FIRST = "ret_"
MONTHS = 12
COLUMNS = (
    *("retailer_id", "state", "altscore", "risk_band", "probability_of_default", "recommended_limit_inr"),
    *("low_confidence", "reason_codes", "scored_at", "expires_at", "consent_expires_at"),
)
"""What the specification lets a lender export of its own portfolio (security, sensitive data): no GSTIN, no phone."""
CHANNEL = "dashboard"
Band = Literal["A", "B", "C", "D"]
State = Literal["scored", "blocked", "not_scored", "unverified"]
Standing = Literal["A", "B", "C", "D", "blocked", "not_scored"]
AlertKind = Literal["band_dropped", "pd_rose", "score_expired", "blocked", "consent_ending", "consent_ended"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
BLOCKS = (DataInsufficient.code, ManualReviewRequired.code)


class Viewer(NamedTuple):
    """Who reads: a person who signed in, and the lender that the session is of."""

    lender_id: str
    person_id: str


class Filters(NamedTuple):
    """Which rows; None for all."""

    band: Band | None = None
    is_ending: bool = False


class Holding(NamedTuple):
    """A row of a portfolio as the store has it, before its record's signature is verified."""

    retailer_id: str
    purposes: tuple[str, ...]
    consent_expires_at: datetime


class Row(NamedTuple):
    """What a lender is shown of a retailer."""

    retailer_id: str
    purposes: tuple[str, ...]
    consent_expires_at: datetime
    state: State
    code: str | None = None
    """What POST /v1/score answers instead of a score."""
    score: Visible | None = None
    is_low_confidence: bool = False


class Counted(NamedTuple):
    """How many retailers stand alike, and their recommended limits together."""

    standing: Standing
    retailers: int
    recommended_limit_inr: int
    low_confidence: int
    consents_ending: int


class Month(NamedTuple):
    """Counts of a month of India's calendar, the newest of the month."""

    month: str
    standing: Standing
    retailers: int
    recommended_limit_inr: int
    counted_at: datetime


class Place(NamedTuple):
    """Where a page of alerts begins: behind this one."""

    at: datetime
    kind: str
    retailer_id: str


class Alert(NamedTuple):
    """Something that a credit officer looks at; figures are on the retailer's own page."""

    kind: AlertKind
    retailer_id: str
    at: datetime
    purposes: tuple[str, ...]


class AlertPage(NamedTuple):
    """Alerts, the newest first, and where the next page begins; None at the end."""

    alerts: Sequence[Alert]
    next_place: Place | None


class Page(NamedTuple):
    """Rows by retailer, and the retailer behind which the next page begins; None at the end."""

    rows: Sequence[Row]
    next_cursor: str | None


def row_of(
    holding: Holding, stored: StoredScore, allow: Allow, *, now: datetime, run_blocked_at: datetime | None
) -> Row | None:
    """What the lender is shown of a retailer, by the rules of POST /v1/score; None where it may not know of it.

    Args:
        holding: the grant.
        stored: newest score and blocks, read under the lender's row-level security.
        allow: the consent as it is known now.
        now: instant of reading.
        run_blocked_at: when a run was last blocked as a whole.
    """
    shared = holding._asdict()
    try:
        score = visible(stored, allow, now=now, run_blocked_at=run_blocked_at)
    except ConsentNotGranted:
        return None
    except RetailerNotScored as error:
        return Row(**shared, state="not_scored", code=error.code)
    except AltScoreError as error:  # a block of the retailer
        return Row(**shared, state="blocked", code=error.code)
    return Row(**shared, state="scored", score=score, is_low_confidence=is_low_confidence(score, now))


def is_low_confidence(score: Visible, now: datetime) -> bool:
    """Whether the figures deserve less trust, a fact of the moment of reading (decision 72)."""
    days = freshness_days(score.record.data_as_of_on, now.date())
    return score.record.is_low_confidence_data or days > FRESH_DAYS or score.is_outdated_by_run


def passes(row: Row, filters: Filters) -> bool:
    """Whether a row that was chosen by the projection is shown: its signed record decides."""
    if filters.band is None:
        return True
    return row.score is not None and row.score.record.risk_band == filters.band


def unverified(holding: Holding) -> Row:
    """The row of a retailer whose record is not what the scoring engine signed: nothing of it is shown."""
    return Row(**holding._asdict(), state="unverified")


def first_month(now: datetime, *, back: int) -> date:
    """The first day of a month in India, so many months before that of an instant."""
    today = now.astimezone(INDIA).date()
    months = today.year * 12 + today.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def cells_of(row: Row) -> tuple[str, ...]:
    """The cells of COLUMNS."""
    ends = format_instant(row.consent_expires_at, "seconds")
    if row.score is None:
        return (row.retailer_id, row.state, *("",) * 8, ends)
    record = row.score.record
    return (
        row.retailer_id,
        row.state,
        str(record.altscore),
        record.risk_band,
        str(record.probability_of_default),
        str(record.recommended_limit_inr),
        "true" if row.is_low_confidence else "false",
        " ".join(reason.code for reason in sorted(record.reason_codes, key=lambda reason: reason.rank)),
        format_instant(record.scored_at, "seconds"),
        format_instant(record.expires_at, "seconds"),
        ends,
    )


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Lines of a CSV file; a cell that a spreadsheet would compute begins with an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
