"""SQL of exports; every function takes a connection and never commits."""

from collections.abc import Sequence

import asyncpg


async def retailers(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[asyncpg.Record]:
    """These ids, with what each is an alias of."""
    return list(
        await connection.fetch(
            "SELECT retailer_id, alias_of, created_at FROM retailer WHERE retailer_id = ANY($1::text[])"
            " ORDER BY retailer_id",
            list(retailer_ids),
        )
    )


async def ledgers(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[asyncpg.Record]:
    """The ledgers of these ids, each with the wrapped key that decrypts it; by index subject_of_retailer."""
    return list(
        await connection.fetch(
            """
            SELECT s.distributor_id, s.retailer_id, s.subject_token, s.sealed_identity, s.gst_status,
                s.is_phone_confirmed, s.updated_at, r.wrapped_data_key
            FROM subject s JOIN retailer r USING (retailer_id)
            WHERE s.retailer_id = ANY($1::text[]) ORDER BY s.distributor_id, s.subject_token
            """,
            list(retailer_ids),
        )
    )
