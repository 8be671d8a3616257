"""SQL of lenders' access: secrets, failures, revocations, operators' orders. Takes a connection, never commits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

ORDERS_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class LenderState:
    """Whether a lender may call, and since when its tokens count."""

    is_active: bool
    epoch_s: int | None


async def lender_states(connection: asyncpg.Connection) -> dict[str, LenderState]:
    """All lenders, by id."""
    rows = await connection.fetch("SELECT lender_id, is_active, tokens_valid_from FROM lender")
    return {
        row["lender_id"]: LenderState(
            row["is_active"],
            int(row["tokens_valid_from"].timestamp()) if row["tokens_valid_from"] is not None else None,
        )
        for row in rows
    }


async def revoked_tokens(connection: asyncpg.Connection) -> frozenset[str]:
    """Ids of revoked tokens until they are cleared, an hour after they expire (skew keeps them good for a while)."""
    rows = await connection.fetch("SELECT jti FROM revoked_token")
    return frozenset(row["jti"] for row in rows)


async def add_lender(
    connection: asyncpg.Connection, lender_id: str, *, name: str, secret_hash: str, now: datetime
) -> bool:
    """Adds a lender; False when another call was faster."""
    added = await connection.fetchval(
        """INSERT INTO lender (lender_id, name, secret_hash, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (lender_id) DO NOTHING RETURNING true""",
        lender_id,
        name,
        secret_hash,
        now,
    )
    return added is not None


async def rename_lender(connection: asyncpg.Connection, lender_id: str, name: str) -> None:
    """Brings a lender's name up to date."""
    await connection.execute("UPDATE lender SET name = $2 WHERE lender_id = $1 AND name <> $2", lender_id, name)


async def lender_exists(connection: asyncpg.Connection, lender_id: str) -> bool:
    """Whether a lender is onboarded."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM lender WHERE lender_id = $1)", lender_id))


async def recent_failures(
    connection: asyncpg.Connection, client_id: str, source: str, *, now: datetime, within_s: int
) -> list[datetime]:
    """Instants of failed authentications of a pair (auth_failure_recent)."""
    rows = await connection.fetch(
        "SELECT failed_at FROM auth_failure WHERE client_id = $1 AND source = $2 AND failed_at > $3",
        client_id,
        source,
        now - timedelta(seconds=within_s),
    )
    return [row["failed_at"] for row in rows]


async def add_failure(connection: asyncpg.Connection, *, client_id: str, source: str, at: datetime) -> None:
    """Counts a failed authentication."""
    await connection.execute(
        "INSERT INTO auth_failure (client_id, source, failed_at) VALUES ($1, $2, $3)", client_id, source, at
    )


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
    hashes: list[str | None] = [row["secret_hash"] for row in rows]
    return hashes + [None] * (places - len(hashes))


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
    lender_id: str | None = await connection.fetchval(
        "SELECT f.lender_id FROM issued_token t JOIN token_family f USING (family_id) WHERE t.jti = $1", jti
    )
    return lender_id


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
    locked = await connection.fetchval("SELECT lender_id FROM lender WHERE lender_id = $1 FOR UPDATE", lender_id)
    return locked is not None


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
    count: int = await connection.fetchval(
        "SELECT count(*) FROM former_secret WHERE lender_id = $1 AND valid_until > $2", lender_id, now
    )
    return count


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


async def delete_old(connection: asyncpg.Connection, *, now: datetime) -> None:
    """Removes failures, revocations, secrets and orders that no rule reads any more (access_order_old)."""
    await connection.execute("DELETE FROM auth_failure WHERE failed_at <= $1", now - timedelta(hours=1))
    await connection.execute("DELETE FROM revoked_token WHERE expires_at <= $1", now - timedelta(hours=1))
    await connection.execute("DELETE FROM former_secret WHERE valid_until <= $1", now)
    await connection.execute("DELETE FROM access_order WHERE done_at <= $1", now - ORDERS_KEPT)
