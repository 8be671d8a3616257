"""All SQL of checks: one round trip each, records beside states so that nothing unverified is believed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_consent.domain import State
from altscore_consent.records import SignedRecord
from altscore_consent.store import record_of, state_of

_COLUMNS = """
       s.retailer_id AS state_retailer_id, s.lender_id, s.purpose, s.status, s.version,
       s.consent_id AS state_consent_id, s.given_at, s.expires_at, s.ended_at, s.use_limit, s.use_period_days, s.seal,
       g.consent_id, g.kind, g.retailer_id, g.message_hash, g.record, g.signature,
       w.consent_id IS NOT NULL AS is_withdrawn
"""
_RECORDS = """
LEFT JOIN consent_records g ON g.consent_id = s.consent_id AND g.kind = 'grant'
LEFT JOIN consent_records w ON w.consent_id = s.consent_id AND w.kind = 'withdrawal'
"""
_ASKED = f"""
SELECT a.place, {_COLUMNS},
       CASE WHEN s.status = 'revoked' THEN w.retailer_id END AS w_retailer_id,
       CASE WHEN s.status = 'revoked' THEN w.message_hash END AS w_message_hash,
       CASE WHEN s.status = 'revoked' THEN w.record END AS w_record,
       CASE WHEN s.status = 'revoked' THEN w.signature END AS w_signature,
       CASE WHEN s.status = 'active' AND s.use_limit IS NOT NULL THEN (
           SELECT count(*) FROM consent_uses u
           WHERE u.consent_id = s.consent_id AND u.lender_id = s.lender_id
             AND u.used_at > $3::timestamptz - make_interval(days => s.use_period_days)
       ) ELSE 0 END AS uses
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a(retailer_id, lender_id, place)
JOIN consent_state s ON s.retailer_id = a.retailer_id AND s.lender_id = a.lender_id
{_RECORDS}
ORDER BY a.place, s.purpose
"""  # noqa: S608  # constants only
_ACTIVE = f"SELECT {_COLUMNS} FROM consent_state s {_RECORDS} WHERE s.status = 'active'"  # noqa: S608
_ANY_ACTIVE = f"""
SELECT l.retailer_id AS ledger_retailer_id, l.version AS ledger_version, {_COLUMNS}
FROM retailer_ledger l
LEFT JOIN LATERAL (
    SELECT * FROM consent_state o WHERE o.retailer_id = l.retailer_id AND o.status = 'active' AND o.expires_at > $1
    ORDER BY o.expires_at DESC, o.lender_id, o.purpose LIMIT 1
) s ON true
{_RECORDS}
"""  # noqa: S608
_SIGNED = "SELECT consent_id, kind, retailer_id, message_hash, record, signature FROM consent_records"
_PAGE = """
WHERE l.retailer_id IN (
    SELECT DISTINCT retailer_id FROM consent_state
    WHERE status = 'active' AND expires_at > $1 AND retailer_id > $2 ORDER BY retailer_id LIMIT $3
) ORDER BY l.retailer_id
"""


class StateRow(NamedTuple):
    """A state, the grant it stands on, whether that was withdrawn, its seal, and how often it was used."""

    retailer_id: str
    state: State
    grant: SignedRecord | None
    is_withdrawn: bool
    seal: bytes | None
    withdrawal: SignedRecord | None = None
    uses: int = 0


class Standing(NamedTuple):
    """A retailer: the number of his last change, and one active state if there is any."""

    retailer_id: str
    version: int
    active: StateRow | None


def _row(row: asyncpg.Record) -> StateRow:
    grant = record_of(row) if row["kind"] is not None else None
    state = state_of(row, row["state_consent_id"])
    return StateRow(row["state_retailer_id"], state, grant, row["is_withdrawn"], row["seal"])


def _asked_row(row: asyncpg.Record) -> StateRow:
    withdrawal = None
    if row["w_record"] is not None:
        withdrawal = SignedRecord(
            row["state_consent_id"],
            "withdrawal",
            row["w_retailer_id"],
            row["w_message_hash"],
            row["w_record"],
            row["w_signature"],
        )
    return _row(row)._replace(withdrawal=withdrawal, uses=row["uses"])


async def of_lenders(
    connection: asyncpg.Connection, asked: Sequence[tuple[str, str]], now: datetime
) -> list[list[StateRow]]:
    """What stands between each (retailer, lender), by primary key; in the order asked."""
    found: list[list[StateRow]] = [[] for _ in asked]
    for row in await connection.fetch(_ASKED, [one[0] for one in asked], [one[1] for one in asked], now):
        found[row["place"] - 1].append(_asked_row(row))
    return found


async def active_of(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[StateRow]:
    """Active states of retailers, expired ones too, by index consent_state_active."""
    rows = await connection.fetch(
        f"{_ACTIVE} AND s.retailer_id = ANY($1) ORDER BY s.retailer_id, s.lender_id, s.purpose", list(retailer_ids)
    )
    return [_row(row) for row in rows]


async def active_after(connection: asyncpg.Connection, after: str, limit: int) -> list[StateRow]:
    """Active states of the next `limit` retailers after `after`, by retailer."""
    page = "SELECT DISTINCT retailer_id FROM consent_state WHERE status = 'active' AND retailer_id > $1"
    rows = await connection.fetch(
        f"{_ACTIVE} AND s.retailer_id IN ({page} ORDER BY retailer_id LIMIT $2)"
        " ORDER BY s.retailer_id, s.lender_id, s.purpose",
        after,
        limit,
    )
    return [_row(row) for row in rows]


async def standing_of(connection: asyncpg.Connection, retailer_ids: Sequence[str], now: datetime) -> list[Standing]:
    """Many retailers with one active state each; those never heard of are left out."""
    return _standings(await connection.fetch(f"{_ANY_ACTIVE} WHERE l.retailer_id = ANY($2)", now, list(retailer_ids)))


async def standing_page(connection: asyncpg.Connection, now: datetime, after: str, limit: int) -> list[Standing]:
    """The next `limit` retailers with an active state after `after`, by retailer."""
    return _standings(await connection.fetch(f"{_ANY_ACTIVE} {_PAGE}", now, after, limit))


def _standings(rows: Iterable[asyncpg.Record]) -> list[Standing]:
    return [
        Standing(
            row["ledger_retailer_id"],
            row["ledger_version"],
            _row(row) if row["state_retailer_id"] is not None else None,
        )
        for row in rows
    ]


async def snapshot_version(connection: asyncpg.Connection) -> int:
    """The global change counter."""
    return int(await connection.fetchval("SELECT version FROM change_counter"))


async def records_of(connection: asyncpg.Connection, retailer_id: str) -> list[SignedRecord]:
    """Every signed record of a retailer."""
    return await _records(connection, "WHERE retailer_id = $1 ORDER BY consent_id, kind", retailer_id)


async def records_after(connection: asyncpg.Connection, after: tuple[str, str], limit: int) -> list[SignedRecord]:
    """The next records after (consent id, kind), by primary key."""
    rest = "WHERE (consent_id, kind) > ($1, $2) ORDER BY consent_id, kind LIMIT $3"
    return await _records(connection, rest, *after, limit)


async def records_of_consent(connection: asyncpg.Connection, consent_id: str) -> list[SignedRecord]:
    """The grant of a consent and its withdrawal, if any."""
    return await _records(connection, "WHERE consent_id = $1 ORDER BY kind", consent_id)


async def _records(connection: asyncpg.Connection, rest: str, *arguments: object) -> list[SignedRecord]:
    rows = await connection.fetch(f"{_SIGNED} {rest}", *arguments)
    return [record_of(row) for row in rows]


async def uses_of(connection: asyncpg.Connection, consent_ids: Sequence[str]) -> list[tuple[str, str, int, datetime]]:
    """(consent, lender, uses, last use) of consents."""
    rows = await connection.fetch(
        "SELECT consent_id, lender_id, count(*) AS uses, max(used_at) AS last_at FROM consent_uses"
        " WHERE consent_id = ANY($1) GROUP BY 1, 2 ORDER BY 1, 2",
        list(consent_ids),
    )
    return [(row["consent_id"], row["lender_id"], row["uses"], row["last_at"]) for row in rows]


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
