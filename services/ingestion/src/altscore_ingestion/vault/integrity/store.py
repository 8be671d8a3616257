"""SQL of the verification of all rows; every function takes a connection and never commits."""

from typing import Any

import asyncpg

from altscore_ingestion.vault.integrity.domain import (
    LEDGER_FIELDS,
    MERGER_FIELDS,
    RETAILER_FIELDS,
    RowMacs,
    RowVerifier,
)

FIELDS = {"subject": LEDGER_FIELDS, "retailer": RETAILER_FIELDS, "merger": MERGER_FIELDS}
KEYS = {"subject": "subject_token", "retailer": "retailer_id", "merger": "losing_id"}
TABLES = tuple(FIELDS)


def verified(table: str, row: asyncpg.Record, verifier: RowVerifier) -> bool:
    """Whether a row of a table is as the vault wrote it."""
    return {"subject": verifier.ledger, "retailer": verifier.retailer, "merger": verifier.merger}[table](row)


async def page(connection: asyncpg.Connection, table: str, after: Any, limit: int) -> list[asyncpg.Record]:
    """Rows of a table by its key, from `after` on (None: from the first); by the primary key."""
    columns, key = ", ".join(FIELDS[table]), KEYS[table]
    where = "" if after is None else f"WHERE {key} > $2"
    return list(
        await connection.fetch(
            f"SELECT {columns}, row_mac FROM {table} {where} ORDER BY {key} LIMIT $1",  # noqa: S608  # constants
            limit,
            *(() if after is None else (after,)),
        )
    )


async def mac_page(connection: asyncpg.Connection, table: str, macs: RowMacs, limit: int) -> int:
    """Gives MACs to rows that have none; how many."""
    columns, key = ", ".join(FIELDS[table]), KEYS[table]
    rows = await connection.fetch(
        f"SELECT {columns} FROM {table} WHERE row_mac IS NULL LIMIT $1 FOR UPDATE",  # noqa: S608  # constants
        limit,
    )
    compute = {"subject": macs.ledger, "retailer": macs.retailer, "merger": macs.merger}[table]
    await connection.executemany(
        f"UPDATE {table} SET row_mac = $2 WHERE {key} = $1",  # noqa: S608  # constants
        [(row[key], compute(row)) for row in rows],
    )
    return len(rows)
