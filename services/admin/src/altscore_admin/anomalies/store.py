"""SQL of anomalies; takes a connection, never commits."""

from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.db import affected_rows

# The newest of a retailer stays open, whatever the order of arrival. Index: anomalies_open_of_retailer.
_CLOSE_OLDER = """
UPDATE anomalies a SET status = 'closed', closed_at = $2
WHERE retailer_id = $1 AND status = 'open' AND EXISTS (
    SELECT FROM anomalies newer WHERE newer.retailer_id = $1 AND newer.status = 'open'
        AND (newer.detected_at, newer.anomaly_id) > (a.detected_at, a.anomaly_id)
)
"""
# Index: anomalies_open.
_CLOSE_UNSEEN = """
UPDATE anomalies SET status = 'closed', closed_at = $2 WHERE anomaly_id = ANY(ARRAY(
    SELECT anomaly_id FROM anomalies WHERE status = 'open' AND detected_at < $1 ORDER BY detected_at LIMIT $3
))
"""
# Index: anomalies_closed.
_REMOVE = """
DELETE FROM anomalies WHERE anomaly_id = ANY(ARRAY(
    SELECT anomaly_id FROM anomalies WHERE status = 'closed' AND closed_at < $1 ORDER BY closed_at LIMIT $2
))
"""
# Indexes: anomalies_open, anomalies_of_retailer.
NEWEST_OPEN = """
SELECT anomaly_id, retailer_id, run_id, score, threshold, detected_at, status, closed_at, review,
       reviewed_by, reviewed_at FROM anomalies
WHERE status = 'open' AND (detected_at, anomaly_id) < ($1, $2)
ORDER BY detected_at DESC, anomaly_id DESC LIMIT $3
"""
NEWEST_OF_RETAILER = """
SELECT anomaly_id, retailer_id, run_id, score, threshold, detected_at, status, closed_at, review,
       reviewed_by, reviewed_at FROM anomalies
WHERE retailer_id = $4 AND (detected_at, anomaly_id) < ($1, $2)
ORDER BY detected_at DESC, anomaly_id DESC LIMIT $3
"""

# Only what nobody reviewed; one that a later run closed may still be reviewed.
_REVIEW = """
UPDATE anomalies SET status = 'closed', closed_at = coalesce(closed_at, $3), review = $2, reviewed_at = $3,
    reviewed_by = $4
WHERE anomaly_id = $1 AND review IS NULL
RETURNING anomaly_id, retailer_id, run_id, score, threshold, detected_at, status, closed_at, review, reviewed_by,
    reviewed_at
"""


async def review(
    connection: asyncpg.Connection, anomaly_id: str, decision: str, *, at: datetime, by: str
) -> asyncpg.Record | None:
    """Closes an anomaly with what a person decided; None where there is none that nobody reviewed."""
    return await connection.fetchrow(_REVIEW, anomaly_id, decision, at, by)


async def exists(connection: asyncpg.Connection, anomaly_id: str) -> bool:
    """Whether there is such an anomaly."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM anomalies WHERE anomaly_id = $1)", anomaly_id))


async def newest(
    connection: asyncpg.Connection, *, before: tuple[datetime, str], limit: int, retailer_id: str | None
) -> list[asyncpg.Record]:
    """Open anomalies of all retailers, or all of one retailer, detected before a place; the newest first."""
    if retailer_id is None:
        return list(await connection.fetch(NEWEST_OPEN, *before, limit))
    return list(await connection.fetch(NEWEST_OF_RETAILER, *before, limit, retailer_id))


async def of_retailers(connection: asyncpg.Connection, retailer_ids: list[str]) -> list[asyncpg.Record]:
    """Every anomaly of these retailers, oldest first (anomalies_of_retailer)."""
    return list(
        await connection.fetch(
            "SELECT anomaly_id, retailer_id, run_id, score, threshold, detected_at, status, closed_at FROM anomalies"
            " WHERE retailer_id = ANY($1) ORDER BY detected_at, anomaly_id",
            retailer_ids,
        )
    )


async def add_anomaly(connection: asyncpg.Connection, data: dict[str, Any], *, now: datetime) -> None:
    """Adds an anomaly for a person to look at and closes older ones of the retailer; the same twice is stored once."""
    await connection.execute(
        "INSERT INTO anomalies (anomaly_id, retailer_id, run_id, score, threshold, detected_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (anomaly_id) DO NOTHING",
        *(data[name] for name in ("anomaly_id", "retailer_id", "run_id", "score", "threshold", "detected_at")),
    )
    await connection.execute(_CLOSE_OLDER, data["retailer_id"], now)


async def close_unseen(connection: asyncpg.Connection, *, seen_before: datetime, now: datetime, limit: int) -> int:
    """Closes at most `limit` anomalies that no run has detected since; how many."""
    return affected_rows(await connection.execute(_CLOSE_UNSEEN, seen_before, now, limit))


async def remove_closed(connection: asyncpg.Connection, *, closed_before: datetime, limit: int) -> int:
    """Removes at most `limit` anomalies that were closed before an instant; how many."""
    return affected_rows(await connection.execute(_REMOVE, closed_before, limit))


async def count_open(connection: asyncpg.Connection) -> int:
    """Anomalies that wait for a person."""
    return int(await connection.fetchval("SELECT count(*) FROM anomalies WHERE status = 'open'"))
