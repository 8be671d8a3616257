"""Bodies of the counts."""

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
