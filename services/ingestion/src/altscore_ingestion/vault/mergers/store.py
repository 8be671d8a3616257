"""SQL of mergers; every function takes a connection and never commits."""

from datetime import datetime

import asyncpg

from altscore_ingestion.vault.integrity.domain import RowMacs, RowVerifier
from altscore_ingestion.vault.mergers.domain import Merger, MovedLedger, Party


async def party(connection: asyncpg.Connection, retailer_id: str) -> Party | None:
    """A retailer; None when it is unknown."""
    row = await connection.fetchrow(
        """
        SELECT retailer_id, gst_token IS NOT NULL AS has_gst, alias_of,
            EXISTS (SELECT FROM retailer alias WHERE alias.alias_of = asked.retailer_id) AS has_aliases
        FROM retailer asked WHERE retailer_id = $1
        """,
        retailer_id,
    )
    return None if row is None else Party(**row)


async def tokens_of(connection: asyncpg.Connection, retailer_id: str) -> list[bytes]:
    """Tokens of a retailer's ledgers; by index subject_of_retailer."""
    rows = await connection.fetch(
        "SELECT subject_token FROM subject WHERE retailer_id = $1 ORDER BY subject_token", retailer_id
    )
    return [bytes(row["subject_token"]) for row in rows]


async def merger_of(connection: asyncpg.Connection, losing_id: str, verifier: RowVerifier) -> Merger | None:
    """The standing merger that an id lost, if the vault wrote it."""
    row = await connection.fetchrow("SELECT * FROM merger WHERE losing_id = $1", losing_id)
    if row is None or not verifier.merger(row):
        return None
    ledgers = zip(row["subject_tokens"], row["phones"], row["are_confirmed"], row["gst_statuses"], strict=True)
    return Merger(
        losing_id=losing_id,
        winning_id=row["winning_id"],
        ledgers=tuple(
            MovedLedger(
                subject_token=bytes(token),
                phone_token=None if phone is None else bytes(phone),
                is_phone_confirmed=is_confirmed,
                gst_status=status,
            )
            for token, phone, is_confirmed, status in ledgers
        ),
    )


async def insert_merger(
    connection: asyncpg.Connection, merger: Merger, *, ticket: str, now: datetime, macs: RowMacs
) -> None:
    """Remembers a merger."""
    row = {
        "losing_id": merger.losing_id,
        "winning_id": merger.winning_id,
        "subject_tokens": [ledger.subject_token for ledger in merger.ledgers],
        "phones": [ledger.phone_token for ledger in merger.ledgers],
        "are_confirmed": [ledger.is_phone_confirmed for ledger in merger.ledgers],
        "gst_statuses": [ledger.gst_status for ledger in merger.ledgers],
    }
    await connection.execute(
        """
        INSERT INTO merger
            (losing_id, winning_id, subject_tokens, phones, are_confirmed, gst_statuses, ticket, merged_at, row_mac)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        *row.values(),
        ticket,
        now,
        macs.merger(row),
    )


async def delete_merger(connection: asyncpg.Connection, losing_id: str) -> None:
    """Forgets a merger."""
    await connection.execute("DELETE FROM merger WHERE losing_id = $1", losing_id)
