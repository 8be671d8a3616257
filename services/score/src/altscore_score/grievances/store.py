"""SQL of grievances: takes a connection, never commits. Reads and filings stand under the lender's context."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from altscore_score.grievances.domain import QUOTA_WINDOW, Filing, StoredFiling

REPLAYED_FOR = timedelta(hours=24)
_FILE = """
INSERT INTO grievance (grievance_id, lender_id, retailer_id, score_id, grievance_type, filed_at, ack_by, resolution_by,
    request_key, body_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_PROJECT = """
UPDATE grievance SET status = $2, version = $3, acknowledged_at = $4, resolved_at = $5, resolution = $6
WHERE grievance_id = $1 AND version < $3
"""


async def stored_filing(
    connection: asyncpg.Connection, lender_id: str, key: UUID, *, now: datetime
) -> StoredFiling | None:
    """The filing of an X-Request-ID in the last 24 hours (grievance_by_request)."""
    row = await connection.fetchrow(
        """SELECT grievance_id, body_digest, ack_by, resolution_by FROM grievance
        WHERE lender_id = $1 AND request_key = $2 AND filed_at > $3 ORDER BY filed_at DESC, grievance_id LIMIT 1""",
        lender_id,
        key,
        now - REPLAYED_FOR,
    )
    return StoredFiling(*row) if row is not None else None


async def score_is_of(connection: asyncpg.Connection, score_id: str, retailer_id: str) -> bool:
    """Whether a score that this lender may see is of that retailer (primary key)."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM sealed_score WHERE score_id = $1 AND retailer_id = $2)", score_id, retailer_id
        )
    )


async def lock_request(connection: asyncpg.Connection, lender_id: str, key: UUID) -> None:
    """Calls with one X-Request-ID come one after the other; always taken before lock_retailer()."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 5))", f"{lender_id} {key}")


async def lock_retailer(connection: asyncpg.Connection, lender_id: str, retailer_id: str) -> None:
    """Filings of one lender about one retailer come one after the other."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 6))", f"{lender_id} {retailer_id}")


async def recent_filings(
    connection: asyncpg.Connection, lender_id: str, retailer_id: str, *, now: datetime
) -> list[datetime]:
    """Instants of the lender's filings that count against its quota, oldest first, the edge included."""
    rows = await connection.fetch(
        """SELECT filed_at FROM grievance
        WHERE lender_id = $1 AND retailer_id = $2 AND filed_at >= $3 ORDER BY filed_at""",  # grievance_recent
        lender_id,
        retailer_id,
        now - QUOTA_WINDOW,
    )
    return [row["filed_at"] for row in rows]


async def add(connection: asyncpg.Connection, filing: Filing) -> None:
    """Files a grievance, which counts it too."""
    await connection.execute(_FILE, *filing)


async def find(connection: asyncpg.Connection, grievance_id: str) -> asyncpg.Record | None:
    """A grievance, as far as the context may see it (primary key)."""
    return await connection.fetchrow(
        """SELECT grievance_id, retailer_id, score_id, grievance_type, status, filed_at, ack_by, resolution_by,
            acknowledged_at, resolved_at, resolution
        FROM grievance WHERE grievance_id = $1""",
        grievance_id,
    )


async def project(connection: asyncpg.Connection, data: Mapping[str, Any]) -> None:
    """Takes over a status, unless a newer one is known; a grievance that was filed elsewhere changes nothing here."""
    names = ("grievance_id", "status", "version", "acknowledged_at", "resolved_at", "resolution")
    await connection.execute(_PROJECT, *(data[name] for name in names))
