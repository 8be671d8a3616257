"""SQL of erasures; every function takes a connection and never commits."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from altscore_ingestion.vault.erasures.domain import Erasure, Holding
from altscore_ingestion.vault.integrity.domain import LEDGER_FIELDS, RETAILER_FIELDS, RowVerifier

_LEDGER = ", ".join((*LEDGER_FIELDS, "row_mac"))
_RETAILER = ", ".join((*RETAILER_FIELDS, "row_mac"))


async def erasure_of(connection: asyncpg.Connection, retailer_id: str) -> Erasure | None:
    """The erasure of a retailer, where there was one."""
    row = await connection.fetchrow("SELECT certificate, signature FROM erasure WHERE retailer_id = $1", retailer_id)
    return None if row is None else Erasure(row["certificate"], bytes(row["signature"]))


async def same_shop(connection: asyncpg.Connection, retailer_id: str) -> list[str]:
    """The retailer, whatever it is an alias of, and every alias of those, sorted; none when it is unknown."""
    rows = await connection.fetch(
        """
        WITH RECURSIVE shop (retailer_id) AS (
            SELECT retailer_id FROM retailer WHERE retailer_id = $1
            UNION
            SELECT next.retailer_id FROM shop JOIN retailer known USING (retailer_id)
            JOIN retailer next ON next.retailer_id = known.alias_of OR next.alias_of = known.retailer_id
        )
        SELECT retailer_id FROM shop ORDER BY retailer_id
        """,
        retailer_id,
    )
    return [row["retailer_id"] for row in rows]


async def verify_shop(connection: asyncpg.Connection, retailer_ids: Sequence[str], verifier: RowVerifier) -> None:
    """Verifies everything that is stored under these ids; the verifier keeps what it refused."""
    retailers = await connection.fetch(
        f"SELECT {_RETAILER} FROM retailer WHERE retailer_id = ANY($1::text[])",  # noqa: S608  # constant names
        list(retailer_ids),
    )
    ledgers = await connection.fetch(
        f"SELECT {_LEDGER} FROM subject WHERE retailer_id = ANY($1::text[])",  # noqa: S608  # constant names
        list(retailer_ids),
    )
    for row in retailers:
        verifier.retailer(row)
    for row in ledgers:
        verifier.ledger(row)


async def holding_of(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> Holding:
    """Everything that is stored under these ids."""
    ids = list(retailer_ids)
    ledgers = await connection.fetch(
        "SELECT subject_token FROM subject WHERE retailer_id = ANY($1::text[]) ORDER BY subject_token", ids
    )
    numbers = await connection.fetch(
        "SELECT gst_token FROM retailer WHERE retailer_id = ANY($1::text[]) AND gst_token IS NOT NULL", ids
    )
    phones = await connection.fetch(
        """
        SELECT phone_token FROM (
            SELECT phone_token FROM subject WHERE retailer_id = ANY($1::text[])
            UNION
            SELECT alias_phone_token FROM retailer WHERE retailer_id = ANY($1::text[])
        ) own
        WHERE phone_token IS NOT NULL AND NOT EXISTS (
            SELECT FROM subject other
            WHERE other.phone_token = own.phone_token AND other.retailer_id <> ALL($1::text[]))
        ORDER BY phone_token
        """,
        ids,
    )
    return Holding(
        retailer_ids=tuple(sorted(ids)),
        subject_tokens=tuple(bytes(row[0]) for row in ledgers),
        gst_tokens=tuple(bytes(row[0]) for row in numbers),
        phone_tokens=tuple(bytes(row[0]) for row in phones),
    )


async def destroy(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> None:
    """Deletes ledgers, mappings and wrapped data keys of these ids."""
    await connection.execute("DELETE FROM subject WHERE retailer_id = ANY($1::text[])", list(retailer_ids))
    await connection.execute("DELETE FROM retailer WHERE retailer_id = ANY($1::text[])", list(retailer_ids))


async def insert_tombstones(connection: asyncpg.Connection, digests: Sequence[bytes], now: datetime) -> None:
    """Adds tombstones; those that stand stay."""
    await connection.execute(
        "INSERT INTO tombstone (digest, erased_at) SELECT *, $2 FROM unnest($1::bytea[]) ON CONFLICT DO NOTHING",
        list(digests),
        now,
    )


async def insert_erasure(connection: asyncpg.Connection, erasure: Erasure, erased_at: datetime) -> None:
    """Keeps a certificate under every id that it names; one that stands stays."""
    content = erasure.content
    await connection.execute(
        """
        INSERT INTO erasure (retailer_id, request_id, erased_at, certificate, signature)
        SELECT id, $2, $3, $4, $5 FROM unnest($1::text[]) id ON CONFLICT DO NOTHING
        """,
        content["retailer_ids"],
        content["request_id"],
        erased_at,
        erasure.certificate,
        erasure.signature,
    )


async def standing(connection: asyncpg.Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Which of these digests are tombstones."""
    rows = await connection.fetch("SELECT digest FROM tombstone WHERE digest = ANY($1::bytea[])", list(digests))
    return {bytes(row["digest"]) for row in rows}


async def is_complete(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> bool:
    """Whether all of these ids are erased and nothing is stored under them."""
    complete: bool = await connection.fetchval(
        """
        SELECT (SELECT count(*) FROM erasure WHERE retailer_id = ANY($1::text[])) = cardinality($1::text[])
            AND NOT EXISTS (SELECT FROM retailer WHERE retailer_id = ANY($1::text[]))
        """,
        list(retailer_ids),
    )
    return complete
