"""All SQL of maintenance: the whole database, page by page; it takes a connection in a transaction, never commits."""

from collections.abc import Sequence

import asyncpg

from altscore_consent.grants.domain import SignedRecord, State, StoredState
from altscore_consent.grants.store import ACTIVE, RECORDS, record_of, stored_state_of

_PUT_MACS = """
UPDATE consent_state s SET seal = n.mac
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
     AS n(retailer_id, lender_id, purpose, version, mac)
WHERE (s.retailer_id, s.lender_id, s.purpose, s.version) = (n.retailer_id, n.lender_id, n.purpose, n.version)
  AND s.status = 'active' AND s.seal IS DISTINCT FROM n.mac RETURNING true
"""


async def active_after(connection: asyncpg.Connection, after: str, limit: int) -> list[StoredState]:
    """Active states of the next `limit` retailers after `after`, by retailer."""
    page = "SELECT DISTINCT retailer_id FROM consent_state WHERE status = 'active' AND retailer_id > $1"
    rows = await connection.fetch(
        f"{ACTIVE} AND s.retailer_id IN ({page} ORDER BY retailer_id LIMIT $2)"
        " ORDER BY s.retailer_id, s.lender_id, s.purpose",
        after,
        limit,
    )
    return [stored_state_of(row) for row in rows]


async def records_after(connection: asyncpg.Connection, after: tuple[str, str], limit: int) -> list[SignedRecord]:
    """The next records after (consent id, kind), by primary key."""
    rows = await connection.fetch(
        f"{RECORDS} WHERE (consent_id, kind) > ($1, $2) ORDER BY consent_id, kind LIMIT $3", *after, limit
    )
    return [record_of(row) for row in rows]


async def put_macs(connection: asyncpg.Connection, macs: Sequence[tuple[str, State, bytes]]) -> int:
    """Stores (retailer, state, MAC) where the row is still that version; returns how many changed."""
    rows = await connection.fetch(
        _PUT_MACS,
        [retailer_id for retailer_id, _, _ in macs],
        [state.lender_id for _, state, _ in macs],
        [state.purpose for _, state, _ in macs],
        [state.version for _, state, _ in macs],
        [mac for _, _, mac in macs],
    )
    return len(rows)
