"""SQL of access: secrets, families of tokens, revocations, orders of operators. Takes a connection, never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

KEPT_AFTER_EXPIRY = timedelta(hours=2)
ORDERS_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What is known of a refresh token: whose it is and what became of it."""

    family_id: str
    lender_id: str
    expires_at: datetime
    is_used: bool
    is_revoked: bool


async def secret_hashes(connection: asyncpg.Connection, client_id: str, *, now: datetime) -> list[str | None]:
    """Hashes that a client's secret may match: the newest, then former ones that still count.

    The list is as long as the longest of any lender and filled up with None, an unknown or suspended client's wholly:
    what it costs to compare says nothing about the client.
    """
    places = await connection.fetchval(
        """SELECT 1 + coalesce(max(n), 0) FROM (
            SELECT count(*) AS n FROM former_secret WHERE valid_until > $1 GROUP BY lender_id) counted""",
        now,
    )
    rows = await connection.fetch(
        """SELECT secret_hash FROM lender WHERE lender_id = $1 AND is_active
        UNION ALL
        SELECT f.secret_hash FROM former_secret f JOIN lender l USING (lender_id)
        WHERE f.lender_id = $1 AND l.is_active AND f.valid_until > $2""",
        client_id,
        now,
    )
    found: list[str | None] = [row["secret_hash"] for row in rows]
    return found + [None] * (places - len(found))


async def hold_active_lender(connection: asyncpg.Connection, lender_id: str) -> bool:
    """Whether a lender is active; it stays so, and its tokens unrevoked, until this transaction ends."""
    found = await connection.fetchval(
        "SELECT lender_id FROM lender WHERE lender_id = $1 AND is_active FOR SHARE", lender_id
    )
    return found is not None


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
        """SELECT f.family_id, f.lender_id, f.expires_at, r.used_at IS NOT NULL AS is_used,
                  f.revoked_at IS NOT NULL AS is_revoked
        FROM refresh_token r JOIN token_family f USING (family_id) WHERE r.token_digest = $1""",
        digest,
    )
    return RefreshState(**dict(row)) if row is not None else None


async def spend_refresh_token(connection: asyncpg.Connection, family_id: str, digest: bytes, *, now: datetime) -> bool:
    """Spends a refresh token; False when it was spent, or its family revoked, a moment ago."""
    live = await connection.fetchval(
        "SELECT true FROM token_family WHERE family_id = $1 AND revoked_at IS NULL FOR UPDATE", family_id
    )
    if live is None:
        return False
    spent = await connection.fetchval(
        "UPDATE refresh_token SET used_at = $2 WHERE token_digest = $1 AND used_at IS NULL RETURNING true", digest, now
    )
    return spent is not None


async def revoke_family(connection: asyncpg.Connection, family_id: str, *, now: datetime) -> bool:
    """Ends a family and its live access tokens; False when it was ended before."""
    ended = await connection.fetchval(
        "UPDATE token_family SET revoked_at = $2 WHERE family_id = $1 AND revoked_at IS NULL RETURNING true",
        family_id,
        now,
    )
    if ended is None:
        return False
    await connection.execute(
        """INSERT INTO revoked_token (jti, expires_at)
        SELECT jti, expires_at FROM issued_token WHERE family_id = $1 ON CONFLICT (jti) DO NOTHING""",
        family_id,
    )
    return True


async def revoke_lender(connection: asyncpg.Connection, lender_id: str, *, now: datetime) -> None:
    """Ends every family and token of a lender.

    Both by its epoch and one by one: a token from a replica whose clock is ahead bears an instant after the epoch.
    """
    await connection.execute(
        "UPDATE lender SET tokens_valid_from = greatest(tokens_valid_from, $2) WHERE lender_id = $1", lender_id, now
    )
    await connection.execute(
        """INSERT INTO revoked_token (jti, expires_at)
        SELECT t.jti, t.expires_at FROM issued_token t JOIN token_family f USING (family_id)
        WHERE f.lender_id = $1 AND f.revoked_at IS NULL ON CONFLICT (jti) DO NOTHING""",
        lender_id,
    )
    await connection.execute(
        "UPDATE token_family SET revoked_at = $2 WHERE lender_id = $1 AND revoked_at IS NULL", lender_id, now
    )


async def owner_of_token(connection: asyncpg.Connection, jti: str) -> str | None:
    """The lender that a token was issued to, None when nothing is known of it."""
    found: str | None = await connection.fetchval(
        "SELECT f.lender_id FROM issued_token t JOIN token_family f USING (family_id) WHERE t.jti = $1", jti
    )
    return found


async def revoke_token(connection: asyncpg.Connection, jti: str) -> None:
    """Ends one access token that was issued here."""
    await connection.execute(
        """INSERT INTO revoked_token (jti, expires_at)
        SELECT jti, expires_at FROM issued_token WHERE jti = $1 ON CONFLICT (jti) DO NOTHING""",
        jti,
    )


async def set_active(connection: asyncpg.Connection, lender_id: str, is_active: bool) -> None:
    """Suspends or reactivates a lender."""
    await connection.execute("UPDATE lender SET is_active = $2 WHERE lender_id = $1", lender_id, is_active)


async def lock_lender(connection: asyncpg.Connection, lender_id: str) -> bool:
    """Whether a lender is known; orders about it wait for one another, and so do its tokens being issued."""
    found = await connection.fetchval("SELECT lender_id FROM lender WHERE lender_id = $1 FOR UPDATE", lender_id)
    return found is not None


async def replace_secret(
    connection: asyncpg.Connection, lender_id: str, secret_hash: str, *, now: datetime, former_until: datetime
) -> None:
    """Makes a hash the lender's; every other one counts until `former_until` at most."""
    await connection.execute("DELETE FROM former_secret WHERE lender_id = $1 AND valid_until <= $2", lender_id, now)
    await connection.execute(
        "UPDATE former_secret SET valid_until = least(valid_until, $2) WHERE lender_id = $1", lender_id, former_until
    )
    if former_until > now:
        await connection.execute(
            """INSERT INTO former_secret (lender_id, secret_hash, valid_until)
            SELECT lender_id, secret_hash, $2 FROM lender WHERE lender_id = $1""",
            lender_id,
            former_until,
        )
    await connection.execute("UPDATE lender SET secret_hash = $2 WHERE lender_id = $1", lender_id, secret_hash)


async def count_former_secrets(connection: asyncpg.Connection, lender_id: str, *, now: datetime) -> int:
    """How many replaced secrets of a lender still count."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM former_secret WHERE lender_id = $1 AND valid_until > $2", lender_id, now
    )
    return found


async def claim_order(
    connection: asyncpg.Connection, order_id: UUID, of: tuple[str, str, str | None], *, now: datetime
) -> tuple[str, str, str | None] | None:
    """Claims an order for (kind, lender_id, jti); what it was given for when it was claimed before."""
    claimed = await connection.fetchval(
        """INSERT INTO access_order (order_id, kind, lender_id, jti, done_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (order_id) DO NOTHING RETURNING true""",
        order_id,
        *of,
        now,
    )
    if claimed is not None:
        return None
    row = await connection.fetchrow("SELECT kind, lender_id, jti FROM access_order WHERE order_id = $1", order_id)
    return row["kind"], row["lender_id"], row["jti"]


async def clear_old(connection: asyncpg.Connection, *, now: datetime) -> None:
    """Removes families, secrets and orders that no rule reads any more (token_family_old, access_order_old)."""
    statements: Sequence[tuple[str, datetime]] = (
        ("DELETE FROM token_family WHERE expires_at <= $1", now - KEPT_AFTER_EXPIRY),
        ("DELETE FROM former_secret WHERE valid_until <= $1", now),
        ("DELETE FROM access_order WHERE done_at <= $1", now - ORDERS_KEPT),
    )
    for statement, before in statements:
        await connection.execute(statement, before)
