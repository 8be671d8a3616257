"""SQL of installations; takes a connection, never commits."""

from datetime import datetime

import asyncpg

from altscore_ingestion.installations.domain import Installation

_COLUMNS = "installation_id, since, last_batch_at, refused_id, refused_at"


async def find(connection: asyncpg.Connection, distributor_id: str) -> Installation | None:
    """The installation that sends for a distributor, by primary key; None before the first one has sent."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM installation WHERE distributor_id = $1",  # noqa: S608  # constant column names
        distributor_id,
    )
    return None if row is None else Installation(**row)


async def note_batch(
    connection: asyncpg.Connection, distributor_id: str, installation_id: str, *, now: datetime
) -> bool:
    """Stores that an installation's batch counts, the first one's for good; False where another one sends.

    The row stays locked until the transaction ends: who takes over waits for it, or is seen.
    """
    stored = await connection.fetchval(
        """
        INSERT INTO installation (distributor_id, installation_id, since, last_batch_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT (distributor_id) DO UPDATE SET last_batch_at = excluded.last_batch_at
        WHERE installation.installation_id = excluded.installation_id
        RETURNING true
        """,
        distributor_id,
        installation_id,
        now,
    )
    return bool(stored)


async def replace(
    connection: asyncpg.Connection, distributor_id: str, installation_id: str, *, instead_of: str | None, now: datetime
) -> bool:
    """Stores that an installation sends from now on; False where another one than `instead_of` sends."""
    stored = await connection.fetchval(
        """
        INSERT INTO installation (distributor_id, installation_id, since) VALUES ($1, $2, $4)
        ON CONFLICT (distributor_id) DO UPDATE SET installation_id = excluded.installation_id, since = excluded.since,
            last_batch_at = NULL, refused_id = NULL, refused_at = NULL
        WHERE installation.installation_id = $3
        RETURNING true
        """,
        distributor_id,
        installation_id,
        instead_of,
        now,
    )
    return bool(stored)


async def note_refused(
    connection: asyncpg.Connection, distributor_id: str, installation_id: str, *, now: datetime
) -> None:
    """Stores the last other installation that was refused."""
    await connection.execute(
        "UPDATE installation SET refused_id = $2, refused_at = $3 WHERE distributor_id = $1",
        distributor_id,
        installation_id,
        now,
    )
