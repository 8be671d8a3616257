"""All SQL of changes; every function takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_consent.domain import Invite, InviteStatus, State, StateStatus
from altscore_consent.records import SignedRecord, invite_id_of

_INVITE = """
SELECT i.invite_id, i.retailer_id, i.distributor_id, i.distributor_name, i.contact_ref, i.lender_scope, i.purpose,
       i.language, i.notice_id, i.notice_version, i.notice_text, i.notice_sha256, i.status, i.created_at, i.expires_at,
       NOT EXISTS (
           SELECT FROM invites n WHERE n.retailer_id = i.retailer_id AND n.purpose = i.purpose AND n.seq > i.seq
       ) AS is_newest
FROM invites i
"""
_INSERT_INVITE = """
INSERT INTO invites (invite_id, retailer_id, distributor_id, distributor_name, contact_ref, lender_scope, purpose,
                     language, notice_id, notice_version, notice_text, notice_sha256, status, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_STATE = """
SELECT lender_id, purpose, status, version, consent_id, given_at, expires_at, ended_at, use_limit, use_period_days
FROM consent_state
"""
_PUT_STATE = """
INSERT INTO consent_state (retailer_id, lender_id, purpose, status, version, consent_id, given_at, expires_at,
                           use_limit, use_period_days, seal)
VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (retailer_id, lender_id, purpose) DO UPDATE
SET status = 'active', version = excluded.version, consent_id = excluded.consent_id, given_at = excluded.given_at,
    expires_at = excluded.expires_at, ended_at = NULL, use_limit = excluded.use_limit,
    use_period_days = excluded.use_period_days, seal = excluded.seal
"""
_NEXT_VERSION = """
UPDATE retailer_ledger l SET version = greatest(l.version, (
    SELECT coalesce(max(s.version), 0) FROM consent_state s WHERE s.retailer_id = l.retailer_id
)) + 1 WHERE l.retailer_id = $1 RETURNING l.version
"""
_STATUS = {one.value: one for one in StateStatus}
_RECORD = "SELECT consent_id, kind, retailer_id, message_hash, record, signature FROM consent_records"
_INSERT_RECORD = """
INSERT INTO consent_records (consent_id, kind, retailer_id, message_hash, record, signature)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_RECORD_COLUMNS = ("consent_id", "kind", "retailer_id", "message_hash", "record", "signature")


class Ledger(NamedTuple):
    """A retailer's row that every change locks."""

    retailer_id: str
    version: int
    last_no_at: datetime | None


def invite_of(row: asyncpg.Record) -> Invite:
    """An invite from its row."""
    values = dict(row)
    scope, status = tuple(values.pop("lender_scope")), InviteStatus(values.pop("status"))
    return Invite(lender_scope=scope, status=status, **values)


def state_of(row: asyncpg.Record, consent_id: str | None = None) -> State:
    """A state from its row."""
    return State(
        row["lender_id"],
        row["purpose"],
        _STATUS[row["status"]],
        row["version"],
        consent_id or row["consent_id"],
        row["given_at"],
        row["expires_at"],
        row["ended_at"],
        row["use_limit"],
        row["use_period_days"],
    )


def record_of(row: asyncpg.Record) -> SignedRecord:
    """A signed record from its row."""
    return SignedRecord(*(row[name] for name in _RECORD_COLUMNS))


async def lock_ledger(connection: asyncpg.Connection, retailer_id: str) -> Ledger:
    """The retailer's ledger row, made if missing, locked until the transaction ends: his changes queue here."""
    await connection.execute(
        "INSERT INTO retailer_ledger (retailer_id) VALUES ($1) ON CONFLICT DO NOTHING", retailer_id
    )
    row = await connection.fetchrow(
        "SELECT retailer_id, version, last_no_at FROM retailer_ledger WHERE retailer_id = $1 FOR UPDATE", retailer_id
    )
    return Ledger(*row)


async def next_version(connection: asyncpg.Connection, retailer_id: str) -> int:
    """The number of this change to the retailer's consents: above all that stand there, whoever wrote them."""
    return int(await connection.fetchval(_NEXT_VERSION, retailer_id))


async def count_change(connection: asyncpg.Connection) -> None:
    """Moves the global change counter; the last statement of a change, since its row is shared by all retailers."""
    await connection.execute("UPDATE change_counter SET version = version + 1")


async def remember_no(connection: asyncpg.Connection, retailer_id: str, said_at: datetime) -> None:
    """Keeps the time of the retailer's latest NAHI."""
    await connection.execute(
        "UPDATE retailer_ledger SET last_no_at = greatest(last_no_at, $2) WHERE retailer_id = $1", retailer_id, said_at
    )


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
    )


async def invite(connection: asyncpg.Connection, invite_id: str) -> Invite | None:
    """One invite."""
    row = await connection.fetchrow(f"{_INVITE} WHERE i.invite_id = $1", invite_id)
    return invite_of(row) if row else None


async def open_invites(connection: asyncpg.Connection, retailer_id: str) -> list[Invite]:
    """The retailer's open invites, oldest first."""
    rows = await connection.fetch(
        f"{_INVITE} WHERE i.retailer_id = $1 AND i.status = 'open' ORDER BY i.seq", retailer_id
    )
    return [invite_of(row) for row in rows]


async def all_invites(connection: asyncpg.Connection, retailer_id: str) -> list[Invite]:
    """All invites of a retailer, oldest first."""
    rows = await connection.fetch(f"{_INVITE} WHERE i.retailer_id = $1 ORDER BY i.seq", retailer_id)
    return [invite_of(row) for row in rows]


async def language_of(connection: asyncpg.Connection, retailer_id: str) -> str:
    """The language the retailer was last asked in."""
    found = await connection.fetchval(
        "SELECT language FROM invites WHERE retailer_id = $1 ORDER BY seq DESC LIMIT 1", retailer_id
    )
    return str(found or "hi")


async def due_invites(connection: asyncpg.Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(retailer, invite) of open invites past their time, by index invites_due."""
    rows = await connection.fetch(
        "SELECT retailer_id, invite_id FROM invites WHERE status = 'open' AND expires_at <= $1"
        " ORDER BY expires_at LIMIT $2",
        now,
        limit,
    )
    return [(row["retailer_id"], row["invite_id"]) for row in rows]


async def close_invite(connection: asyncpg.Connection, invite_id: str, status: InviteStatus, at: datetime) -> None:
    """Moves an invite to a decided status."""
    await connection.execute(
        "UPDATE invites SET status = $2, decided_at = $3 WHERE invite_id = $1", invite_id, status, at
    )


async def states(connection: asyncpg.Connection, retailer_id: str) -> list[State]:
    """All states of a retailer."""
    rows = await connection.fetch(f"{_STATE} WHERE retailer_id = $1 ORDER BY lender_id, purpose", retailer_id)
    return [state_of(row) for row in rows]


async def put_states(
    connection: asyncpg.Connection, retailer_id: str, states: Sequence[State], seals: Sequence[bytes]
) -> None:
    """Makes these the active states of their lenders, each with its seal."""
    await connection.executemany(
        _PUT_STATE,
        [
            (
                retailer_id,
                one.lender_id,
                one.purpose,
                one.version,
                one.consent_id,
                one.given_at,
                one.expires_at,
                one.use_limit,
                one.use_period_days,
                seal,
            )
            for one, seal in zip(states, seals, strict=True)
        ],
    )


async def put_seals(connection: asyncpg.Connection, sealed: Sequence[tuple[str, State, bytes]]) -> int:
    """Seals (retailer, state, seal) anew where the row is still that version; returns how many."""
    done = await connection.fetch(
        "UPDATE consent_state s SET seal = n.seal"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])"
        " AS n(retailer_id, lender_id, purpose, version, seal)"
        " WHERE (s.retailer_id, s.lender_id, s.purpose, s.version) = (n.retailer_id, n.lender_id, n.purpose, n.version)"
        " AND s.status = 'active' AND s.seal IS DISTINCT FROM n.seal RETURNING true",
        [retailer_id for retailer_id, _, _ in sealed],
        [state.lender_id for _, state, _ in sealed],
        [state.purpose for _, state, _ in sealed],
        [state.version for _, state, _ in sealed],
        [seal for _, _, seal in sealed],
    )
    return len(done)


async def end_states(
    connection: asyncpg.Connection, consent_id: str, status: StateStatus, *, version: int, ended_at: datetime
) -> None:
    """Ends a consent for all its lenders."""
    await connection.execute(
        "UPDATE consent_state SET status = $2, version = $3, ended_at = $4, seal = NULL"
        " WHERE consent_id = $1 AND status = 'active'",
        consent_id,
        status,
        version,
        ended_at,
    )


async def retailers_due(connection: asyncpg.Connection, now: datetime, limit: int) -> list[str]:
    """Retailers with an active consent past its time, by index consent_state_due."""
    rows = await connection.fetch(
        "SELECT DISTINCT retailer_id FROM consent_state WHERE status = 'active' AND expires_at <= $1 LIMIT $2",
        now,
        limit,
    )
    return [row["retailer_id"] for row in rows]


async def retailer_of_consent(connection: asyncpg.Connection, consent_id: str) -> str | None:
    """Whose consent it is."""
    found = await connection.fetchval(
        "SELECT retailer_id FROM consent_records WHERE consent_id = $1 AND kind = 'grant'", consent_id
    )
    return str(found) if found else None


async def insert_record(connection: asyncpg.Connection, record: SignedRecord) -> None:
    """Appends a signed record."""
    await connection.execute(
        _INSERT_RECORD,
        record.consent_id,
        record.kind,
        record.retailer_id,
        record.message_hash,
        record.record,
        record.signature,
    )


async def insert_withdrawal(connection: asyncpg.Connection, record: SignedRecord) -> None:
    """Appends a withdrawal; a consent that somebody set back to active may have one already, and must still end."""
    await connection.execute(
        f"{_INSERT_RECORD} ON CONFLICT (consent_id, kind) DO NOTHING",
        record.consent_id,
        record.kind,
        record.retailer_id,
        record.message_hash,
        record.record,
        record.signature,
    )


async def grant_by_message(connection: asyncpg.Connection, message_hash: str, retailer_id: str) -> SignedRecord | None:
    """The grant that this message already made."""
    row = await connection.fetchrow(
        f"{_RECORD} WHERE kind = 'grant' AND message_hash = $1 AND retailer_id = $2",
        message_hash,
        retailer_id,
    )
    return record_of(row) if row else None


async def grant_record(connection: asyncpg.Connection, consent_id: str) -> SignedRecord | None:
    """The grant of a consent."""
    row = await connection.fetchrow(f"{_RECORD} WHERE consent_id = $1 AND kind = 'grant'", consent_id)
    return record_of(row) if row else None


async def contact_of_consent(connection: asyncpg.Connection, consent_id: str) -> str | None:
    """The phone that the consent's invite was put to; None where the grant is gone, unreadable or older than that."""
    record = await grant_record(connection, consent_id)
    invite_id = invite_id_of(record) if record is not None else None
    contact_ref = await connection.fetchval("SELECT contact_ref FROM invites WHERE invite_id = $1", invite_id)
    return str(contact_ref) if contact_ref is not None else None


async def add_unclear(
    connection: asyncpg.Connection, retailer_id: str, message_hash: str, *, at: datetime, was_asked: bool
) -> bool:
    """Notes an unclear reply; False when this message was noted before."""
    found = await connection.fetchval(
        "INSERT INTO unclear_replies (message_hash, retailer_id, received_at, was_asked) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING RETURNING true",
        message_hash,
        retailer_id,
        at,
        was_asked,
    )
    return bool(found)


async def clarifications_since(connection: asyncpg.Connection, retailer_id: str, since: datetime) -> int:
    """How many unclear replies were answered since then, by index unclear_replies_recent."""
    found = await connection.fetchval(
        "SELECT count(*) FROM unclear_replies WHERE retailer_id = $1 AND received_at > $2 AND was_asked",
        retailer_id,
        since,
    )
    return int(found)
