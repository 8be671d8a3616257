"""Refused callers in the audit trail: one by one up to ten a minute of a certificate, then by their number."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg
import prometheus_client
from altscore_libs.clock import Clock
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


@dataclass
class _Window:
    """A minute of one certificate, from its first refusal."""

    began_at: datetime
    written: int = 0
    summarised: Counter[str] = field(default_factory=Counter)

    def is_over(self, now: datetime) -> bool:
        return now >= self.began_at + WINDOW


class RefusalAudit:
    """Writes ten refusals of a certificate in a minute one by one, and one entry with the number of the rest.

    Each process counts by itself, in memory: the number of the minutes that run is lost with a process that is killed,
    and the metric has it.

    Args:
        pool: of the vault's database.
        outbox: for the audit.
        clock: for the minute.
    """

    def __init__(self, pool: asyncpg.Pool, *, outbox: Outbox, clock: Clock) -> None:
        self._pool = pool
        self._outbox = outbox
        self._clock = clock
        self._windows: dict[Peer, _Window] = {}
        self._ended: list[tuple[Peer, _Window]] = []

    async def record(self, call: RefusedCall) -> None:
        """Writes or counts a refusal.

        Raises:
            Unavailable: an entry of its own could not be written; it is counted.
        """
        _refused.labels(call.reason).inc()
        window = self._window_of(call.peer)
        if window.written >= ENTRIES_OF_A_WINDOW:
            window.summarised[call.reason] += 1
            return
        window.written += 1
        details = {"route": call.route, "ip": call.address, "certificate_sha256": call.peer.fingerprint or "none"}
        try:
            await self._write(call.peer, outcome="refused", reason=call.reason, details=details)
        except Unavailable:
            window.summarised[call.reason] += 1
            raise

    def _window_of(self, peer: Peer) -> _Window:
        now = self._clock.now()
        if peer not in self._windows and len(self._windows) >= MAX_CERTIFICATES:
            peer = OTHERS
        window = self._windows.get(peer)
        if window is not None and window.is_over(now):
            self._end(peer)
            window = None
        if window is None:
            window = self._windows[peer] = _Window(now)
        return window

    def _end(self, peer: Peer) -> None:
        window = self._windows.pop(peer)
        if not window.summarised:
            return
        if len(self._ended) < MAX_CERTIFICATES:
            self._ended.append((peer, window))
            return
        _, last = self._ended[-1]  # the trail cannot be written for long
        last.summarised += window.summarised
        self._ended[-1] = (OTHERS, last)

    async def write_summaries(self, *, too_early: bool = False) -> None:
        """Writes the summaries of minutes that are over.

        Args:
            too_early: also of those that run, since the process ends.

        Raises:
            Unavailable: what is not written stays for the next call.
        """
        now = self._clock.now()
        for peer in [peer for peer, window in self._windows.items() if too_early or window.is_over(now)]:
            self._end(peer)
        while self._ended:
            peer, window = self._ended[0]
            details = {
                "certificate_sha256": peer.fingerprint or "none",
                "began_at": window.began_at.isoformat(),
                "window_s": str(int(WINDOW.total_seconds())),
                "number": str(window.summarised.total()),
                **{reason: str(number) for reason, number in window.summarised.items()},
            }
            await self._write(peer, outcome="summarised", reason=None, details=details)
            self._ended.pop(0)

    async def _write(self, peer: Peer, *, outcome: str, reason: str | None, details: dict[str, str]) -> None:
        async with transaction(self._pool) as connection:
            await self._outbox.audit(
                connection,
                "failed_auth",
                actor=peer.service or peer.distributor_id or "unknown",
                outcome=outcome,
                reason=reason,
                details=details,
            )

    async def run(self, stop: asyncio.Event) -> None:
        """Writes summaries until `stop`, and then those of the minutes that run."""
        await PeriodicWorker("refused_callers", self.write_summaries, interval_s=SUMMARY_S).run(stop)
        try:
            await self.write_summaries(too_early=True)
        except Unavailable:
            _log.warning("refused callers not summarised", extra={"number": len(self._ended)})
