"""SQL of monthly totals; every function takes a connection and never commits."""

from collections.abc import Collection
from datetime import date
from typing import get_args

import asyncpg

from altscore_ingestion.batches.domain import BatchHeader
from altscore_ingestion.batches.payload import DatedTable
from altscore_ingestion.totals.domain import ErpTotal, LiveTotal, MonthKey


async def upsert_totals(connection: asyncpg.Connection, header: BatchHeader) -> None:
    """Stores what a batch's ERP states, unless a newer statement is stored: greater sequence, or the same and later."""
    totals = header.erp_totals
    await connection.execute(
        """
        INSERT INTO erp_total (distributor_id, batch_id, sequence, stated_at, table_name, month_on, documents,
            amount_inr)
        SELECT $1, $2, $3, $4, * FROM unnest($5::text[], $6::date[], $7::bigint[], $8::numeric[])
        ON CONFLICT (distributor_id, table_name, month_on) DO UPDATE SET
            batch_id = excluded.batch_id, sequence = excluded.sequence, stated_at = excluded.stated_at,
            documents = excluded.documents, amount_inr = excluded.amount_inr
        WHERE (erp_total.sequence, erp_total.stated_at) <= (excluded.sequence, excluded.stated_at)
        """,
        header.distributor_id,
        header.batch_id,
        header.sequence or 0,
        header.ingested_at,
        [key.table for key in totals],
        [key.month_on for key in totals],
        [total.documents for total in totals.values()],
        [total.amount_inr for total in totals.values()],
    )


async def erp_totals(
    connection: asyncpg.Connection, distributor_id: str, *, batch_id: str | None
) -> dict[MonthKey, ErpTotal]:
    """The newest statement of every month, by primary key; with a batch: those that this batch made."""
    rows = await connection.fetch(
        """
        SELECT table_name, month_on, documents, amount_inr FROM erp_total
        WHERE distributor_id = $1 AND ($2::text IS NULL OR batch_id = $2)
        """,
        distributor_id,
        batch_id,
    )
    return {MonthKey(row["table_name"], row["month_on"]): ErpTotal(row["documents"], row["amount_inr"]) for row in rows}


async def live_totals(
    connection: asyncpg.Connection, distributor_id: str, *, months: Collection[MonthKey] | None
) -> dict[MonthKey, LiveTotal]:
    """Live records that are not cancelled, per table and month, by index record_by_day.

    A document is an id up to its first `#`: what follows it tells its parts or lines apart.

    Args:
        connection: of the ingestion database.
        distributor_id: whose.
        months: only these; None: all.
    """
    rows = await connection.fetch(
        """
        SELECT table_name, date_trunc('month', dated_on)::date AS month_on, count(*) AS records,
            count(DISTINCT split_part(record_key, '#', 1)) AS documents, sum(amount_inr) AS amount_inr
        FROM record
        WHERE distributor_id = $1 AND table_name = ANY ($2::text[]) AND dated_on >= $3 AND dated_on < $4
            AND NOT is_cancelled
        GROUP BY 1, 2
        """,
        distributor_id,
        *_range(months),
    )
    live = {
        MonthKey(row["table_name"], row["month_on"]): LiveTotal(row["documents"], row["records"], row["amount_inr"])
        for row in rows
    }
    return live if months is None else {key: total for key, total in live.items() if key in months}


def _range(months: Collection[MonthKey] | None) -> tuple[list[str], date, date]:
    """Tables, first day, and the first day after the last month."""
    if not months:
        return list(get_args(DatedTable)) if months is None else [], date.min, date.max
    last = max(key.month_on for key in months)
    following = date(last.year + last.month // 12, last.month % 12 + 1, 1)
    return sorted({key.table for key in months}), min(key.month_on for key in months), following


async def tables_with_unknown_months(connection: asyncpg.Connection, distributor_id: str) -> set[str]:
    """Tables with records that were stored before their day and amount were, by index record_by_day."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT table_name FROM record
        WHERE distributor_id = $1 AND table_name IN ('invoices', 'payments', 'returns') AND dated_on IS NULL
        """,
        distributor_id,
    )
    return {row["table_name"] for row in rows}
