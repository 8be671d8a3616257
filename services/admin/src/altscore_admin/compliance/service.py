"""Compliance reports: asked for, kept, and handed out as JSON and PDF; a worker makes them."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction
from altscore_libs.errors import FieldError, InvalidRequest, NotFound
from altscore_libs.ids import new_id
from altscore_libs.instants import INDIA
from altscore_libs.outbox import Outbox

from altscore_admin.compliance import domain, store
from altscore_admin.compliance.domain import Range
from altscore_admin.operators.domain import Operator

KEPT = timedelta(hours=1)
_log = logging.getLogger("altscore.admin.compliance")


@dataclass(frozen=True)
class ComplianceService:
    """Takes requests for reports and hands out what is ready.

    Args:
        wait_s: how long a request waits for a small report, seconds.
        wake: tells the worker of this process that there is something to do.
        finished: events of reports that somebody waits for.
    """

    pool: asyncpg.Pool
    outbox: Outbox
    clock: Clock
    wait_s: float = 2.0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    finished: dict[str, asyncio.Event] = field(default_factory=dict)

    async def request(self, operator: Operator, days: Range) -> Mapping[str, Any]:
        """The report of a range: one that is being made, or was within the hour, else a new one.

        Raises:
            InvalidRequest: an empty range, one longer than 400 days, or one that begins in the future.
        """
        now = self.clock.now()
        self._check(days)
        async with transaction(self.pool) as connection:
            await store.lock_range(connection, days)
            row = await store.newest(connection, days, since=now - KEPT)
            if row is None:
                report_id = new_id("rep")
                await store.add(connection, report_id, days, by=operator.operator_id, at=now)
                row = await store.get(connection, report_id)
            report: Mapping[str, Any] = dict(row or {})
            await self.outbox.audit(
                connection,
                "compliance_report_requested",
                actor=operator.operator_id,
                subject=report["report_id"],
                outcome=report["state"],
                details={"from": days.first.isoformat(), "to": days.last.isoformat()},
            )
        self.wake.set()
        return report

    async def ready(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The report after a short wait, finished or not."""
        if row["state"] == "done":
            return row
        event = self.finished.setdefault(row["report_id"], asyncio.Event())
        try:
            await asyncio.wait_for(event.wait(), timeout=self.wait_s)
        except TimeoutError:
            _log.info("a report is not ready yet", extra={"report_id": row["report_id"]})
        finally:
            self.finished.pop(row["report_id"], None)
        return await self.read(row["report_id"])

    async def read(self, report_id: str) -> Mapping[str, Any]:
        """A report, or how far it is.

        Raises:
            NotFound: no such report.
        """
        async with transaction(self.pool) as connection:
            row = await store.get(connection, report_id)
        if row is None:
            raise NotFound("no such report")
        return dict(row)

    async def pdf(self, report_id: str) -> bytes | None:
        """The PDF of a report; None where it could not be drawn."""
        async with transaction(self.pool) as connection:
            return await store.pdf(connection, report_id)

    def _check(self, days: Range) -> None:
        today = self.clock.now().astimezone(INDIA).date()
        if days.first > days.last or days.first > today:
            raise InvalidRequest(
                "a range begins before it ends, and not in the future", errors=[FieldError("from", "is too late")]
            )
        if (days.last - days.first).days >= domain.MAX_DAYS:
            raise InvalidRequest(
                f"a report covers {domain.MAX_DAYS} days at most", errors=[FieldError("to", "is too late")]
            )


def content_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a finished report says."""
    content: dict[str, Any] = json.loads(row["content"])
    return content
