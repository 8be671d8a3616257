"""SQL of users, each known by the keyed hash of a user id or number; it takes a connection and never commits."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_webhook.deliveries.envelope import Envelope


async def current_users(
    connection: asyncpg.Connection, phone_hashes: Mapping[str, str], *, seen_after: datetime
) -> set[str]:
    """Those users whose phone is known as given and who were seen since, by primary key."""
    rows = await connection.fetch(
        "SELECT user_hash, phone_hash FROM users WHERE user_hash = ANY($1) AND seen_at > $2",
        list(phone_hashes),
        seen_after,
    )
    return {row["user_hash"] for row in rows if phone_hashes[row["user_hash"]] == row["phone_hash"]}


async def put_user(
    connection: asyncpg.Connection, user_hash: str, phone_hash: str, phone: Envelope, *, at: datetime
) -> None:
    """Keeps the phone of a user; the last one seen is the user's."""
    await connection.execute(
        "INSERT INTO users (user_hash, phone_hash, wrapped_key, ciphertext, seen_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (user_hash) DO UPDATE SET phone_hash = excluded.phone_hash,"
        " wrapped_key = excluded.wrapped_key, ciphertext = excluded.ciphertext, seen_at = excluded.seen_at,"
        " checked_at = CASE WHEN users.phone_hash = excluded.phone_hash THEN users.checked_at END",
        user_hash,
        phone_hash,
        phone.wrapped_key,
        phone.ciphertext,
        at,
    )


async def phone_of_user(connection: asyncpg.Connection, user_hash: str) -> Envelope | None:
    """The phone of a user id, encrypted; by primary key."""
    row = await connection.fetchrow("SELECT wrapped_key, ciphertext FROM users WHERE user_hash = $1", user_hash)
    return Envelope(row["wrapped_key"], row["ciphertext"]) if row is not None else None


class FormerIdentity(NamedTuple):
    """Who somebody was before: a phone, encrypted and as keyed hash, or else the keyed hash of a user id."""

    phone: Envelope | None
    user_hash: str | None
    phone_hash: str | None = None


async def put_former(
    connection: asyncpg.Connection, identity_hash: str, former: FormerIdentity, *, at: datetime
) -> None:
    """Keeps who somebody was before a number or user id; the last report stands."""
    await connection.execute(
        "INSERT INTO former_identities (identity_hash, former_user_hash, wrapped_key, ciphertext, seen_at,"
        " former_phone_hash) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (identity_hash) DO UPDATE"
        " SET former_user_hash = excluded.former_user_hash, wrapped_key = excluded.wrapped_key,"
        " ciphertext = excluded.ciphertext, seen_at = excluded.seen_at,"
        " former_phone_hash = excluded.former_phone_hash, checked_at = NULL",
        identity_hash,
        former.user_hash,
        former.phone.wrapped_key if former.phone is not None else None,
        former.phone.ciphertext if former.phone is not None else None,
        at,
        former.phone_hash,
    )


async def former_of(connection: asyncpg.Connection, identity_hash: str) -> FormerIdentity | None:
    """Who somebody was before this number or user id; by primary key."""
    row = await connection.fetchrow(
        "SELECT wrapped_key, ciphertext, former_user_hash FROM former_identities WHERE identity_hash = $1",
        identity_hash,
    )
    if row is None:
        return None
    phone = Envelope(row["wrapped_key"], row["ciphertext"]) if row["ciphertext"] is not None else None
    return FormerIdentity(phone, row["former_user_hash"])


async def retry_unresolvable(connection: asyncpg.Connection, user_hashes: Collection[str], at: datetime) -> None:
    """Brings back messages that were parked because their user was unknown, by index messages_unresolvable."""
    await connection.execute(
        "UPDATE messages SET status = 'pending', attempts = 0, next_attempt_at = $2, finished_at = NULL, outcome = NULL"
        " WHERE user_hash = ANY($1) AND status = 'parked' AND outcome = 'unresolvable'",
        list(user_hashes),
        at,
    )


async def purge_users(connection: asyncpg.Connection, before: datetime) -> None:
    """Deletes the phones of users last seen, and changes told, before; by their indexes of time."""
    await connection.execute("DELETE FROM users WHERE seen_at < $1", before)
    await connection.execute("DELETE FROM former_identities WHERE seen_at < $1", before)
