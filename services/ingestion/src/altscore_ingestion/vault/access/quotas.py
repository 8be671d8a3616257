"""How often phones may be asked for, so that a stolen certificate does not read them all."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.counted_windows import CountedWindows, WindowSummary
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import PeriodicWorker
from prometheus_client import Counter

from altscore_ingestion.errors import LookupsExhausted

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUMMARY_S = 10.0
MAX_CALLERS, MAX_RETAILERS = 100, 200_000
REVEAL, RESOLVE, RETAILER = "reveals_of_caller", "resolves_of_caller", "reveals_of_retailer"
OTHERS = "others"
_log = logging.getLogger("altscore.vault.access")
_refused = Counter("altscore_vault_lookups_exhausted_total", "Questions about phones beyond their quota.", ["quota"])
for _quota in (REVEAL, RESOLVE, RETAILER):
    _refused.labels(_quota)


@dataclass(frozen=True)
class LookupLimits:
    """Most questions that one process answers.

    Attributes:
        reveals_per_hour: phones in the clear, of one caller.
        reveals_per_retailer: of one retailer in 24 hours; each try to send a message is one.
        resolves_per_hour: numbers whose retailers are named, of one caller.
    """

    reveals_per_hour: int = 3_000
    reveals_per_retailer: int = 200
    resolves_per_hour: int = 30_000


class LookupQuotas:
    """Counts questions about phones in memory; what is beyond a quota is refused, and audited by its number.

    Each process counts for itself, in windows that begin with a caller's or retailer's first question.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        clock: for the windows.
        limits: most questions.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, clock: Clock, limits: LookupLimits | None = None) -> None:
        self._pool = pool
        self._outbox = outbox
        limits = limits or LookupLimits()

        def windows(window: timedelta, records: int, max_sources: int) -> CountedWindows[str]:
            return CountedWindows(clock, window=window, records=records, max_sources=max_sources, others=OTHERS)

        self._windows = {
            REVEAL: windows(HOUR, limits.reveals_per_hour, MAX_CALLERS),
            RESOLVE: windows(HOUR, limits.resolves_per_hour, MAX_CALLERS),
            RETAILER: windows(DAY, limits.reveals_per_retailer, MAX_RETAILERS),
        }

    async def admit_reveal(self, caller: str, retailer_id: str) -> None:
        """Counts a phone that is to be revealed.

        Raises:
            LookupsExhausted: the caller's quota is spent, or that of the retailer.
        """
        await self._admit(REVEAL, caller, caller=caller, wait=HOUR)
        await self._admit(RETAILER, retailer_id, caller=caller, wait=DAY)  # last: a try in vain costs no retailer

    async def admit_resolve(self, caller: str) -> None:
        """Counts a number whose retailers are asked for.

        Raises:
            LookupsExhausted: the caller's quota is spent.
        """
        await self._admit(RESOLVE, caller, caller=caller, wait=HOUR)

    async def _admit(self, quota: str, source: str, *, caller: str, wait: timedelta) -> None:
        if self._windows[quota].admit(source, quota):
            return
        _refused.labels(quota).inc()
        _log.error("a quota of questions about phones is spent", extra={"quota": quota, "caller": caller})
        raise LookupsExhausted(int(wait.total_seconds()))

    async def write_summaries(self, *, too_early: bool = False) -> None:
        """Audits how many questions were refused, once for every window.

        Raises:
            Unavailable: what is not written stays for the next call.
        """
        for quota, windows in self._windows.items():

            async def write(summary: WindowSummary[str], quota: str = quota) -> None:
                async with transaction(self._pool) as connection:
                    await self._outbox.audit(
                        connection,
                        "identity_lookups_refused",
                        actor="vault" if quota == RETAILER else summary.source,
                        subject=summary.source,
                        outcome="refused",
                        reason=quota,
                        details=summary.details(),
                    )

            await windows.write_summaries(write, too_early=too_early)

    async def run(self, stop: asyncio.Event) -> None:
        """Writes summaries until `stop`, and then those of the windows that run."""
        await PeriodicWorker("lookup_quotas", self.write_summaries, interval_s=SUMMARY_S).run(stop)
        try:
            await self.write_summaries(too_early=True)
        except Unavailable:
            _log.warning("refused questions about phones are not audited")
