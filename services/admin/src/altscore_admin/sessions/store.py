"""SQL of operators' sessions and admin tokens; takes a connection, never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

# Indexes: the unique digests of both tables.
_OF_DIGESTS = """
SELECT session_id, token_digest, operator_id, roles, expires_at, mac FROM operator_sessions
WHERE token_digest = $1 AND expires_at > $2 AND ended_at IS NULL
"""
_OF_SESSION = """
SELECT t.token_digest, t.session_id, t.key_id, t.expires_at AS token_expires_at, t.mac FROM operator_tokens t
JOIN security_keys k ON k.key_id = t.key_id AND k.status = 'active'
WHERE t.token_digest = $1 AND t.session_id = $2 AND t.expires_at > $3
"""


async def session_of(connection: asyncpg.Connection, session_digest: bytes, now: datetime) -> asyncpg.Record | None:
    """The live session behind a cookie."""
    row: asyncpg.Record | None = await connection.fetchrow(_OF_DIGESTS, session_digest, now)
    return row


async def token_of(
    connection: asyncpg.Connection, token_digest: bytes, *, session_id: str, now: datetime
) -> asyncpg.Record | None:
    """The live admin token behind a cookie, of this session and of a usable key."""
    row: asyncpg.Record | None = await connection.fetchrow(_OF_SESSION, token_digest, session_id, now)
    return row


async def add_session(
    connection: asyncpg.Connection,
    session_id: str,
    *,
    digest: bytes,
    operator_id: str,
    roles: Sequence[str],
    started_at: datetime,
    expires_at: datetime,
    mac: bytes,
) -> None:
    """Adds a session."""
    await connection.execute(
        "INSERT INTO operator_sessions (session_id, token_digest, operator_id, roles, started_at, expires_at,"
        " mac) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *(session_id, digest, operator_id, list(roles), started_at, expires_at, mac),
    )


async def add_token(
    connection: asyncpg.Connection,
    digest: bytes,
    *,
    session_id: str,
    key_id: str,
    issued_at: datetime,
    expires_at: datetime,
    mac: bytes,
) -> None:
    """Adds an admin token; the session's earlier ones end, so that one touch gives one token."""
    await connection.execute("DELETE FROM operator_tokens WHERE session_id = $1", session_id)
    await connection.execute(
        "INSERT INTO operator_tokens (token_digest, session_id, key_id, issued_at, expires_at, mac)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        *(digest, session_id, key_id, issued_at, expires_at, mac),
    )


async def end_session(connection: asyncpg.Connection, session_id: str, now: datetime) -> None:
    """Ends one session."""
    await connection.execute(
        "UPDATE operator_sessions SET ended_at = $2 WHERE session_id = $1 AND ended_at IS NULL", session_id, now
    )


async def end_sessions_of(connection: asyncpg.Connection, operator_id: str, now: datetime) -> int:
    """Ends every session of an operator (index operator_sessions_of_operator); how many were live."""
    rows = await connection.fetch(
        "UPDATE operator_sessions SET ended_at = $2 WHERE operator_id = $1 AND ended_at IS NULL RETURNING expires_at",
        *(operator_id, now),
    )
    return sum(row["expires_at"] > now for row in rows)


async def delete_old(connection: asyncpg.Connection, before: datetime, now: datetime) -> None:
    """What ended is in the audit chain; here it only costs space (indexes by expiry)."""
    await connection.execute("DELETE FROM operator_tokens WHERE expires_at < $1", now)
    await connection.execute("DELETE FROM operator_sessions WHERE expires_at < $1", before)
