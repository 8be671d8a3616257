"""Refused callers in the audit trail: one by one up to ten a minute of a certificate, then by their number."""

import asyncio
import logging
from datetime import timedelta
from typing import NamedTuple

import asyncpg
import prometheus_client
from altscore_libs.clock import Clock
from altscore_libs.counted_windows import CountedWindows, WindowSummary
from altscore_libs.db import transaction
from altscore_libs.errors import Unavailable
from altscore_libs.outbox import Outbox
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.tls import Peer

WINDOW = timedelta(minutes=1)
ENTRIES_OF_A_WINDOW = 10
MAX_CERTIFICATES = 1_000
OTHERS = Peer(None, None, "others")
SUMMARY_S = 10.0
_log = logging.getLogger("altscore.vault.access")
_refused = prometheus_client.Counter(
    "altscore_vault_refused_callers_total", "Requests of callers that the route does not allow.", ["reason"]
)
for _reason in ("certificate_not_allowed", "role_not_allowed"):
    _refused.labels(_reason)


class RefusedCall(NamedTuple):
    """A request that was refused for its caller.

    Attributes:
        route: its template; none of what the request says is kept.
        address: of the caller.
    """

    peer: Peer
    route: str
    address: str

    @property
    def reason(self) -> str:
        """Whether the certificate is no service's, or that of a service which may not call this route."""
        return "certificate_not_allowed" if self.peer.service is None else "role_not_allowed"


class RefusalAudit:
    """Writes ten refusals of a certificate in a minute one by one, and one entry with the number of the rest.

    Each process counts by itself, in memory: the number of the minutes that run is lost with a process that is killed,
    and the metric has it.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        clock: for the minute.
        max_certificates: most certificates at a time; the further ones are counted as one.
    """

    def __init__(
        self, pool: asyncpg.Pool, *, outbox: Outbox, clock: Clock, max_certificates: int = MAX_CERTIFICATES
    ) -> None:
        self._pool = pool
        self._outbox = outbox
        self._windows = CountedWindows(
            clock, window=WINDOW, records=ENTRIES_OF_A_WINDOW, max_sources=max_certificates, others=OTHERS
        )

    async def record(self, call: RefusedCall) -> None:
        """Writes or counts a refusal.

        Raises:
            Unavailable: an entry of its own could not be written; it is counted.
        """
        _refused.labels(call.reason).inc()
        if not self._windows.admit(call.peer, call.reason):
            return
        details = {"route": call.route, "ip": call.address}
        try:
            await self._write(call.peer, outcome="refused", reason=call.reason, details=details)
        except Unavailable:
            self._windows.count(call.peer, call.reason)
            raise

    async def write_summaries(self, *, too_early: bool = False) -> None:
        """Writes the summaries of minutes that are over.

        Args:
            too_early: also of those that run, since the process ends.

        Raises:
            Unavailable: what is not written stays for the next call.
        """
        await self._windows.write_summaries(self._write_summary, too_early=too_early)

    async def _write_summary(self, summary: WindowSummary[Peer]) -> None:
        await self._write(summary.source, outcome="summarised", reason=None, details=summary.details())

    async def _write(self, peer: Peer, *, outcome: str, reason: str | None, details: dict[str, str]) -> None:
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "failed_auth",
                actor=peer.service or peer.distributor_id or "unknown",
                outcome=outcome,
                reason=reason,
                details={"certificate_sha256": peer.fingerprint or "none", **details},
            )

    async def run(self, stop: asyncio.Event) -> None:
        """Writes summaries until `stop`, and then those of the minutes that run."""
        await PeriodicWorker("refused_callers", self.write_summaries, interval_s=SUMMARY_S).run(stop)
        try:
            await self.write_summaries(too_early=True)
        except Unavailable:
            _log.warning("refused callers not summarised", extra={"number": self._windows.waiting})
