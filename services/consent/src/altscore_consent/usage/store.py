"""All SQL of uses; it takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

_INSERT = """
INSERT INTO consent_uses (event_id, consent_id, lender_id, used_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) ON CONFLICT (event_id) DO NOTHING
RETURNING true
"""


class Use(NamedTuple):
    """One disclosure under a consent."""

    event_id: UUID
    consent_id: str
    lender_id: str
    used_at: datetime


async def add_uses(connection: asyncpg.Connection, uses: Sequence[Use]) -> int:
    """Adds uses that were not added before; returns how many."""
    columns = [list(column) for column in zip(*uses, strict=True)]
    return len(await connection.fetch(_INSERT, *columns))


async def uses_of(connection: asyncpg.Connection, consent_ids: Sequence[str]) -> list[tuple[str, str, int, datetime]]:
    """(consent, lender, uses, last use) of consents."""
    rows = await connection.fetch(
        "SELECT consent_id, lender_id, count(*) AS uses, max(used_at) AS last_at FROM consent_uses"
        " WHERE consent_id = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2",
        list(consent_ids),
    )
    return [(row["consent_id"], row["lender_id"], row["uses"], row["last_at"]) for row in rows]
