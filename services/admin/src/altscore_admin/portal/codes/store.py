"""SQL of challenges, waiting codes and attempts; every function takes a connection and never commits."""

from datetime import datetime
from typing import NamedTuple

import asyncpg
from altscore_libs.db import affected_rows

from altscore_admin.portal.codes.domain import MAX_TRIES, Limit

_LIMITS = 743_100
# The try is counted before the codes are compared, in a transaction of its own: sixteen at once get five tries.
_TAKE_TRY = """
UPDATE challenge SET tries = tries + 1
WHERE challenge_id = $1 AND tries < $3 AND used_at IS NULL AND expires_at > $2
RETURNING codes_hash
"""
_USE = """
UPDATE challenge c SET used_at = $2 FROM person p
WHERE challenge_id = $1 AND used_at IS NULL AND expires_at > $2 AND p.person_id = c.person_id
    AND NOT EXISTS (SELECT FROM distributor_identity_provider i
                    WHERE i.kind = p.kind AND i.organisation_id = p.organisation_id)
RETURNING p.person_id, p.kind, p.organisation_id
"""
_CLAIM = """
UPDATE outgoing_code SET attempts = attempts + 1, due_at = $2 WHERE message_id = ANY(ARRAY(
    SELECT message_id FROM outgoing_code WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)) RETURNING message_id, challenge_id, channel, code_ciphertext, attempts, created_at,
    (SELECT person_id FROM challenge c WHERE c.challenge_id = outgoing_code.challenge_id) AS person_id
"""


class WaitingCode(NamedTuple):
    """A code that is to be sent; `person_id` is None where nobody is to get it."""

    message_id: int
    challenge_id: str
    channel: str
    code_ciphertext: bytes
    attempts: int
    created_at: datetime
    person_id: str | None


async def add_challenge(
    connection: asyncpg.Connection,
    challenge_id: str,
    *,
    person_id: str | None,
    codes_hash: str,
    at: datetime,
    until: datetime,
) -> None:
    """Stores a challenge."""
    await connection.execute(
        "INSERT INTO challenge (challenge_id, person_id, codes_hash, started_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        challenge_id,
        person_id,
        codes_hash,
        at,
        until,
    )


async def add_codes(
    connection: asyncpg.Connection, challenge_id: str, ciphertexts: dict[str, bytes], at: datetime
) -> None:
    """Queues the codes of a challenge, by channel."""
    await connection.executemany(
        "INSERT INTO outgoing_code (challenge_id, channel, code_ciphertext, due_at, created_at)"
        " VALUES ($1, $2, $3, $4, $4)",
        [(challenge_id, channel, ciphertext, at) for channel, ciphertext in ciphertexts.items()],
    )


async def take_try(connection: asyncpg.Connection, challenge_id: str, now: datetime) -> str | None:
    """Counts a try and returns the hash to compare with; None when no try is left or the challenge is over."""
    codes_hash = await connection.fetchval(_TAKE_TRY, challenge_id, now, MAX_TRIES)
    return None if codes_hash is None else str(codes_hash)


async def use(connection: asyncpg.Connection, challenge_id: str, now: datetime) -> asyncpg.Record | None:
    """Uses a challenge, once; whose it is. None as well where its distributor has a provider of its own meanwhile."""
    return await connection.fetchrow(_USE, challenge_id, now)


async def lock_subject(connection: asyncpg.Connection, subject: bytes) -> None:
    """One count at a time for a subject, until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock($1, $2)", _LIMITS, int.from_bytes(subject[:4], "big", signed=True)
    )


async def count_attempts(connection: asyncpg.Connection, limit: Limit, subject: bytes, now: datetime) -> int:
    """Attempts of a subject within the limit's window, by index attempt_recent."""
    return int(
        await connection.fetchval(
            "SELECT count(*) FROM attempt WHERE kind = $1 AND subject = $2 AND at > $3",
            limit.kind,
            subject,
            now - limit.window,
        )
    )


async def add_attempt(connection: asyncpg.Connection, limit: Limit, subject: bytes, now: datetime) -> None:
    """Records an attempt."""
    await connection.execute("INSERT INTO attempt (kind, subject, at) VALUES ($1, $2, $3)", limit.kind, subject, now)


async def claim(
    connection: asyncpg.Connection, now: datetime, *, lease_until: datetime, limit: int
) -> list[WaitingCode]:
    """Leases codes that are due."""
    rows = await connection.fetch(_CLAIM, now, lease_until, limit)
    return [WaitingCode(**dict(row)) for row in rows]


async def postpone(connection: asyncpg.Connection, message_id: int, due_at: datetime) -> None:
    """When a code is tried again."""
    await connection.execute("UPDATE outgoing_code SET due_at = $2 WHERE message_id = $1", message_id, due_at)


async def remove(connection: asyncpg.Connection, message_id: int) -> None:
    """A code that was sent, or that nobody waits for any more."""
    await connection.execute("DELETE FROM outgoing_code WHERE message_id = $1", message_id)


async def remove_old(connection: asyncpg.Connection, before: datetime) -> int:
    """Removes challenges with their codes that expired by then, and attempts of before; how many rows."""
    challenges = await connection.execute("DELETE FROM challenge WHERE expires_at < $1", before)
    attempts = await connection.execute("DELETE FROM attempt WHERE at < $1", before)
    return affected_rows(challenges) + affected_rows(attempts)
