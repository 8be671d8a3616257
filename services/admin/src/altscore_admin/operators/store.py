"""SQL of failed sign-ins; takes a connection, never commits."""

from datetime import datetime

import asyncpg


async def add_failure(connection: asyncpg.Connection, source: str, at: datetime) -> None:
    """Records a failed sign-in."""
    await connection.execute("INSERT INTO failed_sign_ins (source, failed_at) VALUES ($1, $2)", source, at)


async def failures_since(connection: asyncpg.Connection, source: str, since: datetime) -> int:
    """Failed sign-ins of an address (index failed_sign_ins_recent)."""
    return int(
        await connection.fetchval(
            "SELECT count(*) FROM failed_sign_ins WHERE source = $1 AND failed_at > $2", source, since
        )
    )


async def delete_failures(connection: asyncpg.Connection, before: datetime) -> None:
    """Old failures are in the audit chain; here they only cost space."""
    await connection.execute("DELETE FROM failed_sign_ins WHERE failed_at < $1", before)
