"""Failed authentications in the audit trail: one by one up to a bound per source, then by their number."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import prometheus_client
from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.periodic import PeriodicWorker

from altscore_score.audit.domain import AuditEntry, ExtraWrite
from altscore_score.audit.service import AuditWriter

WINDOW = timedelta(minutes=10)
ENTRIES_OF_A_WINDOW = 20
MAX_SOURCES = 1_000
OTHER_SOURCES = "others"
SUMMARY_S = 10.0
_log = logging.getLogger("altscore.score.failed_auth")
_failures = prometheus_client.Counter(
    "altscore_score_failed_authentications_total", "Failed authentications, written or summarised.", ["reason"]
)


@dataclass
class _Window:
    """Ten minutes of one source, from its first failure."""

    began_at: datetime
    written: int = 0
    summarised: Counter[str] = field(default_factory=Counter)

    def is_over(self, now: datetime) -> bool:
        return now >= self.began_at + WINDOW


class FailedAuthAudit:
    """Writes twenty failures of an address in ten minutes one by one, and one entry with the number of the rest.

    Beyond a thousand addresses at a time, the further ones are counted as one. Each replica counts by itself, in
    memory: the number of the windows that run is lost with a process that is killed, and the metric has it.

    Args:
        audit: takes the entries.
        clock: for the ten minutes.
        max_sources: most addresses at a time.
    """

    def __init__(self, audit: AuditWriter, clock: Clock, *, max_sources: int = MAX_SOURCES) -> None:
        self._audit = audit
        self._clock = clock
        self._max_sources = max_sources
        self._windows: dict[str, _Window] = {}
        self._ended: Counter[tuple[str, datetime, str]] = Counter()

    async def write(self, entry: AuditEntry, *, source: str, extra_write: ExtraWrite | None = None) -> None:
        """Writes or counts a failure; `extra_write` is committed in either case.

        Raises:
            Unavailable: an entry of its own, or `extra_write`, is durable nowhere.
        """
        reason = entry.reason or "unknown"
        _failures.labels(reason).inc()
        window = self._window_of(source)
        if window.written < ENTRIES_OF_A_WINDOW:
            window.written += 1
            await self._audit.write(entry, extra_write)
            return
        window.summarised[reason] += 1
        if extra_write is not None:
            await self._audit.write_all([], extra_write)

    def _window_of(self, source: str) -> _Window:
        now = self._clock.now()
        if source not in self._windows and len(self._windows) >= self._max_sources:
            source = OTHER_SOURCES
        window = self._windows.get(source)
        if window is not None and window.is_over(now):
            self._end(source)
            window = None
        if window is None:
            window = self._windows[source] = _Window(now)
        return window

    def _end(self, source: str) -> None:
        window = self._windows.pop(source)
        is_full = len({key[:2] for key in self._ended}) >= self._max_sources  # the trail cannot be written
        if window.summarised and is_full:
            source = OTHER_SOURCES
            window.began_at = min(key[1] for key in self._ended)
        for reason, number in window.summarised.items():
            self._ended[source, window.began_at, reason] += number

    async def write_summaries(self, *, too_early: bool = False) -> None:
        """Writes the summaries of windows that are over.

        Args:
            too_early: also of those that run, since the process ends.

        Raises:
            Unavailable: what is not written stays for the next call.
        """
        now = self._clock.now()
        for source in [name for name, window in self._windows.items() if too_early or window.is_over(now)]:
            self._end(source)
        for source, began_at in dict.fromkeys(key[:2] for key in self._ended):
            numbers = {key[2]: number for key, number in self._ended.items() if key[:2] == (source, began_at)}
            await self._audit.write(_summary(source, began_at, numbers))
            for reason, number in numbers.items():
                self._ended[source, began_at, reason] -= number
            self._ended = +self._ended

    async def run(self, stop: asyncio.Event) -> None:
        """Writes summaries until `stop`, and then those of the windows that run."""
        await PeriodicWorker("failed-auth", self.write_summaries, interval_s=SUMMARY_S).run(stop)
        try:
            await self.write_summaries(too_early=True)
        except Unavailable:
            _log.warning("failed authentications not summarised", extra={"number": self._ended.total()})


def _summary(source: str, began_at: datetime, numbers: dict[str, int]) -> AuditEntry:
    return AuditEntry(
        action="failed_auth",
        actor="unknown",
        outcome="summarised",
        details={
            "request_ip": source,
            "began_at": began_at.isoformat(),
            "window_s": str(int(WINDOW.total_seconds())),
            "number": str(sum(numbers.values())),
            **{reason: str(number) for reason, number in numbers.items()},
        },
    )
