"""SQL of what the SIEM has received; takes a connection, never commits. The role may SELECT and call one function."""

from typing import NamedTuple

import asyncpg
from altscore_libs.state_gauges import Measure

MEASURES = (
    Measure(
        name="altscore_audit_siem_unsent",
        help="Entries that the SIEM has not taken.",
        query="SELECT p.chain, c.last_seq - p.sent_seq FROM audit_siem_position p JOIN audit_chain c USING (chain)",
        labels=("chain",),
    ),
    Measure(
        name="altscore_audit_siem_unsent_age_seconds",
        help="Age of the oldest entry that the SIEM has not taken; 0 when it has all.",
        query="SELECT p.chain, coalesce(extract(epoch FROM now() - ("
        "SELECT l.recorded_at FROM audit_log l WHERE l.chain = p.chain AND l.seq > p.sent_seq ORDER BY l.seq LIMIT 1"
        ")), 0) FROM audit_siem_position p",
        labels=("chain",),
    ),
)
_POSITIONS = """
SELECT p.chain, p.sent_seq, c.last_seq FROM audit_siem_position p JOIN audit_chain c USING (chain) ORDER BY p.chain
"""


class Position(NamedTuple):
    """How far a chain was sent, and where it ends."""

    chain: str
    sent_seq: int
    last_seq: int


async def positions(connection: asyncpg.Connection) -> list[Position]:
    """Of every chain, by name."""
    return [Position(**dict(row)) for row in await connection.fetch(_POSITIONS)]


async def move_on(connection: asyncpg.Connection, position: Position, to_seq: int) -> bool:
    """Moves a position; False where another process moved it meanwhile."""
    statement = "SELECT audit_siem_sent($1, $2, $3)"
    return bool(await connection.fetchval(statement, position.chain, position.sent_seq, to_seq))


async def move_back(connection: asyncpg.Connection, chain: str, to_seq: int) -> bool:
    """As the owner: everything behind `to_seq` will be sent again; False where it has not been sent yet."""
    statement = "UPDATE audit_siem_position SET sent_seq = $2 WHERE chain = $1 AND sent_seq >= $2"
    return str(await connection.execute(statement, chain, to_seq)) == "UPDATE 1"
