"""SQL of what stores reported of an erasure; takes a connection, never commits."""

import json
from collections.abc import Sequence

import asyncpg

from altscore_admin.erasures.domain import StoreReport


async def add_reports(connection: asyncpg.Connection, request_id: str, reports: Sequence[StoreReport]) -> list[str]:
    """Keeps what stores reported; the stores that had not reported before."""
    rows = await connection.fetch(
        "INSERT INTO rights_store_reports (request_id, store, reported_at, counts)"
        " SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[]) ON CONFLICT DO NOTHING RETURNING store",
        request_id,
        [report.store for report in reports],
        [report.reported_at for report in reports],
        [json.dumps(report.counts) for report in reports],
    )
    return [row["store"] for row in rows]


async def reports(connection: asyncpg.Connection, request_id: str) -> list[StoreReport]:
    """What stores reported, by store."""
    rows = await connection.fetch(
        "SELECT store, reported_at, counts FROM rights_store_reports WHERE request_id = $1 ORDER BY store", request_id
    )
    return [StoreReport(row["store"], row["reported_at"], json.loads(row["counts"])) for row in rows]
