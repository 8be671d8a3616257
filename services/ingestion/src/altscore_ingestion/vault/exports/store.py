"""SQL of exports; every function takes a connection and never commits."""

from collections.abc import Sequence

import asyncpg

from altscore_ingestion.vault.integrity.domain import RowVerifier


async def retailers(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], verifier: RowVerifier
) -> list[asyncpg.Record]:
    """Those of these ids that the vault wrote, with what each is an alias of."""
    rows = await connection.fetch(
        "SELECT retailer_id, gst_token, gst_state, alias_of, alias_phone_token, row_mac, created_at FROM retailer"
        " WHERE retailer_id = ANY($1::text[]) ORDER BY retailer_id",
        list(retailer_ids),
    )
    return [row for row in rows if verifier.retailer(row)]


async def ledgers(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], verifier: RowVerifier
) -> list[asyncpg.Record]:
    """The ledgers of these ids, each with the wrapped key that decrypts it; by index subject_of_retailer.

    One that the vault did not write is left out: it may be somebody else's.
    """
    rows = await connection.fetch(
        """
        SELECT s.distributor_id, s.retailer_id, s.subject_token, s.sealed_identity, s.gst_status, s.phone_token,
            s.is_phone_confirmed, s.row_mac, s.updated_at, r.wrapped_data_key
        FROM subject s JOIN retailer r USING (retailer_id)
        WHERE s.retailer_id = ANY($1::text[]) ORDER BY s.distributor_id, s.subject_token
        """,
        list(retailer_ids),
    )
    return [row for row in rows if verifier.ledger(row)]
