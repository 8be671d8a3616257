"""All SQL of the vault's database; every function takes a connection and never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg

_WRITERS = 742_201


@dataclass(frozen=True)
class Subject:
    """One ledger of one distributor, as stored."""

    subject_token: bytes
    distributor_id: str
    retailer_id: str
    sealed_identity: bytes
    gst_status: str
    gst_digest: bytes | None
    phone_token: bytes | None
    name_digest: bytes | None


@dataclass(frozen=True)
class Retailer:
    """A retailer: id, GST token where verified, wrapped data key."""

    retailer_id: str
    gst_token: bytes | None
    wrapped_data_key: bytes


class Mapped(NamedTuple):
    """A token and its retailer."""

    subject_token: bytes
    retailer_id: str
    is_gst_verified: bool


_SUBJECT_COLUMNS = ", ".join(Subject.__dataclass_fields__)


async def lock_writers(connection: asyncpg.Connection) -> None:
    """One writer at a time until the transaction ends: who owns a GSTIN is decided once, and nobody deadlocks."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _WRITERS)


async def subjects(connection: asyncpg.Connection, tokens: Sequence[bytes]) -> dict[bytes, Subject]:
    """Known ledgers by token."""
    rows = await connection.fetch(
        f"SELECT {_SUBJECT_COLUMNS} FROM subject WHERE subject_token = ANY($1::bytea[])",  # noqa: S608
        list(tokens),
    )
    return {bytes(row["subject_token"]): Subject(**row) for row in rows}


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


async def insert_retailers(connection: asyncpg.Connection, new: Sequence[Retailer], now: datetime) -> None:
    """Adds retailers; one statement."""
    await connection.execute(
        """
        INSERT INTO retailer (retailer_id, gst_token, wrapped_data_key, created_at)
        SELECT *, $4 FROM unnest($1::text[], $2::bytea[], $3::bytea[])
        """,
        [one.retailer_id for one in new],
        [one.gst_token for one in new],
        [one.wrapped_data_key for one in new],
        now,
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


async def set_aliases(connection: asyncpg.Connection, aliases: Mapping[str, str]) -> None:
    """Marks losing ids as aliases of the retailers they turned out to be."""
    await connection.execute(
        """
        UPDATE retailer SET alias_of = new.alias_of
        FROM unnest($1::text[], $2::text[]) AS new (retailer_id, alias_of)
        WHERE retailer.retailer_id = new.retailer_id
        """,
        list(aliases.keys()),
        list(aliases.values()),
    )


async def upsert_subjects(connection: asyncpg.Connection, changed: Sequence[Subject], now: datetime) -> None:
    """Stores new and changed ledgers; one statement."""
    names = list(Subject.__dataclass_fields__)
    await connection.execute(
        f"""
        INSERT INTO subject ({_SUBJECT_COLUMNS}, updated_at)
        SELECT *, $9 FROM unnest(
            $1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[])
        ON CONFLICT (subject_token) DO UPDATE SET
            retailer_id = excluded.retailer_id, sealed_identity = excluded.sealed_identity,
            gst_status = excluded.gst_status, gst_digest = excluded.gst_digest,
            phone_token = excluded.phone_token, name_digest = excluded.name_digest, updated_at = excluded.updated_at
        """,  # noqa: S608  # constant column names
        *([getattr(one, name) for one in changed] for name in names),
        now,
    )


async def mapped(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[Mapped]:
    """All tokens of these retailers, sorted; a losing id has none, since its tokens moved."""
    rows = await connection.fetch(
        """
        SELECT s.subject_token, s.retailer_id, r.gst_token IS NOT NULL AS is_gst_verified
        FROM subject s JOIN retailer r USING (retailer_id)
        WHERE s.retailer_id = ANY($1::text[]) ORDER BY s.subject_token
        """,
        list(retailer_ids),
    )
    return [Mapped(bytes(row["subject_token"]), row["retailer_id"], row["is_gst_verified"]) for row in rows]


async def retailer_of_gst(connection: asyncpg.Connection, gst_token: bytes) -> str | None:
    """The retailer that owns a GSTIN."""
    found: str | None = await connection.fetchval("SELECT retailer_id FROM retailer WHERE gst_token = $1", gst_token)
    return found


async def retailers_of_phone(connection: asyncpg.Connection, phone_token: bytes) -> list[str]:
    """Every retailer with a ledger that shows this phone, sorted."""
    rows = await connection.fetch(
        "SELECT DISTINCT retailer_id FROM subject WHERE phone_token = $1 ORDER BY retailer_id", phone_token
    )
    return [row["retailer_id"] for row in rows]


class Reachable(NamedTuple):
    """The newest ledger of a retailer with a phone, and the key that opens it."""

    subject_token: bytes
    sealed_identity: bytes
    wrapped_data_key: bytes


async def reachable_subject(connection: asyncpg.Connection, retailer_id: str) -> Reachable | None:
    """The ledger whose phone reaches this retailer; an alias is followed, since it is the same shop."""
    row = await connection.fetchrow(
        """
        SELECT s.subject_token, s.sealed_identity, r.wrapped_data_key
        FROM retailer asked
        JOIN retailer r ON r.retailer_id = coalesce(asked.alias_of, asked.retailer_id)
        JOIN subject s ON s.retailer_id = r.retailer_id
        WHERE asked.retailer_id = $1 AND s.phone_token IS NOT NULL
        ORDER BY s.updated_at DESC, s.subject_token LIMIT 1
        """,
        retailer_id,
    )
    return Reachable(*(bytes(value) for value in row)) if row else None


async def retailers_of_distributor(
    connection: asyncpg.Connection, distributor_id: str, after: str, limit: int
) -> list[tuple[str, bool]]:
    """A page of a distributor's retailers by id, and whether any ledger shows a phone of theirs."""
    rows = await connection.fetch(
        """
        SELECT own.retailer_id, EXISTS (
            SELECT FROM subject any_ledger
            WHERE any_ledger.retailer_id = own.retailer_id AND any_ledger.phone_token IS NOT NULL
        ) AS is_reachable
        FROM (
            SELECT DISTINCT retailer_id FROM subject
            WHERE distributor_id = $1 AND retailer_id > $2 ORDER BY retailer_id LIMIT $3
        ) own ORDER BY own.retailer_id
        """,
        distributor_id,
        after,
        limit,
    )
    return [(row["retailer_id"], row["is_reachable"]) for row in rows]
