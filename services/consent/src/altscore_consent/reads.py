"""All SQL of checks: one round trip each, records beside states so that nothing unverified is believed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_consent.domain import State
from altscore_consent.records import SignedRecord
from altscore_consent.store import record_of, state_of

_BELIEVABLE = """
SELECT s.retailer_id AS state_retailer_id, s.lender_id, s.purpose, s.status, s.version, s.consent_id, s.given_at,
       s.expires_at, s.ended_at, g.consent_id IS NOT NULL AS has_grant, w.consent_id IS NOT NULL AS is_withdrawn,
       g.kind, g.retailer_id, g.message_hash, g.record, g.signature
FROM consent_state s
LEFT JOIN consent_records g ON g.consent_id = s.consent_id AND g.kind = 'grant'
LEFT JOIN consent_records w ON w.consent_id = s.consent_id AND w.kind = 'withdrawal'
"""
_PAGE = f"""
WITH page AS (
    SELECT DISTINCT retailer_id FROM consent_state
    WHERE status = 'active' AND expires_at > $1 AND retailer_id > $2 ORDER BY retailer_id LIMIT $3
)
{_BELIEVABLE} WHERE s.retailer_id IN (SELECT retailer_id FROM page) AND s.status = 'active' AND s.expires_at > $1
ORDER BY s.retailer_id, s.lender_id, s.purpose
"""  # noqa: S608  # constants only


class StateRow(NamedTuple):
    """A state, the grant it stands on, and whether a withdrawal of that grant exists."""

    retailer_id: str
    state: State
    grant: SignedRecord | None
    is_withdrawn: bool


def _row(row: asyncpg.Record) -> StateRow:
    grant = record_of(row) if row["has_grant"] else None
    return StateRow(row["state_retailer_id"], state_of(row), grant, row["is_withdrawn"])


def _rows(rows: Iterable[asyncpg.Record]) -> list[StateRow]:
    return [_row(row) for row in rows]


async def of_lender(connection: asyncpg.Connection, retailer_id: str, lender_id: str) -> list[StateRow]:
    """What stands between a retailer and a lender, by primary key."""
    query = f"{_BELIEVABLE} WHERE s.retailer_id = $1 AND s.lender_id = $2 ORDER BY s.purpose"
    return _rows(await connection.fetch(query, retailer_id, lender_id))


async def active_of(connection: asyncpg.Connection, retailer_ids: Sequence[str], now: datetime) -> list[StateRow]:
    """Active states of many retailers, by index consent_state_active."""
    query = f"{_BELIEVABLE} WHERE s.retailer_id = ANY($1) AND s.status = 'active' AND s.expires_at > $2"
    return _rows(await connection.fetch(query, list(retailer_ids), now))


async def versions_of(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> dict[str, int]:
    """Change numbers of many retailers; those never heard of are left out."""
    rows = await connection.fetch(
        "SELECT retailer_id, version FROM retailer_ledger WHERE retailer_id = ANY($1)", list(retailer_ids)
    )
    return {row["retailer_id"]: row["version"] for row in rows}


async def snapshot_version(connection: asyncpg.Connection) -> int:
    """The global change counter."""
    return int(await connection.fetchval("SELECT version FROM change_counter"))


async def active_page(connection: asyncpg.Connection, now: datetime, after: str, limit: int) -> list[StateRow]:
    """Active states of the next `limit` retailers after `after`, by retailer."""
    return _rows(await connection.fetch(_PAGE, now, after, limit))


async def records_of(connection: asyncpg.Connection, retailer_id: str) -> list[SignedRecord]:
    """Every signed record of a retailer."""
    rows = await connection.fetch(
        "SELECT consent_id, kind, retailer_id, message_hash, record, signature FROM consent_records"
        " WHERE retailer_id = $1 ORDER BY consent_id, kind",
        retailer_id,
    )
    return [record_of(row) for row in rows]


async def note_tampering(connection: asyncpg.Connection, consent_id: str, digest: str, at: datetime) -> bool:
    """Notes a row that is not what was signed; False when it was noted before."""
    found = await connection.fetchval(
        "INSERT INTO tampered_records (consent_id, digest, noticed_at) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING true",
        consent_id,
        digest,
        at,
    )
    return bool(found)
