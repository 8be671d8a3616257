"""All SQL of the vault's database; every function takes a connection and never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_ingestion.vault.domain import LedgerPhone

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
    is_phone_confirmed: bool = False


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
        SELECT *, $10 FROM unnest(
            $1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[],
            $9::boolean[])
        ON CONFLICT (subject_token) DO UPDATE SET
            retailer_id = excluded.retailer_id, sealed_identity = excluded.sealed_identity,
            gst_status = excluded.gst_status, gst_digest = excluded.gst_digest,
            phone_token = excluded.phone_token, name_digest = excluded.name_digest,
            is_phone_confirmed = excluded.is_phone_confirmed, updated_at = excluded.updated_at
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


async def ledger_phones(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[LedgerPhone]:
    """Every ledger of these retailers that shows a phone; by index subject_of_retailer."""
    rows = await connection.fetch(
        """
        SELECT subject_token, retailer_id, phone_token, is_phone_confirmed FROM subject
        WHERE retailer_id = ANY($1::text[]) AND phone_token IS NOT NULL ORDER BY subject_token
        """,
        list(retailer_ids),
    )
    return [
        LedgerPhone(
            subject_token=bytes(row["subject_token"]),
            retailer_id=row["retailer_id"],
            phone_token=bytes(row["phone_token"]),
            is_confirmed=row["is_phone_confirmed"],
        )
        for row in rows
    ]


async def set_phones_confirmed(connection: asyncpg.Connection, tokens: Sequence[bytes]) -> None:
    """Marks the phones of these ledgers confirmed; one statement."""
    await connection.execute(
        "UPDATE subject SET is_phone_confirmed = true WHERE subject_token = ANY($1::bytea[])", list(tokens)
    )


async def confirm_distributors_phones(
    connection: asyncpg.Connection, retailer_id: str, distributor_id: str
) -> bytes | None:
    """Confirms the phones that a distributor's ledgers show for a retailer, wherever the retailer's ledgers show them.

    Returns:
        The token of the newest of them; None when the distributor's ledgers show no phone of this retailer.
    """
    newest: bytes | None = await connection.fetchval(
        """
        SELECT phone_token FROM subject
        WHERE retailer_id = $1 AND distributor_id = $2 AND phone_token IS NOT NULL
        ORDER BY updated_at DESC, subject_token LIMIT 1
        """,
        retailer_id,
        distributor_id,
    )
    if newest is not None:
        await connection.execute(
            """
            UPDATE subject SET is_phone_confirmed = true
            WHERE retailer_id = $1 AND NOT is_phone_confirmed AND phone_token IN (
                SELECT phone_token FROM subject
                WHERE retailer_id = $1 AND distributor_id = $2 AND phone_token IS NOT NULL)
            """,
            retailer_id,
            distributor_id,
        )
    return newest


async def retailers_of_phone(connection: asyncpg.Connection, phone_token: bytes) -> list[str]:
    """Every retailer whose confirmed phone this is, sorted; by index subject_of_phone."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT retailer_id FROM subject
        WHERE phone_token = $1 AND is_phone_confirmed ORDER BY retailer_id
        """,
        phone_token,
    )
    return [row["retailer_id"] for row in rows]


class ConfirmedPhone(NamedTuple):
    """A ledger that shows a confirmed phone of a retailer, and the key that opens it."""

    subject_token: bytes
    phone_token: bytes
    sealed_identity: bytes
    wrapped_data_key: bytes


async def confirmed_phones(connection: asyncpg.Connection, retailer_id: str) -> list[ConfirmedPhone]:
    """Ledgers whose phone reaches this retailer, newest first; an alias is followed, since it is the same shop."""
    rows = await connection.fetch(
        """
        SELECT s.subject_token, s.phone_token, s.sealed_identity, r.wrapped_data_key
        FROM retailer asked
        JOIN retailer r ON r.retailer_id = coalesce(asked.alias_of, asked.retailer_id)
        JOIN subject s ON s.retailer_id = r.retailer_id
        WHERE asked.retailer_id = $1 AND s.is_phone_confirmed
        ORDER BY s.updated_at DESC, s.subject_token
        """,
        retailer_id,
    )
    return [ConfirmedPhone(*(bytes(value) for value in row)) for row in rows]


async def retailers_of_distributor(
    connection: asyncpg.Connection, distributor_id: str, after: str, limit: int
) -> list[tuple[str, bytes | None]]:
    """A page of a distributor's retailers by id, each with the newest confirmed phone of the distributor's ledgers.

    By index subject_of_distributor.
    """
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (retailer_id)
            retailer_id, CASE WHEN is_phone_confirmed THEN phone_token END AS phone_token
        FROM subject WHERE distributor_id = $1 AND retailer_id > $2
        ORDER BY retailer_id, is_phone_confirmed DESC, updated_at DESC, subject_token LIMIT $3
        """,
        distributor_id,
        after,
        limit,
    )
    return [(row["retailer_id"], row["phone_token"] and bytes(row["phone_token"])) for row in rows]
