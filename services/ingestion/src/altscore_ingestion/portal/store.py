"""SQL of the portal's readings; every function takes a connection, reads one distributor and never commits."""

from datetime import datetime

import asyncpg

_SUMMARY = """
SELECT count(*) AS batches, coalesce(sum(submitted), 0) AS submitted, coalesce(sum(accepted), 0) AS accepted,
    coalesce(sum(quarantined), 0) AS quarantined, coalesce(sum(duplicate), 0) AS duplicate,
    max(received_at) AS last_received_at, max(received_at) FILTER (WHERE accepted > 0) AS last_accepted_at
FROM batch WHERE distributor_id = $1 AND reprocessed_from IS NULL
"""
# First and last day of each table by index record_by_day.
_COVERAGE = """
SELECT t.table_name,
    (SELECT min(dated_on) FROM record r WHERE r.distributor_id = $1 AND r.table_name = t.table_name) AS first_on,
    (SELECT max(dated_on) FROM record r WHERE r.distributor_id = $1 AND r.table_name = t.table_name) AS last_on
FROM unnest(ARRAY['invoices', 'payments', 'returns']) AS t (table_name)
"""
_HEARTBEAT = """
SELECT received_at, connector_version, erp_type, source_ok, queued_batches, last_success_at
FROM connector_heartbeat WHERE distributor_id = $1
"""
_BATCH = """
SELECT batch_id, erp_type, state, received_at, completed_at, submitted, accepted, quarantined, duplicate, completeness,
    reprocessed_from
FROM batch WHERE distributor_id = $1
"""
_REASONS = """
SELECT table_name, reasons->0->>'field' AS field, reasons->0->>'reason' AS reason, count(*) AS records
FROM batch_record WHERE batch_id = $1 AND status = 'quarantined' AND reprocessed_in IS NULL
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT 200
"""
_QUARANTINED = """
SELECT b.batch_id, b.received_at, r.table_name, r.position, r.record_key, r.reasons
FROM batch b JOIN batch_record r USING (batch_id)
WHERE b.distributor_id = $1 AND r.status = 'quarantined' AND r.reprocessed_in IS NULL
    AND (b.received_at, b.batch_id) <= ($2, $3)
    AND ((b.received_at, b.batch_id) < ($2, $3) OR (r.table_name, r.position) > ($4, $5))
ORDER BY b.received_at DESC, b.batch_id DESC, r.table_name, r.position LIMIT $6
"""
_CERTIFICATES = """
SELECT fingerprint, created_at, accepted_until, revoked_at FROM certificate
WHERE distributor_id = $1 ORDER BY created_at DESC LIMIT 20
"""
_KEYS = """
SELECT key_number, valid_from, accepted_until, used_at, revoked_at FROM connector_key
WHERE distributor_id = $1 ORDER BY key_number DESC LIMIT 20
"""
_SSH_KEYS = """
SELECT fingerprint, created_at, revoked_at FROM sftp_key
WHERE distributor_id = $1 ORDER BY created_at DESC, fingerprint LIMIT 20
"""


async def is_known(connection: asyncpg.Connection, distributor_id: str) -> bool:
    """Whether there is such a distributor."""
    return bool(
        await connection.fetchval("SELECT EXISTS (SELECT FROM distributor WHERE distributor_id = $1)", distributor_id)
    )


async def summary(connection: asyncpg.Connection, distributor_id: str) -> asyncpg.Record:
    """Counts of all batches that the connector sent, by index batch_rate."""
    return await connection.fetchrow(_SUMMARY, distributor_id)


async def coverage(connection: asyncpg.Connection, distributor_id: str) -> list[asyncpg.Record]:
    """The first and the last day of each table in Bronze."""
    return list(await connection.fetch(_COVERAGE, distributor_id))


async def heartbeat(connection: asyncpg.Connection, distributor_id: str) -> asyncpg.Record | None:
    """The connector's newest heartbeat."""
    return await connection.fetchrow(_HEARTBEAT, distributor_id)


async def batches(
    connection: asyncpg.Connection, distributor_id: str, *, before: tuple[datetime, str], limit: int
) -> list[asyncpg.Record]:
    """Batches that arrived before a place, the newest first, by index batch_rate."""
    query = f"{_BATCH} AND (received_at, batch_id) < ($2, $3) ORDER BY received_at DESC, batch_id DESC LIMIT $4"
    return list(await connection.fetch(query, distributor_id, *before, limit))


async def batch(connection: asyncpg.Connection, distributor_id: str, batch_id: str) -> asyncpg.Record | None:
    """One batch of this distributor; another one's is unknown."""
    return await connection.fetchrow(f"{_BATCH} AND batch_id = $2", distributor_id, batch_id)


async def reasons(connection: asyncpg.Connection, batch_id: str) -> list[asyncpg.Record]:
    """How many records of a batch stay in quarantine, by the first rule that they break."""
    return list(await connection.fetch(_REASONS, batch_id))


async def quarantined(
    connection: asyncpg.Connection,
    distributor_id: str,
    *,
    before: tuple[datetime, str],
    after: tuple[str, int],
    limit: int,
) -> list[asyncpg.Record]:
    """Quarantined records behind a place: of the newest batches first, within a batch by table and position."""
    return list(await connection.fetch(_QUARANTINED, distributor_id, *before, *after, limit))


async def certificates(connection: asyncpg.Connection, distributor_id: str) -> list[asyncpg.Record]:
    """The newest certificates."""
    return list(await connection.fetch(_CERTIFICATES, distributor_id))


async def keys(connection: asyncpg.Connection, distributor_id: str) -> list[asyncpg.Record]:
    """The newest API keys: their times, nothing of the keys themselves."""
    return list(await connection.fetch(_KEYS, distributor_id))


async def ssh_keys(connection: asyncpg.Connection, distributor_id: str) -> list[asyncpg.Record]:
    """The newest SSH keys."""
    return list(await connection.fetch(_SSH_KEYS, distributor_id))
