"""Makes compliance reports under a lease: a report whose maker ended is made by another one, a few times at most."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import asyncpg
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.instants import INDIA
from altscore_libs.retention import RowRetention
from altscore_libs.state_gauges import Measure

from altscore_admin.compliance import domain, store
from altscore_admin.compliance.domain import Range
from altscore_admin.compliance.service import ComplianceService
from altscore_admin.compliance.sources import Sources
from altscore_admin.compliance.store import MAX_ATTEMPTS, Lease
from altscore_admin.errors import ReportLeaseLost

PART_LIMIT_S = 100.0
"""How long one part of a report may take; below the lease, so that nobody takes over what is still being made."""
TIME_LIMIT, WORKER_ENDED = "time_limit", "worker_ended"
REPORT_MEASURES = (
    Measure(
        name="altscore_admin_compliance_reports",
        help="Compliance reports that are kept, by state.",
        query="SELECT state, count(*) FROM compliance_reports GROUP BY state",
        labels=("state",),
    ),
)
Renderer = Callable[[Mapping[str, Any]], bytes]
Made = TypeVar("Made")
_log = logging.getLogger("altscore.admin.compliance")


class _Job(NamedTuple):
    lease: Lease
    days: Range


@dataclass(frozen=True)
class ReportMaker:
    """Makes what was asked for, one report at a time; any number of processes may.

    Args:
        part_limit_s: how long one part of a report may take, seconds.
    """

    service: ComplianceService
    sources: Sources
    render: Renderer
    part_limit_s: float = PART_LIMIT_S

    async def step(self) -> bool:
        """One turn of the worker; whether there may be more.

        Raises:
            Exception: whatever the attempt ended with, once it is recorded.
        """
        async with transaction(self.service.pool) as connection:
            row = await store.claim(connection, self.service.clock.now())
            if row is None:
                return False
            job = _Job(Lease(row["report_id"], row["attempts"]), Range(row["first_day"], row["last_day"]))
            is_over = row["attempts"] > MAX_ATTEMPTS
            if is_over:
                await self._give_up(connection, job, row["failure"] or WORKER_ENDED)
        try:
            if not is_over:
                await self._attempt(job)
        finally:
            if (event := self.service.finished.get(job.lease.report_id)) is not None:
                event.set()
        return True

    async def _attempt(self, job: _Job) -> None:
        try:
            await self._make(job)
        except ReportLeaseLost:
            _log.warning("another process makes this report", extra={"report_id": job.lease.report_id})
        except Exception as error:
            # Of the error only its class is kept: its text may say what the report is about.
            await self._fail(job, TIME_LIMIT if isinstance(error, TimeoutError) else type(error).__name__)
            raise

    async def _make(self, job: _Job) -> None:
        lease, days = job
        sections = await self._part(lease, 30, self.sources.counted(days))
        sections.insert(1, await self._part(lease, 45, self.sources.withdrawal_times(days)))
        sections += await self._part(lease, 60, self.sources.runs(days))
        sections += await self._part(lease, 70, self.sources.own(days))
        sections.insert(-1, await self._part(lease, 75, self.sources.verification()))
        now = self.service.clock.now()
        report = domain.report_of(lease.report_id, days, sections, made_at=now, today=now.astimezone(INDIA).date())
        await self._keep(job, report, await self._part(lease, 95, self._document(report)))

    async def _part(self, lease: Lease, percent: int, part: Awaitable[Made]) -> Made:
        """A part of a report; the lease begins anew behind it.

        Raises:
            TimeoutError: it took too long.
            ReportLeaseLost: it took so long that another process took over.
        """
        async with asyncio.timeout(self.part_limit_s):
            made = await part
        async with transaction(self.service.pool) as connection:
            await store.renew(connection, lease, percent=percent, now=self.service.clock.now())
        return made

    async def _document(self, report: Mapping[str, Any]) -> bytes | None:
        """The PDF; the report itself stands without one."""
        try:
            return await asyncio.to_thread(self.render, report)
        except (OSError, ImportError, ValueError, RuntimeError):
            _log.exception("a report cannot be drawn", extra={"report_id": report["report_id"]})
            return None

    async def _keep(self, job: _Job, report: Mapping[str, Any], document: bytes | None) -> None:
        content = canonical_json(dict(report)).decode()
        digest = hashlib.sha256(content.encode()).hexdigest()
        at = self.service.clock.now()
        async with transaction(self.service.pool) as connection:
            await store.finish(connection, job.lease, at=at, content=content, digest=digest, document=document)
            await self.service.outbox.audit(
                connection,
                "compliance_report_made",
                actor="admin",
                subject=job.lease.report_id,
                outcome="complete" if report["is_complete"] else "incomplete",
                details={"from": report["from"], "to": report["to"], "sha256": digest},
            )

    async def _fail(self, job: _Job, reason: str) -> None:
        async with transaction(self.service.pool) as connection:
            if job.lease.attempt >= MAX_ATTEMPTS:
                await self._give_up(connection, job, reason)
            else:
                await store.put_back(connection, job.lease, reason=reason, now=self.service.clock.now())

    async def _give_up(self, connection: asyncpg.Connection, job: _Job, reason: str) -> None:
        if not await store.give_up(connection, job.lease, reason=reason, at=self.service.clock.now()):
            return
        await self.service.outbox.audit(
            connection,
            "compliance_report_failed",
            actor="admin",
            subject=job.lease.report_id,
            outcome="failed",
            reason=reason,
            details={"from": job.days.first.isoformat(), "to": job.days.last.isoformat()},
        )


def report_retention(pool: asyncpg.Pool, kept_days: int, clock: Clock) -> RowRetention:
    """Removes reports whose time is over (compliance_reports_by_age); their digests stay in the audit chain."""
    return RowRetention(pool, "compliance_reports", "requested_at", kept=timedelta(days=kept_days), clock=clock)
