"""SQL of phones that no retailer is linked to; every function takes a connection and never commits."""

from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.db import affected_rows

from altscore_webhook.deliveries.envelope import Envelope

_USERS = """
SELECT u.user_hash AS identity_hash, u.phone_hash, u.wrapped_key, u.ciphertext FROM users u
WHERE (u.checked_at IS NULL OR u.checked_at < $1)
    AND NOT EXISTS (SELECT FROM retailer_phones p WHERE p.phone_hash = u.phone_hash)
ORDER BY u.checked_at NULLS FIRST, u.user_hash LIMIT $2
"""
_FORMER = """
SELECT f.identity_hash, f.former_phone_hash AS phone_hash, f.wrapped_key, f.ciphertext FROM former_identities f
WHERE f.ciphertext IS NOT NULL AND (f.checked_at IS NULL OR f.checked_at < $1)
    AND NOT EXISTS (SELECT FROM retailer_phones p WHERE p.phone_hash = f.former_phone_hash)
ORDER BY f.checked_at NULLS FIRST, f.identity_hash LIMIT $2
"""
_DELETE_USERS = """
DELETE FROM users u WHERE u.seen_at < $1 AND u.checked_at > $2
    AND NOT EXISTS (SELECT FROM retailer_phones p WHERE p.phone_hash = u.phone_hash)
"""
_DELETE_FORMER = """
DELETE FROM former_identities f WHERE f.ciphertext IS NOT NULL AND f.seen_at < $1 AND f.checked_at > $2
    AND NOT EXISTS (SELECT FROM retailer_phones p WHERE p.phone_hash = f.former_phone_hash)
"""


class UnlinkedPhone(NamedTuple):
    """A phone, encrypted, that is no known retailer's.

    Attributes:
        identity_hash: of the user id, or of the number or user id since, that it is kept for.
        phone_hash: None where it was kept before migration 0006.
        is_former: whether it is the phone of before a change.
    """

    identity_hash: str
    phone_hash: str | None
    envelope: Envelope
    is_former: bool


async def unlinked_phones(
    connection: asyncpg.Connection, *, checked_before: datetime, limit: int
) -> list[UnlinkedPhone]:
    """Phones that are linked to no retailer, of users and of before a change, those never asked about first."""
    return [
        UnlinkedPhone(
            identity_hash=row["identity_hash"],
            phone_hash=row["phone_hash"],
            envelope=Envelope(row["wrapped_key"], row["ciphertext"]),
            is_former=query is _FORMER,
        )
        for query in (_USERS, _FORMER)
        for row in await connection.fetch(query, checked_before, limit)
    ]


async def mark_checked(connection: asyncpg.Connection, phone: UnlinkedPhone, at: datetime) -> None:
    """Records that the vault was asked about a phone, and its hash; nothing where another phone stands there since."""
    query = (
        "UPDATE former_identities SET checked_at = $3, former_phone_hash = $2"
        " WHERE identity_hash = $1 AND ciphertext = $4"
        if phone.is_former
        else "UPDATE users SET checked_at = $3 WHERE user_hash = $1 AND phone_hash = $2 AND ciphertext = $4"
    )
    await connection.execute(query, phone.identity_hash, phone.phone_hash, at, phone.envelope.ciphertext)


async def delete_unlinked(connection: asyncpg.Connection, *, seen_before: datetime, checked_after: datetime) -> int:
    """Deletes phones that were not seen for long and that the vault, asked lately, knows no retailer of."""
    statuses = [
        await connection.execute(query, seen_before, checked_after) for query in (_DELETE_USERS, _DELETE_FORMER)
    ]
    return sum(affected_rows(status) for status in statuses)
