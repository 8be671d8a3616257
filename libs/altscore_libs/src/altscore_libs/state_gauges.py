"""Gauges read from a service's own database: unlike a process's counters they say the same after a restart."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import asyncpg
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from altscore_libs.db import transaction
from altscore_libs.periodic import PeriodicWorker

INTERVAL_S = 15.0
MEASURED = "altscore_state_measured_timestamp_seconds"
Series = Sequence[tuple[tuple[str, ...], float]]


@dataclass(frozen=True)
class Measure:
    """One gauge.

    Args:
        name: of the gauge.
        help: one line for the page of metrics.
        query: a row per series: the values of the labels, then the number; a row whose number is null gives no series.
        labels: names of the labels.
    """

    name: str
    help: str
    query: str
    labels: tuple[str, ...] = ()


OUTBOX_MEASURES = (
    Measure(
        name="altscore_outbox_waiting",
        help="Events that the broker has not acknowledged.",
        query="SELECT count(*) FROM outbox WHERE sent_at IS NULL AND refused_at IS NULL",
    ),
    Measure(
        name="altscore_outbox_oldest_age_seconds",
        help="Age of the oldest event that the broker has not acknowledged; 0 when none waits.",
        query="SELECT coalesce((SELECT extract(epoch FROM now() - created_at) FROM outbox"
        " WHERE sent_at IS NULL AND refused_at IS NULL ORDER BY id LIMIT 1), 0)",
    ),
    Measure(
        name="altscore_outbox_refused",
        help="Rows that the relay set aside: without a right MAC, unknown, or not to be encoded.",
        query="SELECT count(*) FROM outbox WHERE refused_at IS NOT NULL",
    ),
    Measure(
        name="altscore_outbox_missing",
        help="Rows that were committed and are gone, and nobody has explained yet.",
        query="SELECT count(*) FROM outbox_missing WHERE resolved_at IS NULL",
    ),
)
INBOX_MEASURES = (
    Measure(
        name="altscore_parked_events",
        help="Events that are set aside now, with those of the same key behind them.",
        query="SELECT topic, count(*) FROM parked WHERE resolved_at IS NULL AND holds_key GROUP BY topic",
        labels=("topic",),
    ),
    Measure(
        name="altscore_refused_events",
        help="Messages kept now that no producer of the topic sent, or that cannot be; nothing waits for them.",
        query="SELECT topic, split_part(reason, ':', 1), count(*) FROM parked"
        " WHERE resolved_at IS NULL AND NOT holds_key GROUP BY 1, 2",
        labels=("topic", "reason"),
    ),
    Measure(
        name="altscore_parked_oldest_age_seconds",
        help="Age of the event that has been set aside longest; 0 when none is.",
        query="SELECT coalesce(extract(epoch FROM now() - min(parked_at)), 0) FROM parked WHERE resolved_at IS NULL",
    ),
    Measure(
        name="altscore_parked_orders",
        help="Orders of operators about what is set aside: open, and carried out and still kept.",
        query="SELECT CASE WHEN done_at IS NULL THEN 'open' ELSE 'done' END, count(*) FROM parked_order GROUP BY 1",
        labels=("state",),
    ),
)
TABLE_SIZES = Measure(
    name="altscore_table_bytes",
    help="Size of a table with its indexes and long values.",
    query="SELECT relname, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname",
    labels=("table",),
)


class StateGauges(Collector):
    """Measures every 15 seconds what the database holds, and shows the newest result among the process's metrics.

    The sizes of its tables are always among it.
    While the database cannot be read the last values stay, and `altscore_state_measured_timestamp_seconds` says of
    when they are.

    Args:
        pool: of the service's database; queries end by its statement timeout.
        measures: what else to measure.
        interval_s: between two measurements, seconds.
    """

    def __init__(self, pool: asyncpg.Pool, measures: Sequence[Measure], *, interval_s: float = INTERVAL_S) -> None:
        self._pool = pool
        self._measures = (TABLE_SIZES, *measures)
        self._values: dict[str, Series] = {}
        self._measured_at_s: float | None = None
        self.run = PeriodicWorker("state_gauges", self.measure, interval_s=interval_s).run

    def register(self) -> "StateGauges":
        """Adds the gauges to the process's page of metrics."""
        REGISTRY.register(self)
        return self

    async def measure(self) -> None:
        """Reads everything once.

        Raises:
            Unavailable: the database does not answer; the values stay as they were.
        """
        values: dict[str, Series] = {}
        async with transaction(self._pool) as connection:
            for measure in self._measures:
                rows = [list(row) for row in await connection.fetch(measure.query)]
                values[measure.name] = [
                    (tuple(str(label) for label in labels), float(value))
                    for *labels, value in rows
                    if value is not None
                ]
        self._values, self._measured_at_s = values, time.time()

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Their names, for the registry's check that no name is used twice."""
        yield GaugeMetricFamily(MEASURED, "When the gauges of the database were read, Unix time.")
        for measure in self._measures:
            yield GaugeMetricFamily(measure.name, measure.help, labels=measure.labels)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The newest values; none before the first measurement."""
        if self._measured_at_s is None:
            return
        yield GaugeMetricFamily(
            MEASURED, "When the gauges of the database were read, Unix time.", value=self._measured_at_s
        )
        for measure in self._measures:
            family = GaugeMetricFamily(measure.name, measure.help, labels=measure.labels)
            for labels, value in self._values[measure.name]:
                family.add_metric(labels, value)
            yield family
