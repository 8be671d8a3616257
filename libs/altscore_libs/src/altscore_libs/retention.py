"""What a service keeps for a time goes when the time is over; the list of applied events, once none can arrive again.

An event arrives again from its topic, as long as the broker keeps it, and from its producer's outbox, which a restore
sends again and which keeps events for seven days. Topics that are kept for ever keep their rows.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import asyncpg
from prometheus_client import Counter, Gauge

from altscore_libs.clock import Clock
from altscore_libs.db import affected_rows, transaction
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.yaml_text import parse_yaml

BATCH = 5_000
INTERVAL_S = 3_600.0
OUTBOX_DAYS = 7
MARGIN_DAYS = 1
_removed = Counter("altscore_inbox_removed_total", "Rows of applied events that were removed.", ["topic"])
_rows_removed = Counter("altscore_rows_removed_total", "Rows that were removed because their time was over.", ["table"])
_rows = Gauge("altscore_inbox_rows", "Rows of applied events, by the planner's estimate.")

# inbox_by_age is (topic, applied_at): a batch reads the rows that it deletes and no others.
_PURGE = """
DELETE FROM inbox WHERE event_id = ANY(ARRAY(
    SELECT event_id FROM inbox WHERE topic = $1 AND applied_at < $2 ORDER BY applied_at LIMIT $3
))
"""
_ESTIMATE = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'inbox'::regclass"


def inbox_periods(topics_file: Path) -> dict[str, timedelta]:
    """How long each topic's rows stay; topics that are kept for ever are absent.

    Args:
        topics_file: schemas/topics.yml.
    """
    topics = parse_yaml(topics_file.read_text(encoding="utf-8"))
    margin = OUTBOX_DAYS + MARGIN_DAYS
    return {
        topic["name"]: timedelta(days=topic["retention_days"] + margin)
        for topic in topics
        if topic["retention_days"] >= 0
    }


class InboxRetention:
    """Removes rows of events that cannot arrive again, in batches.

    Args:
        pool: of the consumer's database.
        periods: by topic, from `inbox_periods`.
        clock: for "now".
        batch: rows a transaction.
    """

    def __init__(
        self, pool: asyncpg.Pool, periods: Mapping[str, timedelta], clock: Clock, *, batch: int = BATCH
    ) -> None:
        self._pool = pool
        self._periods = periods
        self._clock = clock
        self._batch = batch

    async def step(self) -> bool:
        """One batch of each topic; whether there may be more.

        Raises:
            Unavailable: the database.
        """
        has_more = False
        for topic, period in self._periods.items():
            async with transaction(self._pool) as connection:
                status = await connection.execute(_PURGE, topic, self._clock.now() - period, self._batch)
            removed = affected_rows(status)
            _removed.labels(topic).inc(removed)
            has_more = has_more or removed == self._batch
        async with transaction(self._pool) as connection:
            _rows.set(await connection.fetchval(_ESTIMATE))
        return has_more


def inbox_retention(pool: asyncpg.Pool, schemas_dir: Path, clock: Clock) -> PeriodicWorker:
    """The hourly worker of a consumer; its database needs `inbox_by_age`.

    Args:
        pool: of the consumer's database.
        schemas_dir: schemas/, for topics.yml.
        clock: for "now".
    """
    retention = InboxRetention(pool, inbox_periods(schemas_dir / "topics.yml"), clock)
    return PeriodicWorker("inbox_retention", retention.step, interval_s=INTERVAL_S)


class RowRetention:
    """Removes rows of one table whose time is over, the oldest first, in batches.

    Args:
        pool: of the service's database; its role may delete from the table.
        table: a constant of the service.
        column: an instant; an index on it is what a batch reads along.
        kept: how long a row stays after that instant.
        clock: for "now".
        batch: rows a transaction.
    """

    def __init__(
        self, pool: asyncpg.Pool, table: str, column: str, *, kept: timedelta, clock: Clock, batch: int = BATCH
    ) -> None:
        self._pool = pool
        self._table = table
        self._kept = kept
        self._clock = clock
        self._batch = batch
        self.statement = (
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608  # constants of the service
            f"SELECT ctid FROM {table} WHERE {column} < $1 ORDER BY {column} LIMIT $2))"
        )

    async def step(self) -> bool:
        """One batch; whether there may be more.

        Raises:
            Unavailable: the database.
        """
        async with transaction(self._pool) as connection:
            status = await connection.execute(self.statement, self._clock.now() - self._kept, self._batch)
        removed = affected_rows(status)
        _rows_removed.labels(self._table).inc(removed)
        return removed == self._batch

    def worker(self) -> PeriodicWorker:
        """The hourly worker."""
        return PeriodicWorker(f"retention_of_{self._table}", self.step, interval_s=INTERVAL_S)
