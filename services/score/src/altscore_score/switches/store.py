"""SQL of the switch; takes a connection, never commits."""

import asyncpg

from altscore_score.switches.domain import StoredSwitch, SwitchRow

_COLUMNS = "version, is_off, changed_at, reason, mac"


async def stored_switch(connection: asyncpg.Connection) -> StoredSwitch | None:
    """The row; None where nothing was ever switched."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM serving_switch")  # noqa: S608
    return StoredSwitch(*row) if row is not None else None


async def lock_switch(connection: asyncpg.Connection) -> StoredSwitch | None:
    """The row; other orders wait until the transaction ends."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM lock_serving_switch()")  # noqa: S608
    return StoredSwitch(*row) if row is not None else None


async def set_switch(connection: asyncpg.Connection, row: SwitchRow, *, mac: bytes) -> None:
    """Writes a newer version."""
    await connection.execute(
        "SELECT set_serving_switch($1, $2, $3, $4, $5)", row.version, row.is_off, row.changed_at, row.reason, mac
    )
