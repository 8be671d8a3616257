"""SQL of a lender's credentials. Takes a connection, never commits."""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_score.access.store import StoredLender


class AccountRow(NamedTuple):
    """A client id as it stands in the database."""

    stored: StoredLender
    onboarded_at: datetime
    rotated_at: datetime | None


async def accounts(connection: asyncpg.Connection, client_ids: list[str]) -> list[AccountRow]:
    """Client ids by primary key, with the last order to rotate (access_order_old)."""
    rows = await connection.fetch(
        """SELECT l.lender_id, l.version, l.secret_hash, l.is_active, l.tokens_valid_from, l.former_secrets, l.mac,
                  l.created_at, (SELECT max(o.done_at) FROM access_order o
                                 WHERE o.lender_id = l.lender_id AND o.kind = 'rotate_secret') AS rotated_at
        FROM lender l WHERE l.lender_id = ANY($1) ORDER BY l.lender_id""",
        client_ids,
    )
    return [
        AccountRow(
            stored=StoredLender(*(row[name] for name in StoredLender._fields)),
            onboarded_at=row["created_at"],
            rotated_at=row["rotated_at"],
        )
        for row in rows
    ]


async def purposes(connection: asyncpg.Connection, lender_id: str) -> list[str]:
    """Purposes for which retailers have named the lender (consent_grant_portfolio)."""
    rows = await connection.fetch(
        """SELECT DISTINCT purpose FROM consent_grant
        WHERE lender_id = $1 AND is_active AND expires_at > now() ORDER BY purpose""",
        lender_id,
    )
    return [row["purpose"] for row in rows]
