"""All SQL of exports; it takes a connection in a transaction and never commits."""

import asyncpg

from altscore_consent.grants.domain import SignedRecord
from altscore_consent.grants.store import RECORDS, record_of


async def records_of(connection: asyncpg.Connection, retailer_id: str) -> list[SignedRecord]:
    """Every signed record of a retailer."""
    rows = await connection.fetch(f"{RECORDS} WHERE retailer_id = $1 ORDER BY consent_id, kind", retailer_id)
    return [record_of(row) for row in rows]


async def records_of_consent(connection: asyncpg.Connection, consent_id: str) -> list[SignedRecord]:
    """The grant of a consent and its withdrawal, if any."""
    rows = await connection.fetch(f"{RECORDS} WHERE consent_id = $1 ORDER BY kind", consent_id)
    return [record_of(row) for row in rows]
