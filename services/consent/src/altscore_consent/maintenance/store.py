"""All SQL of maintenance: the whole database, page by page; it takes a connection in a transaction, never commits."""

from collections.abc import Sequence

import asyncpg

from altscore_consent.checks.store import ENDED, ended_state_of
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


_TABLES = {
    "invites": ("invites", "invite_id", "text"),
    "ledgers": ("retailer_ledger", "retailer_id", "text"),
    "uses": ("consent_uses", "event_id", "uuid"),
}
_PUT_FACT_MACS = """
UPDATE {table} r SET mac = n.mac FROM unnest($1::{kind}[], $2::bytea[], $3::bytea[]) AS n(key, before, mac)
WHERE r.{key} = n.key AND r.mac IS NOT DISTINCT FROM n.before AND r.mac IS DISTINCT FROM n.mac RETURNING true
"""


async def put_fact_macs(
    connection: asyncpg.Connection, table: str, macs: Sequence[tuple[object, bytes | None, bytes]]
) -> int:
    """Stores (key, MAC of before, new MAC) of rows of `invites`, `ledgers` or `uses`; returns how many changed.

    A row that was changed meanwhile has another MAC, and is left alone.
    """
    name, key, kind = _TABLES[table]
    rows = await connection.fetch(
        _PUT_FACT_MACS.format(table=name, key=key, kind=kind),
        [row for row, _, _ in macs],
        [before for _, before, _ in macs],
        [mac for _, _, mac in macs],
    )
    return len(rows)


async def ended_after(connection: asyncpg.Connection, after: str, limit: int) -> list[StoredState]:
    """Ended states of the next `limit` retailers after `after`, each with the withdrawal it rests on."""
    page = "SELECT DISTINCT retailer_id FROM consent_state WHERE status <> 'active' AND retailer_id > $1"
    rows = await connection.fetch(
        f"{ENDED} AND s.retailer_id IN ({page} ORDER BY retailer_id LIMIT $2)"
        " ORDER BY s.retailer_id, s.lender_id, s.purpose",
        after,
        limit,
    )
    return [ended_state_of(row) for row in rows]


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
