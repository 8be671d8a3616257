"""Makes the threat report of a week from the entries of the chains."""

from datetime import timedelta

import asyncpg
from altscore_libs.clock import Clock
from altscore_libs.db import transaction

from altscore_audit.chain import store as chains
from altscore_audit.detections.domain import LOOKBACK
from altscore_audit.detections.store import Position, last_before
from altscore_audit.threat_reports.domain import Week, WeekReader
from altscore_audit.threat_reports.rendering import report_html

LATEST = timedelta(days=1)
"""How much later than it happened an entry may be chained and still be in its week's report."""
_PAGE = 1_000


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
