"""All SQL of checks: one round trip each, records beside states so that nothing unverified counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from altscore_consent.checks.domain import ConsentStatus
from altscore_consent.grants.domain import WITHDRAWAL, SignedRecord, StoredState
from altscore_consent.grants.store import STORED_COLUMNS, STORED_RECORDS, stored_state_of

_WITHDRAWAL = """
       CASE WHEN s.status = 'revoked' THEN w.retailer_id END AS w_retailer_id,
       CASE WHEN s.status = 'revoked' THEN w.message_hash END AS w_message_hash,
       CASE WHEN s.status = 'revoked' THEN w.record END AS w_record,
       CASE WHEN s.status = 'revoked' THEN w.signature END AS w_signature
"""
ENDED = f"""
SELECT {STORED_COLUMNS}, {_WITHDRAWAL} FROM consent_state s {STORED_RECORDS} WHERE s.status <> 'active'
"""  # noqa: S608  # constants only
_PAIRS = f"""
SELECT a.place, {STORED_COLUMNS}, {_WITHDRAWAL},
       CASE WHEN s.status = 'active' AND s.use_limit IS NOT NULL THEN (
           SELECT count(*) FROM consent_uses u
           WHERE u.consent_id = s.consent_id AND u.lender_id = s.lender_id
             AND u.used_at > $3::timestamptz - make_interval(days => s.use_period_days)
       ) ELSE 0 END AS uses
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a(retailer_id, lender_id, place)
JOIN consent_state s ON s.retailer_id = a.retailer_id AND s.lender_id = a.lender_id
{STORED_RECORDS}
ORDER BY a.place, s.purpose
"""  # noqa: S608  # constants only
_ANY_ACTIVE = f"""
SELECT l.retailer_id AS ledger_retailer_id, l.version AS ledger_version, {STORED_COLUMNS}
FROM retailer_ledger l
LEFT JOIN LATERAL (
    SELECT * FROM consent_state o WHERE o.retailer_id = l.retailer_id AND o.status = 'active' AND o.expires_at > $1
    ORDER BY o.expires_at DESC, o.lender_id, o.purpose LIMIT 1
) s ON true
{STORED_RECORDS}
"""  # noqa: S608  # constants only
_PAGE = """
WHERE l.retailer_id IN (
    SELECT DISTINCT retailer_id FROM consent_state
    WHERE status = 'active' AND expires_at > $1 AND retailer_id > $2 ORDER BY retailer_id LIMIT $3
) ORDER BY l.retailer_id
"""


async def states_of_pairs(
    connection: asyncpg.Connection, pairs: Sequence[tuple[str, str]], now: datetime
) -> list[list[StoredState]]:
    """The states of each (retailer, lender), by primary key; in the order of the pairs."""
    states: list[list[StoredState]] = [[] for _ in pairs]
    rows = await connection.fetch(_PAIRS, [pair[0] for pair in pairs], [pair[1] for pair in pairs], now)
    for row in rows:
        states[row["place"] - 1].append(ended_state_of(row)._replace(uses=row["uses"]))
    return states


def ended_state_of(row: asyncpg.Record) -> StoredState:
    """A state with the withdrawal that it rests on, if it is revoked."""
    withdrawal = None
    if row["w_record"] is not None:
        withdrawal = SignedRecord(
            consent_id=row["state_consent_id"],
            kind=WITHDRAWAL,
            retailer_id=row["w_retailer_id"],
            message_hash=row["w_message_hash"],
            record=row["w_record"],
            signature=row["w_signature"],
        )
    return stored_state_of(row)._replace(withdrawal=withdrawal)


async def status_of(connection: asyncpg.Connection, retailer_ids: Sequence[str], now: datetime) -> list[ConsentStatus]:
    """Many retailers with one active state each; those without any change are left out."""
    return _statuses(await connection.fetch(f"{_ANY_ACTIVE} WHERE l.retailer_id = ANY($2)", now, list(retailer_ids)))


async def status_page(connection: asyncpg.Connection, now: datetime, after: str, limit: int) -> list[ConsentStatus]:
    """The next `limit` retailers with an active state after `after`, by retailer."""
    return _statuses(await connection.fetch(f"{_ANY_ACTIVE} {_PAGE}", now, after, limit))


def _statuses(rows: Iterable[asyncpg.Record]) -> list[ConsentStatus]:
    return [
        ConsentStatus(
            retailer_id=row["ledger_retailer_id"],
            version=row["ledger_version"],
            active=stored_state_of(row) if row["state_retailer_id"] is not None else None,
        )
        for row in rows
    ]


async def snapshot_version(connection: asyncpg.Connection) -> int:
    """The global change counter."""
    return int(await connection.fetchval("SELECT version FROM change_counter"))
