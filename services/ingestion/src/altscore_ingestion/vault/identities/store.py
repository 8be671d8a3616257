"""SQL of retailers and ledgers; every function takes a connection and never commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from altscore_ingestion.vault.identities.domain import Alias, Ledger, Retailer, TokenMapping

_COLUMNS = ", ".join(
    "sealed_identity" if name == "encrypted_identity" else name for name in Ledger.__dataclass_fields__
)
_ALIASED = _COLUMNS.replace("sealed_identity", "sealed_identity AS encrypted_identity")


async def ledgers(connection: asyncpg.Connection, tokens: Sequence[bytes]) -> dict[bytes, Ledger]:
    """Known ledgers by token."""
    rows = await connection.fetch(
        f"SELECT {_ALIASED} FROM subject WHERE subject_token = ANY($1::bytea[])",  # noqa: S608
        list(tokens),
    )
    return {bytes(row["subject_token"]): Ledger(**row) for row in rows}


async def retailers(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], gst_tokens: Sequence[bytes]
) -> dict[str, Retailer]:
    """Retailers by id, those with these ids and those who own these GSTINs."""
    rows = await connection.fetch(
        """
        SELECT retailer_id, gst_token, wrapped_data_key FROM retailer WHERE retailer_id = ANY($1::text[])
        UNION
        SELECT retailer_id, gst_token, wrapped_data_key FROM retailer WHERE gst_token = ANY($2::bytea[])
        """,
        list(retailer_ids),
        list(gst_tokens),
    )
    return {row["retailer_id"]: Retailer(**row) for row in rows}


async def insert_retailers(
    connection: asyncpg.Connection, new: Sequence[Retailer], now: datetime, *, wrapped_by: str
) -> None:
    """Adds retailers; one statement."""
    await connection.execute(
        """
        INSERT INTO retailer (retailer_id, gst_token, wrapped_data_key, created_at, wrapped_by)
        SELECT *, $4, $5 FROM unnest($1::text[], $2::bytea[], $3::bytea[])
        """,
        [retailer.retailer_id for retailer in new],
        [retailer.gst_token for retailer in new],
        [retailer.wrapped_data_key for retailer in new],
        now,
        wrapped_by,
    )


async def set_gst_tokens(connection: asyncpg.Connection, gained: Mapping[str, bytes]) -> None:
    """Gives retailers the GSTIN they were found to have."""
    await connection.execute(
        """
        UPDATE retailer SET gst_token = new.gst_token
        FROM unnest($1::text[], $2::bytea[]) AS new (retailer_id, gst_token)
        WHERE retailer.retailer_id = new.retailer_id AND retailer.gst_token IS NULL
        """,
        list(gained.keys()),
        list(gained.values()),
    )


async def set_gst_states(connection: asyncpg.Connection, states: Mapping[bytes, str]) -> None:
    """Notes the state codes of verified GSTINs where they are not known yet; by the unique index of their tokens."""
    await connection.execute(
        """
        UPDATE retailer SET gst_state = new.gst_state
        FROM unnest($1::bytea[], $2::text[]) AS new (gst_token, gst_state)
        WHERE retailer.gst_token = new.gst_token AND retailer.gst_state IS NULL
        """,
        list(states.keys()),
        list(states.values()),
    )


async def set_aliases(connection: asyncpg.Connection, aliases: Sequence[Alias]) -> None:
    """Marks losing ids as aliases of the retailers they turned out to be.

    An id that has aliases stays a retailer of its own: operations merged others into it, whose ledgers it holds.
    """
    await connection.execute(
        """
        UPDATE retailer SET alias_of = new.alias_of, alias_phone_token = new.phone_token
        FROM unnest($1::text[], $2::text[], $3::bytea[]) AS new (retailer_id, alias_of, phone_token)
        WHERE retailer.retailer_id = new.retailer_id
            AND NOT EXISTS (SELECT FROM retailer alias WHERE alias.alias_of = new.retailer_id)
        """,
        [alias.retailer_id for alias in aliases],
        [alias.alias_of for alias in aliases],
        [alias.phone_token for alias in aliases],
    )


async def upsert_ledgers(connection: asyncpg.Connection, changed: Sequence[Ledger], now: datetime) -> None:
    """Stores new and changed ledgers; one statement."""
    names = list(Ledger.__dataclass_fields__)
    await connection.execute(
        f"""
        INSERT INTO subject ({_COLUMNS}, updated_at)
        SELECT *, $10 FROM unnest(
            $1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[],
            $9::boolean[])
        ON CONFLICT (subject_token) DO UPDATE SET
            retailer_id = excluded.retailer_id, sealed_identity = excluded.sealed_identity,
            gst_status = excluded.gst_status, gst_digest = excluded.gst_digest,
            phone_token = excluded.phone_token, name_digest = excluded.name_digest,
            is_phone_confirmed = excluded.is_phone_confirmed, updated_at = excluded.updated_at
        """,  # noqa: S608  # constant column names
        *([getattr(ledger, name) for ledger in changed] for name in names),
        now,
    )


async def token_mappings(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[TokenMapping]:
    """All tokens of these retailers, sorted; a losing id has none, since its tokens moved."""
    rows = await connection.fetch(
        """
        SELECT s.subject_token, s.retailer_id, r.gst_token IS NOT NULL AS is_gst_verified, r.gst_state
        FROM subject s JOIN retailer r USING (retailer_id)
        WHERE s.retailer_id = ANY($1::text[]) ORDER BY s.subject_token
        """,
        list(retailer_ids),
    )
    return [
        TokenMapping(
            subject_token=bytes(row["subject_token"]),
            retailer_id=row["retailer_id"],
            is_gst_verified=row["is_gst_verified"],
            gst_state=row["gst_state"],
        )
        for row in rows
    ]


async def retailer_of_gst(connection: asyncpg.Connection, gst_token: bytes) -> str | None:
    """The retailer that owns a GSTIN."""
    retailer_id: str | None = await connection.fetchval(
        "SELECT retailer_id FROM retailer WHERE gst_token = $1", gst_token
    )
    return retailer_id
