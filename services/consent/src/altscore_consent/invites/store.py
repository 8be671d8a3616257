"""All SQL of invites and unclear replies; every function takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from altscore_consent.invites.domain import Invite, InviteStatus, UnclearReply

_INVITE = """
SELECT i.invite_id, i.retailer_id, i.distributor_id, i.distributor_name, i.contact_ref, i.lender_scope, i.purpose,
       i.language, i.notice_id, i.notice_version, i.notice_text, i.notice_sha256, i.status, i.created_at, i.expires_at,
       i.decided_at, i.mac,
       NOT EXISTS (
           SELECT FROM invites n WHERE n.retailer_id = i.retailer_id AND n.purpose = i.purpose AND n.seq > i.seq
       ) AS is_newest
FROM invites i
"""
_INSERT_INVITE = """
INSERT INTO invites (invite_id, retailer_id, distributor_id, distributor_name, contact_ref, lender_scope, purpose,
                     language, notice_id, notice_version, notice_text, notice_sha256, status, created_at, expires_at,
                     mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""


def _invite_of(row: asyncpg.Record) -> Invite:
    values = dict(row)
    scope, status = tuple(values.pop("lender_scope")), InviteStatus(values.pop("status"))
    return Invite(lender_scope=scope, status=status, **values)


async def insert_invite(connection: asyncpg.Connection, invite: Invite) -> None:
    """Adds an invite."""
    await connection.execute(
        _INSERT_INVITE,
        invite.invite_id,
        invite.retailer_id,
        invite.distributor_id,
        invite.distributor_name,
        invite.contact_ref,
        list(invite.lender_scope),
        invite.purpose,
        invite.language,
        invite.notice_id,
        invite.notice_version,
        invite.notice_text,
        invite.notice_sha256,
        invite.status,
        invite.created_at,
        invite.expires_at,
        invite.mac,
    )


async def read_invite(connection: asyncpg.Connection, invite_id: str) -> Invite | None:
    """The invite with that id."""
    row = await connection.fetchrow(f"{_INVITE} WHERE i.invite_id = $1", invite_id)
    return _invite_of(row) if row else None


async def open_invites(connection: asyncpg.Connection, retailer_id: str) -> list[Invite]:
    """The retailer's open invites, oldest first."""
    rows = await connection.fetch(
        f"{_INVITE} WHERE i.retailer_id = $1 AND i.status = 'open' ORDER BY i.seq", retailer_id
    )
    return [_invite_of(row) for row in rows]


async def all_invites(connection: asyncpg.Connection, retailer_id: str) -> list[Invite]:
    """All invites of a retailer, oldest first."""
    rows = await connection.fetch(f"{_INVITE} WHERE i.retailer_id = $1 ORDER BY i.seq", retailer_id)
    return [_invite_of(row) for row in rows]


async def invites_of(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[Invite]:
    """All invites of some retailers, oldest first."""
    rows = await connection.fetch(f"{_INVITE} WHERE i.retailer_id = ANY($1) ORDER BY i.seq", list(retailer_ids))
    return [_invite_of(row) for row in rows]


async def invites_of_distributor(
    connection: asyncpg.Connection, distributor_id: str, *, before_seq: int, limit: int
) -> list[asyncpg.Record]:
    """Invites of a distributor before a place, the newest first, by index invites_of_distributor."""
    return list(
        await connection.fetch(
            """
            SELECT seq, invite_id, retailer_id, lender_scope, purpose, language, status, created_at, expires_at,
                decided_at
            FROM invites WHERE distributor_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3
            """,
            distributor_id,
            before_seq,
            limit,
        )
    )


async def language_of(connection: asyncpg.Connection, retailer_id: str) -> str:
    """The language the retailer was last asked in."""
    language = await connection.fetchval(
        "SELECT language FROM invites WHERE retailer_id = $1 ORDER BY seq DESC LIMIT 1", retailer_id
    )
    return str(language or "hi")


async def contact_of(connection: asyncpg.Connection, invite_id: str | None) -> str | None:
    """The phone that an invite was put to; None for an invite that is not there or is older than decision 89."""
    contact_ref = await connection.fetchval("SELECT contact_ref FROM invites WHERE invite_id = $1", invite_id)
    return str(contact_ref) if contact_ref is not None else None


async def due_invites(connection: asyncpg.Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(retailer, invite) of open invites past their time, by index invites_due."""
    rows = await connection.fetch(
        "SELECT retailer_id, invite_id FROM invites WHERE status = 'open' AND expires_at <= $1"
        " ORDER BY expires_at LIMIT $2",
        now,
        limit,
    )
    return [(row["retailer_id"], row["invite_id"]) for row in rows]


async def put_decision(connection: asyncpg.Connection, invite: Invite) -> None:
    """Stores status, phone and MAC of an invite."""
    await connection.execute(
        "UPDATE invites SET status = $2, decided_at = $3, contact_ref = $4, mac = $5 WHERE invite_id = $1",
        invite.invite_id,
        invite.status,
        invite.decided_at,
        invite.contact_ref,
        invite.mac,
    )


async def invites_after(connection: asyncpg.Connection, after: str, limit: int) -> list[Invite]:
    """The next invites after an id, by primary key."""
    rows = await connection.fetch(f"{_INVITE} WHERE i.invite_id > $1 ORDER BY i.invite_id LIMIT $2", after, limit)
    return [_invite_of(row) for row in rows]


async def add_unclear_reply(
    connection: asyncpg.Connection, reply: UnclearReply, *, at: datetime, was_asked: bool
) -> bool:
    """Records an unclear reply; False when this message was recorded before."""
    is_new = await connection.fetchval(
        "INSERT INTO unclear_replies (message_hash, retailer_id, received_at, was_asked) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING RETURNING true",
        reply.message_hash,
        reply.retailer_id,
        at,
        was_asked,
    )
    return bool(is_new)


async def clarifications_since(connection: asyncpg.Connection, retailer_id: str, since: datetime) -> int:
    """How many unclear replies were answered since then, by index unclear_replies_recent."""
    count = await connection.fetchval(
        "SELECT count(*) FROM unclear_replies WHERE retailer_id = $1 AND received_at > $2 AND was_asked",
        retailer_id,
        since,
    )
    return int(count)
