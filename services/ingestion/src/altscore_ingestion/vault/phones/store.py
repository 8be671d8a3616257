"""SQL of phones and their confirmation; every function takes a connection and never commits."""

from collections.abc import Sequence

import asyncpg

from altscore_ingestion.vault.phones.domain import ConfirmedPhone, LedgerPhone

_WRITERS = 742_201


async def lock_writers(connection: asyncpg.Connection) -> None:
    """One writer at a time until the transaction ends: who owns a GSTIN is decided once, and nobody deadlocks."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _WRITERS)


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
    """Every retailer whose confirmed phone this is, sorted; by indexes subject_of_phone and retailer_of_alias_phone.

    An alias keeps the phone that was confirmed for it, so that a withdrawal of its consents is heard.
    """
    rows = await connection.fetch(
        """
        SELECT retailer_id FROM subject WHERE phone_token = $1 AND is_phone_confirmed
        UNION
        SELECT retailer_id FROM retailer WHERE alias_phone_token = $1
        ORDER BY retailer_id
        """,
        phone_token,
    )
    return [row["retailer_id"] for row in rows]


async def confirmed_phones(connection: asyncpg.Connection, retailer_id: str) -> list[ConfirmedPhone]:
    """Ledgers whose phone reaches this retailer, newest first; an alias is followed, since it is the same shop.

    An alias is reached first at the phone that was confirmed for it.
    """
    rows = await connection.fetch(
        """
        SELECT s.subject_token, s.phone_token, s.sealed_identity, r.wrapped_data_key
        FROM retailer asked
        JOIN retailer r ON r.retailer_id = coalesce(asked.alias_of, asked.retailer_id)
        JOIN subject s ON s.retailer_id = r.retailer_id
        WHERE asked.retailer_id = $1 AND (s.is_phone_confirmed OR s.phone_token = asked.alias_phone_token)
        ORDER BY coalesce(s.phone_token = asked.alias_phone_token, false) DESC, s.updated_at DESC, s.subject_token
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
