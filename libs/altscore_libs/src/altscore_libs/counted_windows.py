"""What may come in floods is recorded one by one up to a bound per source and window of time, then by its number."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from altscore_libs.clock import Clock

Source = TypeVar("Source")


@dataclass
class _Window:
    """The time of one source, from its first occurrence."""

    began_at: datetime
    admitted: int = 0
    numbers: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class WindowSummary(Generic[Source]):
    """What a window counted beyond the occurrences that have records of their own.

    Attributes:
        numbers: occurrences by reason; none is zero.
    """

    source: Source
    began_at: datetime
    window: timedelta
    numbers: dict[str, int]

    def details(self) -> dict[str, str]:
        """Beginning, length and numbers as details of an audit entry."""
        return {
            "began_at": self.began_at.isoformat(),
            "window_s": str(int(self.window.total_seconds())),
            "number": str(sum(self.numbers.values())),
            **{reason: str(number) for reason, number in self.numbers.items()},
        }


class CountedWindows(Generic[Source]):
    """Tells which occurrences get a record of their own, and counts the rest in memory.

    Memory is bounded: beyond `max_sources` at a time the further ones are counted as one, and so are summaries that
    wait because they cannot be written. What runs is lost with a process that is killed, so keep a metric beside it.

    Args:
        clock: for the windows.
        window: length, from the first occurrence of a source.
        records: most occurrences of a source in a window that get a record of their own.
        max_sources: most sources at a time.
        others: stands for the sources beyond that.
    """

    def __init__(self, clock: Clock, *, window: timedelta, records: int, max_sources: int, others: Source) -> None:
        self._clock = clock
        self._window = window
        self._records = records
        self._max_sources = max_sources
        self._others = others
        self._running: dict[Source, _Window] = {}
        self._ended: dict[tuple[Source, datetime], Counter[str]] = {}

    @property
    def waiting(self) -> int:
        """Occurrences of ended windows whose summaries are not written."""
        return sum(numbers.total() for numbers in self._ended.values())

    def admit(self, source: Source, reason: str) -> bool:
        """Whether this occurrence gets a record of its own; it is counted otherwise."""
        window = self._window_of(source)
        if window.admitted < self._records:
            window.admitted += 1
            return True
        window.numbers[reason] += 1
        return False

    def count(self, source: Source, reason: str) -> None:
        """Counts an occurrence that was admitted and could not be recorded."""
        self._window_of(source).numbers[reason] += 1

    def _window_of(self, source: Source) -> _Window:
        now = self._clock.now()
        if source not in self._running and len(self._running) >= self._max_sources:
            source = self._others
        window = self._running.get(source)
        if window is not None and now >= window.began_at + self._window:
            self._end(source)
            window = None
        if window is None:
            window = self._running[source] = _Window(now)
        return window

    def _end(self, source: Source) -> None:
        window = self._running.pop(source)
        if not window.numbers:
            return
        key = (source, window.began_at)
        if key not in self._ended and len(self._ended) >= self._max_sources:
            key = (self._others, min(began_at for _, began_at in self._ended))
        self._ended.setdefault(key, Counter()).update(window.numbers)

    async def write_summaries(
        self, write: Callable[[WindowSummary[Source]], Awaitable[None]], *, too_early: bool = False
    ) -> None:
        """Hands over the summaries of windows that are over, one by one; where `write` raises, the rest stays.

        Args:
            write: keeps a summary.
            too_early: also of the windows that run, since the process ends.
        """
        now = self._clock.now()
        for source in [s for s, w in self._running.items() if too_early or now >= w.began_at + self._window]:
            self._end(source)
        for key in list(self._ended):
            numbers = dict(self._ended[key])
            await write(WindowSummary(*key, self._window, numbers))
            self._ended[key].subtract(numbers)  # more may have come under this key meanwhile
            self._ended[key] = +self._ended[key]
            if not self._ended[key]:
                del self._ended[key]
