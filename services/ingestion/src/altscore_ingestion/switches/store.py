"""SQL of the switch; takes a connection, never commits."""

import asyncpg

from altscore_ingestion.switches.domain import StoredSwitch, Switch

_READ = "SELECT version, is_off, changed_at, reason, mac FROM ingestion_switch"
_SET = """
INSERT INTO ingestion_switch (version, is_off, changed_at, reason, mac) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (switch_id) DO UPDATE SET version = excluded.version, is_off = excluded.is_off,
    changed_at = excluded.changed_at, reason = excluded.reason, mac = excluded.mac
"""


async def stored_switch(connection: asyncpg.Connection) -> StoredSwitch | None:
    """The row; None where nothing was ever switched."""
    row = await connection.fetchrow(_READ)
    return StoredSwitch(Switch(*row[:4]), bytes(row["mac"])) if row is not None else None


async def lock_switch(connection: asyncpg.Connection) -> StoredSwitch | None:
    """The row; other orders wait until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(7, 13)")
    return await stored_switch(connection)


async def set_switch(connection: asyncpg.Connection, switch: Switch, *, mac: bytes) -> None:
    """Writes a newer version."""
    await connection.execute(_SET, *switch, mac)
