"""Refused logins in the audit trail: one by one up to ten a minute of an address, then by their number."""

import asyncio
import logging
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.counted_windows import CountedWindows, WindowSummary
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import PeriodicWorker
from prometheus_client import Counter

WINDOW = timedelta(minutes=1)
ENTRIES_OF_A_WINDOW = 10
MAX_ADDRESSES = 1_000
OTHERS = "others"
SUMMARY_S = 10.0
_log = logging.getLogger("altscore.ingestion.sftp")
_refused = Counter("altscore_ingest_sftp_refused_logins_total", "SSH connections that ended without a login.")


class SftpRefusals:
    """Writes refused logins; nothing of what was offered is kept but the number of tries.

    Args:
        pool: of the ingestion database.
        outbox: for the audit.
        clock: for the minute.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, clock: Clock) -> None:
        self._pool, self._outbox = pool, outbox
        self._windows = CountedWindows(
            clock, window=WINDOW, records=ENTRIES_OF_A_WINDOW, max_sources=MAX_ADDRESSES, others=OTHERS
        )

    async def record(self, address: str, reason: str) -> None:
        """Writes or counts a refusal; a lost database loses the entry and not the number."""
        _refused.inc()
        if not self._windows.admit(address, reason):
            return
        try:
            await self._write(address, outcome="refused", reason=reason, details={})
        except Unavailable:
            self._windows.count(address, reason)

    async def write_summaries(self, *, too_early: bool = False) -> None:
        """Writes the summaries of minutes that are over, or of all.

        Raises:
            Unavailable: what is not written stays for the next call.
        """
        await self._windows.write_summaries(self._write_summary, too_early=too_early)

    async def _write_summary(self, summary: WindowSummary[str]) -> None:
        await self._write(summary.source, outcome="summarised", reason=None, details=summary.details())

    async def _write(self, address: str, *, outcome: str, reason: str | None, details: dict[str, str]) -> None:
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "failed_auth",
                actor="unknown",
                outcome=outcome,
                reason=reason,
                details={"ip": address, "certificate_sha256": "none", "protocol": "sftp", **details},
            )

    async def run(self, stop: asyncio.Event) -> None:
        """Writes summaries until `stop`, and then those of the minutes that run."""
        await PeriodicWorker("refused_logins", self.write_summaries, interval_s=SUMMARY_S).run(stop)
        try:
            await self.write_summaries(too_early=True)
        except Unavailable:
            _log.warning("refused logins not summarised", extra={"number": self._windows.waiting})
