"""SQL of lenders' access: secrets, failures, revocations, operators' orders. Takes a connection, never commits."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from altscore_score.access.domain import FormerSecret, LenderRow, ListedOrder


@dataclass(frozen=True, slots=True)
class LenderState:
    """Whether a lender may call, and since when its tokens count."""

    is_active: bool
    epoch_s: int | None


class StoredLender(NamedTuple):
    """A row of `lender` as it stands there, whoever wrote it."""

    lender_id: str
    version: int
    secret_hash: str
    is_active: bool
    tokens_valid_from: datetime | None
    former_secrets: str
    mac: bytes | None


_LENDERS = "SELECT lender_id, version, secret_hash, is_active, tokens_valid_from, former_secrets, mac FROM lender"
_LENDER = """SELECT lender_id, version, secret_hash, is_active, tokens_valid_from, former_secrets, mac
FROM lender WHERE lender_id = $1"""
_LOCKED_LENDER = """SELECT lender_id, version, secret_hash, is_active, tokens_valid_from, former_secrets, mac
FROM lock_lender($1)"""


def lender_row(stored: StoredLender) -> LenderRow | None:
    """The row with its former secrets read; None where they are in no form of ours."""
    try:
        former = tuple(
            FormerSecret(item["secret_hash"], datetime.fromisoformat(item["valid_until"]))
            for item in json.loads(stored.former_secrets)
        )
        if any(secret.valid_until.tzinfo is None for secret in former):
            return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return LenderRow(
        lender_id=stored.lender_id,
        version=stored.version,
        secret_hash=stored.secret_hash,
        is_active=stored.is_active,
        tokens_valid_from=stored.tokens_valid_from,
        former_secrets=former,
    )


async def stored_lenders(connection: asyncpg.Connection) -> list[StoredLender]:
    """All rows of lenders."""
    return [StoredLender(*row) for row in await connection.fetch(_LENDERS)]


async def stored_lender(connection: asyncpg.Connection, lender_id: str) -> StoredLender | None:
    """The row of one lender."""
    row = await connection.fetchrow(_LENDER, lender_id)
    return StoredLender(*row) if row is not None else None


async def revoked_tokens(connection: asyncpg.Connection) -> tuple[list[tuple[str, datetime]], datetime]:
    """Ids and expiry of revoked tokens until they are cleared, an hour after; and the database's clock."""
    rows = await connection.fetch("SELECT jti, expires_at FROM revoked_token")
    return [(row["jti"], row["expires_at"]) for row in rows], await connection.fetchval("SELECT clock_timestamp()")


async def add_lender(
    connection: asyncpg.Connection, row: LenderRow, *, name: str, mac: bytes, created_at: datetime
) -> bool:
    """Adds a lender; False when another call was faster."""
    return bool(
        await connection.fetchval(
            "SELECT add_lender($1, $2, $3, $4, $5)", row.lender_id, name, row.secret_hash, created_at, mac
        )
    )


async def change_lender(connection: asyncpg.Connection, row: LenderRow, *, mac: bytes) -> bool:
    """Writes the next version of a lender; False where another version stands there."""
    former = [
        {"secret_hash": secret.secret_hash, "valid_until": secret.valid_until.isoformat()}
        for secret in row.former_secrets
    ]
    return bool(
        await connection.fetchval(
            "SELECT change_lender($1, $2, $3, $4, $5, $6, $7)",
            row.lender_id,
            row.version,
            row.secret_hash,
            row.is_active,
            row.tokens_valid_from,
            json.dumps(former),
            mac,
        )
    )


async def rename_lender(connection: asyncpg.Connection, lender_id: str, name: str) -> None:
    """Brings a lender's name up to date."""
    await connection.execute("SELECT rename_lender($1, $2)", lender_id, name)


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


async def most_secrets(connection: asyncpg.Connection, *, now: datetime) -> int:
    """How many secrets of the lender that has most of them count."""
    count: int = await connection.fetchval(
        """SELECT 1 + coalesce(max((SELECT count(*) FROM jsonb_array_elements(former_secrets) f
            WHERE (f ->> 'valid_until')::timestamptz > $1)), 0)
        FROM lender WHERE former_secrets <> '[]'""",
        now,
    )
    return count


async def revoke_lender(connection: asyncpg.Connection, lender_id: str, *, now: datetime) -> None:
    """Ends every family and token of a lender one by one.

    A token from a replica whose clock is ahead bears an instant after the epoch.
    """
    await connection.execute("SELECT revoke_lender_tokens($1, $2)", lender_id, now)


async def owner_of_token(connection: asyncpg.Connection, jti: str) -> str | None:
    """The lender that a token was issued to, None when nothing is known of it."""
    lender_id: str | None = await connection.fetchval(
        "SELECT f.lender_id FROM issued_token t JOIN token_family f USING (family_id) WHERE t.jti = $1", jti
    )
    return lender_id


async def revoke_token(connection: asyncpg.Connection, jti: str) -> None:
    """Ends one access token that was issued here."""
    await connection.execute("SELECT revoke_issued_token($1)", jti)


async def lock_lender(connection: asyncpg.Connection, lender_id: str) -> StoredLender | None:
    """The row of a lender; orders about it wait for one another, and so do its tokens being issued."""
    row = await connection.fetchrow(_LOCKED_LENDER, lender_id)
    return StoredLender(*row) if row is not None else None


async def claim_order(
    connection: asyncpg.Connection, order_id: UUID, of: tuple[str, str, str | None], *, now: datetime
) -> tuple[str, str, str | None] | None:
    """Claims an order for (kind, lender_id, jti); what it was given for when it was claimed before."""
    if await connection.fetchval("SELECT claim_access_order($1, $2, $3, $4, $5)", order_id, *of, now):
        return None
    row = await connection.fetchrow("SELECT kind, lender_id, jti FROM access_order WHERE order_id = $1", order_id)
    return row["kind"], row["lender_id"], row["jti"]


async def listed_orders(connection: asyncpg.Connection) -> list[ListedOrder]:
    """Orders of the last 90 days, oldest first (access_order_old)."""
    rows = await connection.fetch(
        """SELECT o.order_id::text, o.kind, o.lender_id, o.done_at,
                  o.kind <> 'revoke_token' OR o.done_at < now() - interval '1 hour' OR r.jti IS NOT NULL AS is_in_force
        FROM access_order o LEFT JOIN revoked_token r ON r.jti = o.jti ORDER BY o.done_at, o.order_id"""
    )
    return [ListedOrder(*row) for row in rows]


async def delete_old(connection: asyncpg.Connection, *, now: datetime) -> None:
    """Removes failures, revocations, secrets and orders that no rule reads any more (access_order_old)."""
    await connection.execute("DELETE FROM auth_failure WHERE failed_at <= $1", now - timedelta(hours=1))
    await connection.execute("SELECT forget_expired_access($1)", now)
