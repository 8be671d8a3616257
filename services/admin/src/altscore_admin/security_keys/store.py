"""SQL of security keys, challenges and invitations; takes a connection, never commits."""

from datetime import datetime
from typing import Any

import asyncpg

from altscore_admin.security_keys.domain import Invitation

_INVITATION = (
    "SELECT invitation_id, operator_id, code_digest, requested_by, requested_at, expires_at, approved_by, used_at, mac"
    " FROM key_invitations WHERE "
)


async def add_invitation(
    connection: asyncpg.Connection, invitation: Invitation, *, approved_at: datetime, approval_id: str | None
) -> None:
    """Adds what two persons approved; an approval makes one invitation (key_invitations_of_approval)."""
    await connection.execute(
        "INSERT INTO key_invitations (invitation_id, operator_id, code_digest, requested_by, requested_at, expires_at,"
        " approved_by, approved_at, approval_id, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *invitation[:7],
        *(approved_at, approval_id, invitation.mac),
    )


async def lock_invitation(connection: asyncpg.Connection, invitation_id: str) -> Invitation | None:
    """An invitation, locked."""
    row = await connection.fetchrow(f"{_INVITATION} invitation_id = $1 FOR UPDATE", invitation_id)
    return None if row is None else Invitation(**dict(row))


async def open_invitation(
    connection: asyncpg.Connection, operator_id: str, code_digest: str, now: datetime
) -> Invitation | None:
    """The operator's approved and unused invitation with this code, locked."""
    row = await connection.fetchrow(
        f"{_INVITATION} operator_id = $1 AND code_digest = $2 AND approved_by IS NOT NULL AND used_at IS NULL"
        " AND expires_at > $3 FOR UPDATE",
        *(operator_id, code_digest, now),
    )
    return None if row is None else Invitation(**dict(row))


async def use_invitation(connection: asyncpg.Connection, invitation_id: str, now: datetime) -> bool:
    """Marks an invitation used; False when it was used already, or is over."""
    row = await connection.fetchrow(
        "UPDATE key_invitations SET used_at = $2 WHERE invitation_id = $1 AND used_at IS NULL"
        " AND approved_by IS NOT NULL AND expires_at > $2 RETURNING invitation_id",
        *(invitation_id, now),
    )
    return row is not None


async def add_challenge(
    connection: asyncpg.Connection,
    challenge_id: str,
    *,
    session_id: str,
    purpose: str,
    challenge: bytes,
    invitation_id: str | None,
    expires_at: datetime,
) -> None:
    """Adds a challenge."""
    await connection.execute(
        "INSERT INTO key_challenges (challenge_id, session_id, purpose, challenge, invitation_id, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        *(challenge_id, session_id, purpose, challenge, invitation_id, expires_at),
    )


async def delete_old_challenges(connection: asyncpg.Connection, session_id: str, now: datetime, *, keep: int) -> None:
    """Deletes what expired, and a session's oldest beyond `keep`, so that nobody fills the table."""
    await connection.execute("DELETE FROM key_challenges WHERE expires_at < $1", now)
    await connection.execute(
        "DELETE FROM key_challenges WHERE challenge_id IN (SELECT challenge_id FROM key_challenges"
        " WHERE session_id = $1 ORDER BY expires_at DESC, challenge_id OFFSET $2)",
        *(session_id, keep),
    )


async def take_challenge(
    connection: asyncpg.Connection, challenge_id: str, *, session_id: str, purpose: str, now: datetime
) -> asyncpg.Record | None:
    """A live challenge of this session for this purpose, deleted: it is answered once, whatever the answer."""
    row: asyncpg.Record | None = await connection.fetchrow(
        "DELETE FROM key_challenges WHERE challenge_id = $1 AND session_id = $2 AND purpose = $3 AND expires_at > $4"
        " RETURNING challenge, invitation_id",
        *(challenge_id, session_id, purpose, now),
    )
    return row


async def add_key(connection: asyncpg.Connection, key_id: str, **columns: Any) -> bool:
    """Adds a key; False when its credential is registered already."""
    row = await connection.fetchrow(
        "INSERT INTO security_keys (key_id, credential_id, operator_id, public_key, sign_count, aaguid,"
        " attestation_format, invitation_id, registered_at, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (credential_id) DO NOTHING RETURNING key_id",
        key_id,
        *(columns[name] for name in ("credential_id", "operator_id", "public_key", "sign_count", "aaguid")),
        *(columns[name] for name in ("attestation_format", "invitation_id", "registered_at", "mac")),
    )
    return row is not None


async def lock_key(connection: asyncpg.Connection, credential_id: bytes) -> asyncpg.Record | None:
    """A key by its credential, locked, so that two answers with the same count are never both taken."""
    row: asyncpg.Record | None = await connection.fetchrow(
        "SELECT key_id, credential_id, operator_id, public_key, sign_count, status, invitation_id, mac"
        " FROM security_keys WHERE credential_id = $1 FOR UPDATE",
        credential_id,
    )
    return row


async def set_used(connection: asyncpg.Connection, key_id: str, *, sign_count: int, now: datetime) -> None:
    """Records a use."""
    await connection.execute(
        "UPDATE security_keys SET sign_count = $2, last_used_at = $3 WHERE key_id = $1", key_id, sign_count, now
    )


async def set_status(
    connection: asyncpg.Connection, key_id: str, status: str, now: datetime, *, operator_id: str | None = None
) -> bool:
    """Suspends or revokes a key, of that operator where one is given; False when there is no such key to change."""
    row = await connection.fetchrow(
        "UPDATE security_keys SET status = $2, status_at = $3 WHERE key_id = $1 AND status <> 'revoked'"
        " AND ($4::text IS NULL OR operator_id = $4) RETURNING key_id",
        *(key_id, status, now, operator_id),
    )
    return row is not None


async def active_credentials(connection: asyncpg.Connection, operator_id: str) -> list[bytes]:
    """Credentials of an operator's usable keys (index security_keys_of_operator)."""
    rows = await connection.fetch(
        "SELECT credential_id FROM security_keys WHERE operator_id = $1 AND status = 'active' ORDER BY key_id",
        operator_id,
    )
    return [row["credential_id"] for row in rows]


async def count_active(connection: asyncpg.Connection) -> int:
    """Usable keys of everybody."""
    return int(await connection.fetchval("SELECT count(*) FROM security_keys WHERE status = 'active'"))


async def page_of_keys(connection: asyncpg.Connection, *, after: tuple[str, str], limit: int) -> list[asyncpg.Record]:
    """Keys of everybody behind a place, by operator (index security_keys_of_operator)."""
    return list(
        await connection.fetch(
            "SELECT key_id, operator_id, aaguid, attestation_format, status, registered_at, last_used_at, status_at"
            " FROM security_keys WHERE (operator_id, key_id) > ($1, $2) ORDER BY operator_id, key_id LIMIT $3",
            *after,
            limit,
        )
    )
