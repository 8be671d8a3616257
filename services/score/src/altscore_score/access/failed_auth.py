"""Failed authentications in the audit trail: one by one up to a bound per source, then by their number."""

import asyncio
import logging
from datetime import timedelta

import prometheus_client
from altscore_libs.clock import Clock
from altscore_libs.counted_windows import CountedWindows, WindowSummary
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
        self._windows = CountedWindows(
            clock, window=WINDOW, records=ENTRIES_OF_A_WINDOW, max_sources=max_sources, others=OTHER_SOURCES
        )

    async def write(self, entry: AuditEntry, *, source: str, extra_write: ExtraWrite | None = None) -> None:
        """Writes or counts a failure; `extra_write` is committed in either case.

        Raises:
            Unavailable: an entry of its own, which is counted then, or `extra_write` is durable nowhere.
        """
        reason = entry.reason or "unknown"
        _failures.labels(reason).inc()
        if not self._windows.admit(source, reason):
            if extra_write is not None:
                await self._audit.write_all([], extra_write)
            return
        try:
            await self._audit.write(entry, extra_write)
        except Unavailable:
            self._windows.count(source, reason)
            raise

    async def write_summaries(self, *, too_early: bool = False) -> None:
        """Writes the summaries of windows that are over.

        Args:
            too_early: also of those that run, since the process ends.

        Raises:
            Unavailable: what is not written stays for the next call.
        """
        await self._windows.write_summaries(self._write_summary, too_early=too_early)

    async def _write_summary(self, summary: WindowSummary[str]) -> None:
        details = {"request_ip": summary.source, **summary.details()}
        entry = AuditEntry(action="failed_auth", actor="unknown", outcome="summarised", details=details)
        await self._audit.write(entry)

    async def run(self, stop: asyncio.Event) -> None:
        """Writes summaries until `stop`, and then those of the windows that run."""
        await PeriodicWorker("failed-auth", self.write_summaries, interval_s=SUMMARY_S).run(stop)
        try:
            await self.write_summaries(too_early=True)
        except Unavailable:
            _log.warning("failed authentications not summarised", extra={"number": self._windows.waiting})
