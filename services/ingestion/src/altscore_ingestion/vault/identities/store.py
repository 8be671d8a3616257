"""SQL of retailers and ledgers; every function takes a connection and never commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from altscore_ingestion.vault.identities.domain import Ledger, Retailer, TokenMapping
from altscore_ingestion.vault.integrity.domain import RowMacs, RowVerifier

_COLUMNS = ", ".join(
    "sealed_identity" if name == "encrypted_identity" else name for name in Ledger.__dataclass_fields__
)
_ALIASED = _COLUMNS.replace("sealed_identity", "sealed_identity AS encrypted_identity")


async def ledgers(
    connection: asyncpg.Connection, tokens: Sequence[bytes], verifier: RowVerifier
) -> dict[bytes, Ledger]:
    """Known ledgers by token, those that are as the vault wrote them."""
    rows = await connection.fetch(
        f"SELECT {_ALIASED}, row_mac FROM subject WHERE subject_token = ANY($1::bytea[])",  # noqa: S608
        list(tokens),
    )
    return {bytes(row["subject_token"]): Ledger(**_without_mac(row)) for row in rows if verifier.ledger(row)}


async def retailers(
    connection: asyncpg.Connection,
    retailer_ids: Sequence[str],
    gst_tokens: Sequence[bytes],
    *,
    verifier: RowVerifier,
) -> dict[str, Retailer]:
    """Retailers by id, those with these ids and those who own these GSTINs, as far as they are what the vault wrote."""
    columns = ", ".join((*Retailer.__dataclass_fields__, "row_mac"))
    rows = await connection.fetch(
        f"""
        SELECT {columns} FROM retailer WHERE retailer_id = ANY($1::text[])
        UNION
        SELECT {columns} FROM retailer WHERE gst_token = ANY($2::bytea[])
        """,  # noqa: S608  # constant column names
        list(retailer_ids),
        list(gst_tokens),
    )
    return {row["retailer_id"]: Retailer(**_without_mac(row)) for row in rows if verifier.retailer(row)}


def _without_mac(row: asyncpg.Record) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "row_mac"}


async def insert_retailers(
    connection: asyncpg.Connection, new: Sequence[Retailer], now: datetime, *, wrapped_by: str, macs: RowMacs
) -> None:
    """Adds retailers; one statement."""
    await connection.execute(
        """
        INSERT INTO retailer (retailer_id, gst_token, wrapped_data_key, gst_state, row_mac, created_at, wrapped_by)
        SELECT *, $6, $7 FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::text[], $5::bytea[])
        """,
        [retailer.retailer_id for retailer in new],
        [retailer.gst_token for retailer in new],
        [retailer.wrapped_data_key for retailer in new],
        [retailer.gst_state for retailer in new],
        [macs.retailer(vars(retailer)) for retailer in new],
        now,
        wrapped_by,
    )


async def update_retailers(connection: asyncpg.Connection, changed: Sequence[Retailer], macs: RowMacs) -> None:
    """Stores what is known of retailers: GSTIN, state, alias. The MAC is over what was verified."""
    await connection.execute(
        """
        UPDATE retailer SET gst_token = new.gst_token, gst_state = new.gst_state, alias_of = new.alias_of,
            alias_phone_token = new.alias_phone_token, row_mac = new.row_mac
        FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
            AS new (retailer_id, gst_token, gst_state, alias_of, alias_phone_token, row_mac)
        WHERE retailer.retailer_id = new.retailer_id
        """,
        [retailer.retailer_id for retailer in changed],
        [retailer.gst_token for retailer in changed],
        [retailer.gst_state for retailer in changed],
        [retailer.alias_of for retailer in changed],
        [retailer.alias_phone_token for retailer in changed],
        [macs.retailer(vars(retailer)) for retailer in changed],
    )


async def with_aliases(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> set[str]:
    """Those of these ids that others are aliases of."""
    rows = await connection.fetch(
        "SELECT DISTINCT alias_of FROM retailer WHERE alias_of = ANY($1::text[])", list(retailer_ids)
    )
    return {row["alias_of"] for row in rows}


async def upsert_ledgers(
    connection: asyncpg.Connection, changed: Sequence[Ledger], now: datetime, *, macs: RowMacs
) -> None:
    """Stores new and changed ledgers; one statement."""
    names = list(Ledger.__dataclass_fields__)
    await connection.execute(
        f"""
        INSERT INTO subject ({_COLUMNS}, row_mac, updated_at)
        SELECT *, $11 FROM unnest(
            $1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[],
            $9::boolean[], $10::bytea[])
        ON CONFLICT (subject_token) DO UPDATE SET
            retailer_id = excluded.retailer_id, sealed_identity = excluded.sealed_identity,
            gst_status = excluded.gst_status, gst_digest = excluded.gst_digest,
            phone_token = excluded.phone_token, name_digest = excluded.name_digest,
            is_phone_confirmed = excluded.is_phone_confirmed, row_mac = excluded.row_mac,
            updated_at = excluded.updated_at
        """,  # noqa: S608  # constant column names
        *([getattr(ledger, name) for ledger in changed] for name in names),
        [macs.ledger(vars(ledger)) for ledger in changed],
        now,
    )


async def token_mappings(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], verifier: RowVerifier
) -> list[TokenMapping]:
    """All tokens of these retailers, sorted; a losing id has none, since its tokens moved.

    A ledger or retailer that is not as the vault wrote it has none either.
    """
    known = await connection.fetch(
        "SELECT retailer_id, gst_token, gst_state, alias_of, alias_phone_token, row_mac FROM retailer"
        " WHERE retailer_id = ANY($1::text[])",
        list(retailer_ids),
    )
    sound = {row["retailer_id"]: row for row in known if verifier.retailer(row)}
    rows = await connection.fetch(
        """
        SELECT subject_token, distributor_id, retailer_id, gst_status, phone_token, is_phone_confirmed, row_mac
        FROM subject WHERE retailer_id = ANY($1::text[]) ORDER BY subject_token
        """,
        list(sound),
    )
    return [
        TokenMapping(
            subject_token=bytes(row["subject_token"]),
            retailer_id=row["retailer_id"],
            is_gst_verified=sound[row["retailer_id"]]["gst_token"] is not None,
            gst_state=sound[row["retailer_id"]]["gst_state"],
        )
        for row in rows
        if verifier.ledger(row)
    ]


async def retailer_of_gst(connection: asyncpg.Connection, gst_token: bytes, verifier: RowVerifier) -> str | None:
    """The retailer that owns a GSTIN."""
    return next(iter(await retailers(connection, [], [gst_token], verifier=verifier)), None)
