"""Makes the threat report of a week from the entries of the chains, and keeps one of every week in the bucket."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import GENERAL, Rule, locked_until
from altscore_audit.clients import HTML, WormBucket
from altscore_audit.detections.domain import LOOKBACK
from altscore_audit.detections.store import Position, last_before
from altscore_audit.errors import ReportNotWhole
from altscore_audit.threat_reports import store
from altscore_audit.threat_reports.domain import LATEST, Week, WeekReader, first_due, is_due, object_key
from altscore_audit.threat_reports.rendering import report_html

_PAGE = 1_000
_log = logging.getLogger("altscore.audit.threat_reports")


@dataclass(frozen=True)
class WeeklyReports:
    """Keeps the report of every week, from the last one that was over when the service began.

    Args:
        pool: of the audit database.
        bucket: where reports are kept, locked as long as the general chain is.
        rules: of schemas/audit/actions.yml, for how long.
        clock: which weeks are over.
    """

    pool: asyncpg.Pool
    bucket: WormBucket
    rules: Mapping[str, Rule]
    clock: Clock

    async def make_next(self) -> bool:
        """Makes the report of the next week that is over; whether there may be more.

        Raises:
            Unavailable: database or bucket; the report is made again.
            ReportNotWhole: what was read back is not what was written.
        """
        week = await self._next_week()
        if week is None or not is_due(week, self.clock.now()):
            return False
        body = (await make_report(self.pool, self.clock, week)).encode()
        key = object_key(week)
        retain_until = locked_until(self.rules, GENERAL, self.clock.now())
        await self.bucket.put(key, body, retain_until, content_type=HTML)
        if await self.bucket.get(key) != body:
            raise ReportNotWhole(key)
        async with transaction(self.pool) as connection:
            await store.add(connection, week, store.KeptReport(key, hashlib.sha256(body).digest()))
        _log.info("threat report kept", extra={"week": week.name})
        return True

    async def _next_week(self) -> Week | None:
        async with transaction(self.pool) as connection:
            week = await store.next_week(connection)
            first_entry_at = None if week else await store.first_entry_at(connection)
        if week is None and first_entry_at is not None:
            return first_due(first_entry_at, self.clock.now())
        return week


async def make_report(pool: asyncpg.Pool, clock: Clock, week: Week) -> str:
    """The report as HTML.

    Raises:
        Unavailable: the database.
    """
    now, reader = clock.now(), WeekReader(week)
    async with transaction(pool) as connection:
        heads = await chains.heads(connection)
    for head in heads:
        whole = Position(head["chain"], head["last_seq"])
        async with transaction(pool) as connection:
            seq = await last_before(connection, whole, week.begins_at - LOOKBACK)
            last_seq = await last_before(connection, whole, week.ends_at + LATEST)
        while seq < last_seq:
            async with transaction(pool) as connection:
                links = await chains.links(connection, whole.chain, after=seq, limit=min(_PAGE, last_seq - seq))
            for link in links:
                reader.read(link)
            seq = links[-1].seq if links else last_seq
    return report_html(reader.end(now), now)
