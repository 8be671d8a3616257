"""What a week's entries say about threats: figures by day in India, and what the rules of alerting found. No I/O."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from altscore_libs.instants import INDIA

from altscore_audit.chain.domain import Link
from altscore_audit.detections.domain import Detection, Detector, failures_of, is_of_operators
from altscore_audit.siem.domain import SUSPICIOUS

DAYS = 7
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_DAY = timedelta(days=1)
LATEST = timedelta(days=1)
"""How much later than it happened an entry may be chained and still be in its week's report."""


@dataclass(frozen=True)
class Week:
    """A week of ISO 8601 in India, from its Monday's midnight."""

    name: str
    monday: date

    @property
    def begins_at(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.monday, time(), INDIA)

    @property
    def ends_at(self) -> datetime:
        """The first instant of the next one."""
        return self.begins_at + DAYS * _DAY

    def days(self) -> list[date]:
        """Monday to Sunday."""
        return [self.monday + index * _DAY for index in range(DAYS)]


def week_of(name: str) -> Week:
    """The week that `2026-W21` names.

    Raises:
        ValueError: no such week.
    """
    match = _WEEK.fullmatch(name)
    if match is None:
        raise ValueError("a week is written 2026-W21")
    return Week(name, date.fromisocalendar(int(match[1]), int(match[2]), 1))


def week_at(at: datetime) -> Week:
    """The week in India that holds an instant."""
    day = at.astimezone(INDIA).date()
    year, number, weekday = day.isocalendar()
    return Week(f"{year}-W{number:02d}", day - (weekday - 1) * _DAY)


def first_due(first_entry_at: datetime, now: datetime) -> Week:
    """The week that reports begin with: the last one that is over, and none before there was an entry."""
    return max(week_at(first_entry_at), week_at(now - LATEST - DAYS * _DAY), key=lambda week: week.monday)


def is_due(week: Week, now: datetime) -> bool:
    """Whether its report can be made: entries may be chained for a day after the week's end."""
    return now >= week.ends_at + LATEST


def object_key(week: Week) -> str:
    """Where the report of a week is kept."""
    return f"threat-reports/{week.name}.html"


@dataclass
class Span:
    """The entries of a chain that a report has read for its week."""

    first_seq: int
    last_seq: int
    last_hash: bytes
    entries: int = 0


@dataclass
class Figures:
    """What a report shows. Entries are counted by when they happened, not by when they were chained."""

    week: Week
    spans: dict[str, Span] = field(default_factory=dict)
    failures: Counter[date] = field(default_factory=Counter)
    served: Counter[date] = field(default_factory=Counter)
    refused: Counter[date] = field(default_factory=Counter)
    operators: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Acts of operators by day of the week, Monday is 0, and hour."""
    suspicious: Counter[str] = field(default_factory=Counter)
    detections: list[Detection] = field(default_factory=list)

    def add(self, link: Link) -> None:
        """Counts an entry, when it is of the week."""
        if not self.week.begins_at <= link.occurred_at < self.week.ends_at:
            return
        span = self.spans.setdefault(link.chain, Span(link.seq, link.seq, link.entry_hash))
        span.last_seq, span.last_hash, span.entries = link.seq, link.entry_hash, span.entries + 1
        at = link.occurred_at.astimezone(INDIA)
        if link.action == "failed_auth":
            self.failures[at.date()] += failures_of(link)
        elif link.action in SUSPICIOUS:
            self.suspicious[link.action] += 1
        if link.action == "score_requested":
            self.served[at.date()] += 1
        elif link.action == "score_refused":
            self.refused[at.date()] += 1
        if is_of_operators(link.action):
            self.operators[at.weekday(), at.hour] += 1

    def add_detections(self, detections: Sequence[Detection]) -> None:
        """Adds those of the week."""
        self.detections += [each for each in detections if self.week.begins_at <= each.at < self.week.ends_at]


class WeekReader:
    """Reads entries of the week and of the days before, which the rules need, each chain in its order.

    Args:
        week: that the report is about.
    """

    def __init__(self, week: Week) -> None:
        self.figures = Figures(week)
        self._detector = Detector()

    def read(self, link: Link) -> None:
        """Takes an entry."""
        self.figures.add_detections(self._detector.feed(link))
        self.figures.add(link)

    def end(self, now: datetime) -> Figures:
        """The figures, with what became due until the week was over, or until now."""
        self.figures.add_detections(self._detector.tick(min(now, self.figures.week.ends_at)))
        self.figures.detections.sort(key=lambda each: (each.at, each.rule, each.seq))
        return self.figures
