"""SQL of heartbeats, of the quarantine's list and of what was accepted. Never commits."""

import json
from datetime import datetime

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_ingestion.connectors.domain import (
    AcceptedRecord,
    Heartbeat,
    QuarantinedRecord,
    QuarantinePlace,
)

MEASURES = (
    Measure(
        name="altscore_ingest_silent_sites",
        help="Active distributors whose connector has reported before and not in the last 24 hours.",
        query="SELECT count(*) FROM connector_heartbeat h JOIN distributor d USING (distributor_id)"
        " WHERE d.is_active AND h.received_at < now() - interval '24 hours'",
    ),
    Measure(
        name="altscore_ingest_connector_credentials_ending",
        help="Active distributors whose newest API key in use, or certificate, ends within 7 days, or has ended.",
        query="""
        SELECT kind, count(*) FILTER (WHERE ends_at < now() + interval '7 days') FROM (
            SELECT 'api_key' AS kind, coalesce(max(k.accepted_until) FILTER (WHERE k.used_at IS NOT NULL),
                max(k.accepted_until)) AS ends_at
            FROM connector_key k JOIN distributor d USING (distributor_id)
            WHERE d.is_active AND k.revoked_at IS NULL GROUP BY distributor_id
            UNION ALL
            SELECT 'certificate', max(c.accepted_until)
            FROM certificate c JOIN distributor d USING (distributor_id)
            WHERE d.is_active AND c.revoked_at IS NULL GROUP BY distributor_id
        ) AS newest GROUP BY kind
        """,
        labels=("kind",),
    ),
)


async def upsert_heartbeat(
    connection: asyncpg.Connection, distributor_id: str, heartbeat: Heartbeat, *, now: datetime
) -> None:
    """Stores a connector's newest heartbeat."""
    await connection.execute(
        """
        INSERT INTO connector_heartbeat (distributor_id, received_at, connector_version, erp_type, source_ok,
            queued_batches, last_success_at, last_exit_status, findings)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (distributor_id) DO UPDATE SET
            received_at = excluded.received_at, connector_version = excluded.connector_version,
            erp_type = excluded.erp_type, source_ok = excluded.source_ok, queued_batches = excluded.queued_batches,
            last_success_at = excluded.last_success_at, last_exit_status = excluded.last_exit_status,
            findings = excluded.findings
        """,
        distributor_id,
        now,
        heartbeat.connector_version,
        heartbeat.erp_type,
        heartbeat.source_ok,
        heartbeat.queued_batches,
        heartbeat.last_success_at,
        heartbeat.last_exit_status,
        heartbeat.findings,
    )


async def count_quarantined(connection: asyncpg.Connection, distributor_id: str, since: datetime) -> int:
    """How many records of the distributor's batches since then are in quarantine, by index batch_rate.

    Those that were reprocessed are not any more.
    """
    count: int = await connection.fetchval(
        """
        SELECT coalesce(sum(quarantined - (
            SELECT count(*) FROM batch_record r WHERE r.batch_id = b.batch_id AND r.reprocessed_in IS NOT NULL
        )), 0)
        FROM batch b WHERE distributor_id = $1 AND received_at >= $2 AND state = 'complete' AND quarantined > 0
        """,
        distributor_id,
        since,
    )
    return count


async def batch_arrival(connection: asyncpg.Connection, distributor_id: str, batch_id: str) -> datetime | None:
    """When a batch of the distributor arrived, by primary key; None for a batch of another or of nobody."""
    at: datetime | None = await connection.fetchval(
        "SELECT received_at FROM batch WHERE batch_id = $1 AND distributor_id = $2", batch_id, distributor_id
    )
    return at


async def quarantined_records(
    connection: asyncpg.Connection,
    distributor_id: str,
    *,
    since: datetime,
    after: QuarantinePlace | None,
    limit: int,
) -> list[QuarantinedRecord]:
    """Records in quarantine from the oldest batch on, by index batch_rate and primary key.

    Args:
        connection: of the ingestion database.
        distributor_id: whose.
        since: arrival of the first batch; of `after`'s batch where that is given.
        after: only records behind this place.
        limit: most records.
    """
    rows = await connection.fetch(
        """
        SELECT r.batch_id, r.table_name, r.position, r.record_key, r.reasons
        FROM batch b JOIN batch_record r USING (batch_id)
        WHERE b.distributor_id = $1 AND b.received_at >= $2 AND b.quarantined > 0 AND r.status = 'quarantined'
            AND r.reprocessed_in IS NULL
            AND (b.received_at, r.batch_id, r.table_name, r.position) > ($2, $3, $4, $5)
        ORDER BY b.received_at, r.batch_id, r.table_name, r.position LIMIT $6
        """,
        distributor_id,
        since,
        *((after.batch_id, after.table, after.position) if after else ("", "", -1)),
        limit,
    )
    return [_record(row) for row in rows]


async def highest_sequence(connection: asyncpg.Connection, distributor_id: str) -> int:
    """The greatest sequence number of a batch that counts, by primary key; 0 where none had one."""
    sequence: int | None = await connection.fetchval(
        "SELECT highest_sequence FROM accepted_sequence WHERE distributor_id = $1", distributor_id
    )
    return sequence or 0


async def accepted_records(
    connection: asyncpg.Connection, distributor_id: str, *, after: tuple[str, str], limit: int
) -> list[AcceptedRecord]:
    """The newest statement of every record, by primary key.

    Of a record that was stored before day and amount were kept, nothing is told; the customer master has neither.

    Args:
        connection: of the ingestion database.
        distributor_id: whose.
        after: only records behind this table and key.
        limit: most records.
    """
    rows = await connection.fetch(
        """
        SELECT table_name AS table, record_key AS key, source_order, is_cancelled, dated_on AS day, amount_inr
        FROM record
        WHERE distributor_id = $1 AND (table_name, record_key) > ($2, $3) AND dated_on IS NOT NULL
            AND amount_inr IS NOT NULL AND is_cancelled IS NOT NULL
        ORDER BY table_name, record_key LIMIT $4
        """,
        distributor_id,
        *after,
        limit,
    )
    return [AcceptedRecord(**row) for row in rows]


def _record(row: asyncpg.Record) -> QuarantinedRecord:
    first = json.loads(row["reasons"])[0]
    return QuarantinedRecord(
        place=QuarantinePlace(batch_id=row["batch_id"], table=row["table_name"], position=row["position"]),
        record_key=row["record_key"],
        field=first["field"],
        rule=first["reason"],
    )
