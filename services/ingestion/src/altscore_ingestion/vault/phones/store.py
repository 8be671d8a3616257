"""SQL of phones and their confirmation; every function takes a connection and never commits."""

from collections.abc import Sequence

import asyncpg

from altscore_ingestion.vault.integrity.domain import LEDGER_FIELDS, RETAILER_FIELDS, RowMacs, RowVerifier
from altscore_ingestion.vault.phones.domain import ConfirmedPhone, LedgerPhone

NOBODYS = b""
_WRITERS = 742_201
_ROW = ", ".join(f"s.{name}" for name in (*LEDGER_FIELDS, "row_mac"))
_RETAILER = ", ".join(f"r.{name}" for name in (*RETAILER_FIELDS, "row_mac"))


async def lock_writers(connection: asyncpg.Connection) -> None:
    """One writer at a time until the transaction ends: who owns a GSTIN is decided once, and nobody deadlocks."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _WRITERS)


async def ledger_phones(
    connection: asyncpg.Connection, retailer_ids: Sequence[str], verifier: RowVerifier
) -> list[LedgerPhone]:
    """Every ledger of these retailers that shows a phone; by index subject_of_retailer.

    One that is not as the vault wrote it stands for a confirmed phone that nobody has: else whoever can spoil the
    ledger of a standing phone lets another one take its place.
    """
    rows = await _ledgers_with_phone(connection, retailer_ids)
    return [
        _ledger_phone(row)
        if verifier.ledger(row)
        else _ledger_phone(row)._replace(phone_token=NOBODYS, is_confirmed=True)
        for row in rows
    ]


async def _ledgers_with_phone(connection: asyncpg.Connection, retailer_ids: Sequence[str]) -> list[asyncpg.Record]:
    return list(
        await connection.fetch(
            f"""
            SELECT {_ROW} FROM subject s
            WHERE retailer_id = ANY($1::text[]) AND phone_token IS NOT NULL ORDER BY updated_at DESC, subject_token
            """,  # noqa: S608  # constant column names
            list(retailer_ids),
        )
    )


def _ledger_phone(row: asyncpg.Record) -> LedgerPhone:
    return LedgerPhone(
        subject_token=bytes(row["subject_token"]),
        retailer_id=row["retailer_id"],
        phone_token=bytes(row["phone_token"]),
        is_confirmed=row["is_phone_confirmed"],
        distributor_id=row["distributor_id"],
        gst_status=row["gst_status"],
    )


async def set_phones_confirmed(connection: asyncpg.Connection, phones: Sequence[LedgerPhone], macs: RowMacs) -> None:
    """Marks the phones of these ledgers confirmed; one statement. The MAC is over what was verified."""
    rows = [phone.confirmed_row() for phone in phones]
    await connection.execute(
        """
        UPDATE subject SET is_phone_confirmed = true, row_mac = new.row_mac
        FROM unnest($1::bytea[], $2::bytea[]) AS new (subject_token, row_mac)
        WHERE subject.subject_token = new.subject_token
        """,
        [row["subject_token"] for row in rows],
        [macs.ledger(row) for row in rows],
    )


async def confirm_distributors_phones(
    connection: asyncpg.Connection, retailer_id: str, distributor_id: str, *, verifier: RowVerifier
) -> bytes | None:
    """Confirms the phones that a distributor's ledgers show for a retailer, wherever the retailer's ledgers show them.

    Returns:
        The token of the newest of them; None when the distributor's ledgers show no phone of this retailer.
    """
    rows = await _ledgers_with_phone(connection, [retailer_id])
    phones = [_ledger_phone(row) for row in rows if verifier.ledger(row)]
    shown = [phone.phone_token for phone in phones if phone.distributor_id == distributor_id]
    waiting = [phone for phone in phones if phone.phone_token in shown and not phone.is_confirmed]
    await set_phones_confirmed(connection, waiting, verifier.macs)
    return shown[0] if shown else None


async def retailers_of_phone(connection: asyncpg.Connection, phone_token: bytes, verifier: RowVerifier) -> list[str]:
    """Every retailer whose confirmed phone this is, sorted; by indexes subject_of_phone and retailer_of_alias_phone.

    An alias keeps the phone that was confirmed for it, so that a withdrawal of its consents is heard.
    """
    ledgers = await connection.fetch(
        f"SELECT {_ROW} FROM subject s WHERE phone_token = $1 AND is_phone_confirmed",  # noqa: S608
        phone_token,
    )
    aliases = await connection.fetch(
        f"SELECT {_RETAILER} FROM retailer r WHERE alias_phone_token = $1",  # noqa: S608
        phone_token,
    )
    return sorted(
        {row["retailer_id"] for row in ledgers if verifier.ledger(row)}
        | {row["retailer_id"] for row in aliases if verifier.retailer(row)}
    )


async def confirmed_phones(
    connection: asyncpg.Connection, retailer_id: str, verifier: RowVerifier
) -> list[ConfirmedPhone]:
    """Ledgers whose phone reaches this retailer, newest first; an alias is followed, since it is the same shop.

    An alias is reached first at the phone that was confirmed for it.
    """
    asked = await connection.fetchrow(
        f"SELECT {_RETAILER} FROM retailer r WHERE retailer_id = $1",  # noqa: S608
        retailer_id,
    )
    if asked is None or not verifier.retailer(asked):
        return []
    rows = await connection.fetch(
        f"""
        SELECT {_ROW}, s.sealed_identity, r.wrapped_data_key
        FROM subject s JOIN retailer r USING (retailer_id)
        WHERE r.retailer_id = $1 AND (s.is_phone_confirmed OR s.phone_token = $2)
        ORDER BY coalesce(s.phone_token = $2, false) DESC, s.updated_at DESC, s.subject_token
        """,  # noqa: S608  # constant column names
        asked["alias_of"] or retailer_id,
        asked["alias_phone_token"],
    )
    names = ("subject_token", "phone_token", "sealed_identity", "wrapped_data_key")
    return [ConfirmedPhone(*(bytes(row[name]) for name in names)) for row in rows if verifier.ledger(row)]


async def directory_of_distributor(
    connection: asyncpg.Connection, distributor_id: str, after: str, *, limit: int
) -> list[asyncpg.Record]:
    """A page of a distributor's retailers by id, each with the newest of the distributor's own ledgers and its key.

    By index subject_of_distributor.
    """
    rows = await connection.fetch(
        f"""
        SELECT DISTINCT ON (s.retailer_id) {_ROW}, s.sealed_identity, r.wrapped_data_key
        FROM subject s JOIN retailer r USING (retailer_id) WHERE s.distributor_id = $1 AND s.retailer_id > $2
        ORDER BY s.retailer_id, s.is_phone_confirmed DESC, s.updated_at DESC, s.subject_token LIMIT $3
        """,  # noqa: S608  # constant column names
        distributor_id,
        after,
        limit,
    )
    return list(rows)


async def contacts_of_retailers(
    connection: asyncpg.Connection, distributor_id: str, retailer_ids: Sequence[str], *, verifier: RowVerifier
) -> list[tuple[str, bytes | None]]:
    """Those of these retailers that stand in the distributor's ledgers, each with the newest confirmed phone there.

    By index subject_of_distributor. A phone whose ledger is not as the vault wrote it counts as none.
    """
    rows = await connection.fetch(
        f"""
        SELECT DISTINCT ON (retailer_id) {_ROW}
        FROM subject s WHERE distributor_id = $1 AND retailer_id = ANY($2::text[])
        ORDER BY retailer_id, is_phone_confirmed DESC, updated_at DESC, subject_token
        """,  # noqa: S608  # constant column names
        distributor_id,
        list(retailer_ids),
    )
    return [
        (row["retailer_id"], bytes(row["phone_token"]) if verifier.ledger(row) and row["is_phone_confirmed"] else None)
        for row in rows
    ]


async def retailers_of_distributor(
    connection: asyncpg.Connection, distributor_id: str, after: str, *, limit: int, verifier: RowVerifier
) -> list[tuple[str, bytes | None]]:
    """A page of a distributor's retailers by id, each with the newest confirmed phone of the distributor's ledgers.

    By index subject_of_distributor. A phone whose ledger is not as the vault wrote it counts as none.
    """
    rows = await connection.fetch(
        f"""
        SELECT DISTINCT ON (retailer_id) {_ROW}
        FROM subject s WHERE distributor_id = $1 AND retailer_id > $2
        ORDER BY retailer_id, is_phone_confirmed DESC, updated_at DESC, subject_token LIMIT $3
        """,  # noqa: S608  # constant column names
        distributor_id,
        after,
        limit,
    )
    return [
        (row["retailer_id"], bytes(row["phone_token"]) if verifier.ledger(row) and row["is_phone_confirmed"] else None)
        for row in rows
    ]
