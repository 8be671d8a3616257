"""All SQL of ledgers; it takes a connection in a transaction and never commits."""

from collections.abc import Sequence

import asyncpg

from altscore_consent.ledgers.domain import Ledger

# Above the versions of all states, whoever wrote them; a trigger lets the service's role go no further than one step.
_NEXT_VERSION = """
SELECT greatest(
    l.version, (SELECT coalesce(max(s.version), 0) FROM consent_state s WHERE s.retailer_id = l.retailer_id)
) + 1
FROM retailer_ledger l WHERE l.retailer_id = $1
"""


async def lock(connection: asyncpg.Connection, empty: Ledger, mac: bytes) -> tuple[Ledger, bytes | None]:
    """The retailer's row with its MAC, locked until the transaction ends: the retailer's changes queue here.

    Args:
        connection: in a transaction.
        empty: what is added when there is no row.
        mac: of that.
    """
    await connection.execute(
        "INSERT INTO retailer_ledger (retailer_id, version, last_no_at, mac) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        empty.retailer_id,
        empty.version,
        empty.last_no_at,
        mac,
    )
    row = await connection.fetchrow(
        "SELECT version, last_no_at, mac FROM retailer_ledger WHERE retailer_id = $1 FOR UPDATE", empty.retailer_id
    )
    return Ledger(empty.retailer_id, row["version"], row["last_no_at"]), row["mac"]


async def next_version(connection: asyncpg.Connection, retailer_id: str) -> int:
    """The number that the next change gets."""
    return int(await connection.fetchval(_NEXT_VERSION, retailer_id))


async def put(connection: asyncpg.Connection, ledger: Ledger, mac: bytes) -> None:
    """Stores a ledger with its MAC."""
    await connection.execute(
        "UPDATE retailer_ledger SET version = $2, last_no_at = $3, mac = $4 WHERE retailer_id = $1",
        ledger.retailer_id,
        ledger.version,
        ledger.last_no_at,
        mac,
    )


async def page_after(connection: asyncpg.Connection, after: str, limit: int) -> Sequence[tuple[Ledger, bytes | None]]:
    """The next ledgers after a retailer, by primary key."""
    rows = await connection.fetch(
        "SELECT retailer_id, version, last_no_at, mac FROM retailer_ledger WHERE retailer_id > $1"
        " ORDER BY retailer_id LIMIT $2",
        after,
        limit,
    )
    return [(Ledger(row["retailer_id"], row["version"], row["last_no_at"]), row["mac"]) for row in rows]
