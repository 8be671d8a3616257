"""All SQL of consents: ledgers, states and signed records; it takes a connection in a transaction and never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_consent.grants.domain import SignedRecord, State, StateStatus, StoredState

STORED_COLUMNS = """
       s.retailer_id AS state_retailer_id, s.lender_id, s.purpose, s.status, s.version,
       s.consent_id AS state_consent_id, s.given_at, s.expires_at, s.ended_at, s.use_limit, s.use_period_days,
       s.seal AS mac, g.consent_id, g.kind, g.retailer_id, g.message_hash, g.record, g.signature,
       w.consent_id IS NOT NULL AS is_withdrawn
"""
STORED_RECORDS = """
LEFT JOIN consent_records g ON g.consent_id = s.consent_id AND g.kind = 'grant'
LEFT JOIN consent_records w ON w.consent_id = s.consent_id AND w.kind = 'withdrawal'
"""
ACTIVE = f"SELECT {STORED_COLUMNS} FROM consent_state s {STORED_RECORDS} WHERE s.status = 'active'"  # noqa: S608  # constants only
RECORDS = "SELECT consent_id, kind, retailer_id, message_hash, record, signature FROM consent_records"
_STATES = """
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
_INSERT_RECORD = """
INSERT INTO consent_records (consent_id, kind, retailer_id, message_hash, record, signature)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_STATUS = {status.value: status for status in StateStatus}
_RECORD_COLUMNS = ("consent_id", "kind", "retailer_id", "message_hash", "record", "signature")

MEASURES = (
    Measure(
        name="altscore_consent_overdue_expiries",
        help="Consents that ended more than a minute ago and are not marked as expired.",
        query="SELECT count(*) FROM consent_state WHERE status = 'active' AND expires_at < now() - interval '1 minute'",
    ),
)


def state_of(row: asyncpg.Record, consent_id: str | None = None) -> State:
    """A state from its row."""
    return State(
        lender_id=row["lender_id"],
        purpose=row["purpose"],
        status=_STATUS[row["status"]],
        version=row["version"],
        consent_id=consent_id or row["consent_id"],
        given_at=row["given_at"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
        use_limit=row["use_limit"],
        use_period_days=row["use_period_days"],
    )


def record_of(row: asyncpg.Record) -> SignedRecord:
    """A signed record from its row."""
    return SignedRecord(*(row[name] for name in _RECORD_COLUMNS))


def stored_state_of(row: asyncpg.Record) -> StoredState:
    """A state with its grant, from a row of STORED_COLUMNS."""
    return StoredState(
        retailer_id=row["state_retailer_id"],
        state=state_of(row, row["state_consent_id"]),
        grant=record_of(row) if row["kind"] is not None else None,
        is_withdrawn=row["is_withdrawn"],
        mac=row["mac"],
    )


async def count_change(connection: asyncpg.Connection) -> None:
    """Moves the global change counter; the last statement of a change, since its row is shared by all retailers."""
    await connection.execute("UPDATE change_counter SET version = version + 1")


async def states_of(connection: asyncpg.Connection, retailer_id: str) -> list[State]:
    """All states of a retailer."""
    rows = await connection.fetch(f"{_STATES} WHERE retailer_id = $1 ORDER BY lender_id, purpose", retailer_id)
    return [state_of(row) for row in rows]


async def active_states(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[StoredState]:
    """Active states of retailers, expired ones too, by index consent_state_active."""
    rows = await connection.fetch(
        f"{ACTIVE} AND s.retailer_id = ANY($1) ORDER BY s.retailer_id, s.lender_id, s.purpose", list(retailer_ids)
    )
    return [stored_state_of(row) for row in rows]


async def put_states(
    connection: asyncpg.Connection, retailer_id: str, states: Sequence[State], macs: Sequence[bytes]
) -> None:
    """Makes these the active states of their lenders, each with its MAC."""
    await connection.executemany(
        _PUT_STATE,
        [
            (
                retailer_id,
                state.lender_id,
                state.purpose,
                state.version,
                state.consent_id,
                state.given_at,
                state.expires_at,
                state.use_limit,
                state.use_period_days,
                mac,
            )
            for state, mac in zip(states, macs, strict=True)
        ],
    )


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
    retailer_id = await connection.fetchval(
        "SELECT retailer_id FROM consent_records WHERE consent_id = $1 AND kind = 'grant'", consent_id
    )
    return str(retailer_id) if retailer_id else None


async def insert_grant(connection: asyncpg.Connection, record: SignedRecord) -> None:
    """Appends a grant."""
    await _insert_record(connection, _INSERT_RECORD, record)


async def insert_withdrawal(connection: asyncpg.Connection, record: SignedRecord) -> None:
    """Appends a withdrawal; a consent that somebody set back to active may have one already, and must still end."""
    await _insert_record(connection, f"{_INSERT_RECORD} ON CONFLICT (consent_id, kind) DO NOTHING", record)


async def _insert_record(connection: asyncpg.Connection, statement: str, record: SignedRecord) -> None:
    await connection.execute(
        statement,
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
        f"{RECORDS} WHERE kind = 'grant' AND message_hash = $1 AND retailer_id = $2", message_hash, retailer_id
    )
    return record_of(row) if row else None


async def records_of_retailer(connection: asyncpg.Connection, retailer_id: str) -> list[SignedRecord]:
    """Every record of a retailer, by index consent_records_by_retailer."""
    rows = await connection.fetch(f"{RECORDS} WHERE retailer_id = $1 ORDER BY consent_id, kind", retailer_id)
    return [record_of(row) for row in rows]


async def grant_record(connection: asyncpg.Connection, consent_id: str) -> SignedRecord | None:
    """The grant of a consent."""
    row = await connection.fetchrow(f"{RECORDS} WHERE consent_id = $1 AND kind = 'grant'", consent_id)
    return record_of(row) if row else None


async def note_tampering(connection: asyncpg.Connection, consent_id: str, digest: str, at: datetime) -> bool:
    """Records a row that is not what was signed; False when it was recorded before."""
    is_new = await connection.fetchval(
        "INSERT INTO tampered_records (consent_id, digest, noticed_at) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING true",
        consent_id,
        digest,
        at,
    )
    return bool(is_new)
