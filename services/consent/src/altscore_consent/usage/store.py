"""All SQL of uses; it takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from altscore_consent.usage.domain import Use

MOST_READ = 10_000
_INSERT = """
INSERT INTO consent_uses (event_id, consent_id, lender_id, used_at, mac)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bytea[])
ON CONFLICT (event_id) DO NOTHING RETURNING true
"""


async def add_uses(connection: asyncpg.Connection, uses: Sequence[Use], macs: Sequence[bytes]) -> int:
    """Adds uses, each with its MAC, that were not added before; returns how many."""
    columns = [list(column) for column in zip(*uses, strict=True)]
    return len(await connection.fetch(_INSERT, *columns, list(macs)))


async def uses_since(
    connection: asyncpg.Connection, consent_id: str, lender_id: str, since: datetime
) -> list[tuple[Use, bytes | None]]:
    """The uses that count against a limit, each with its MAC, by index consent_uses_counted; the newest ones."""
    rows = await connection.fetch(
        "SELECT event_id, consent_id, lender_id, used_at, mac FROM consent_uses"
        " WHERE consent_id = $1 AND lender_id = $2 AND used_at > $3 ORDER BY used_at DESC LIMIT $4",
        consent_id,
        lender_id,
        since,
        MOST_READ,
    )
    return [_use_of(row) for row in rows]


async def uses_after(connection: asyncpg.Connection, after: UUID, limit: int) -> list[tuple[Use, bytes | None]]:
    """The next uses after one, by primary key."""
    rows = await connection.fetch(
        "SELECT event_id, consent_id, lender_id, used_at, mac FROM consent_uses WHERE event_id > $1"
        " ORDER BY event_id LIMIT $2",
        after,
        limit,
    )
    return [_use_of(row) for row in rows]


def _use_of(row: asyncpg.Record) -> tuple[Use, bytes | None]:
    return Use(*(row[name] for name in Use._fields)), row["mac"]


async def uses_of(connection: asyncpg.Connection, consent_ids: Sequence[str]) -> list[tuple[str, str, int, datetime]]:
    """(consent, lender, uses, last use) of consents."""
    rows = await connection.fetch(
        "SELECT consent_id, lender_id, count(*) AS uses, max(used_at) AS last_at FROM consent_uses"
        " WHERE consent_id = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2",
        list(consent_ids),
    )
    return [(row["consent_id"], row["lender_id"], row["uses"], row["last_at"]) for row in rows]
