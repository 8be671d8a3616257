"""SQL of families of tokens. Takes a connection, never commits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

KEPT_AFTER_EXPIRY = timedelta(hours=2)
SUCCESSOR_KEPT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What is known of a refresh token: whose it is and what became of it."""

    family_id: str
    lender_id: str
    expires_at: datetime
    is_revoked: bool
    used_at: datetime | None
    successor: bytes | None


async def hold_active_lender(connection: asyncpg.Connection, lender_id: str) -> bool:
    """Whether a lender is active; it stays so, and its tokens unrevoked, until this transaction ends."""
    return bool(await connection.fetchval("SELECT hold_active_lender($1)", lender_id))


async def add_family(
    connection: asyncpg.Connection, family_id: str, lender_id: str, *, issued_at: datetime, expires_at: datetime
) -> None:
    """Begins a family."""
    await connection.execute(
        "INSERT INTO token_family (family_id, lender_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)",
        family_id,
        lender_id,
        issued_at,
        expires_at,
    )


async def add_tokens(
    connection: asyncpg.Connection, family_id: str, *, refresh_digest: bytes, jti: str, expires_at: datetime
) -> None:
    """Notes a pair of tokens that was issued in a family."""
    await connection.execute(
        "INSERT INTO refresh_token (token_digest, family_id) VALUES ($1, $2)", refresh_digest, family_id
    )
    await connection.execute(
        "INSERT INTO issued_token (jti, family_id, expires_at) VALUES ($1, $2, $3)", jti, family_id, expires_at
    )


async def refresh_state(connection: asyncpg.Connection, digest: bytes) -> RefreshState | None:
    """What is known of the refresh token with that digest."""
    row = await connection.fetchrow(
        """SELECT f.family_id, f.lender_id, f.expires_at, f.revoked_at IS NOT NULL AS is_revoked,
                  r.used_at, r.successor
        FROM refresh_token r JOIN token_family f USING (family_id) WHERE r.token_digest = $1""",
        digest,
    )
    return RefreshState(**dict(row)) if row is not None else None


async def spend_refresh_token(
    connection: asyncpg.Connection, family_id: str, digest: bytes, *, successor: bytes, now: datetime
) -> bool:
    """Spends a refresh token and keeps its encrypted successor; False when it was spent, or its family revoked."""
    live = await connection.fetchval(
        "SELECT true FROM token_family WHERE family_id = $1 AND revoked_at IS NULL FOR UPDATE", family_id
    )
    if live is None:
        return False
    spent = await connection.fetchval(
        """UPDATE refresh_token SET used_at = $2, successor = $3
        WHERE token_digest = $1 AND used_at IS NULL RETURNING true""",
        digest,
        now,
        successor,
    )
    return spent is not None


async def revoke_family(connection: asyncpg.Connection, family_id: str, *, now: datetime) -> bool:
    """Ends a family and its live access tokens; False when it was ended before."""
    return bool(await connection.fetchval("SELECT revoke_token_family($1, $2)", family_id, now))


async def delete_old(connection: asyncpg.Connection, *, now: datetime) -> None:
    """Removes families and successors that no rule reads any more (token_family_old, refresh_token_successor)."""
    await connection.execute("DELETE FROM token_family WHERE expires_at <= $1", now - KEPT_AFTER_EXPIRY)
    await connection.execute(
        "UPDATE refresh_token SET successor = NULL WHERE successor IS NOT NULL AND used_at <= $1", now - SUCCESSOR_KEPT
    )
