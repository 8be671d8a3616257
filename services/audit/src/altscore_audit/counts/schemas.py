"""Bodies of the counts."""

from datetime import date

from pydantic import BaseModel


class CountOut(BaseModel):
    """Events of a producer on a topic."""

    topic: str
    producer: str
    events: int
    last_seq: int


class BalanceOut(BaseModel):
    """What a producer numbered and what arrived; `first_missing` is null when nothing is missing."""

    producer: str
    produced: int
    applied: int
    first_missing: int | None


class UnreadableOut(BaseModel):
    """Messages of a topic that could not be read; each is chained as an opaque entry."""

    topic: str
    events: int


class CountsOut(BaseModel):
    """produced = applied + parked, here: every number arrived, or its message is chained unread."""

    counts: list[CountOut]
    producers: list[BalanceOut]
    unreadable: list[UnreadableOut]
    produced: int
    applied: int
    parked: int
    balanced: bool


class DailyOut(BaseModel):
    """Entries of one kind in one period, which begins on this day in India; `none`: the entry has no such field."""

    period: date
    chain: str
    action: str
    producer: str
    outcome: str
    reason: str
    entries: int


class CountedOut(BaseModel):
    """Up to which entry a chain is counted, and where it ends."""

    chain: str
    counted_seq: int
    head_seq: int


class DailyCountsOut(BaseModel):
    """Counted entries; complete when `counted_seq` is the head of every chain."""

    counted: list[CountedOut]
    counts: list[DailyOut]
