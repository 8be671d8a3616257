"""SQL of the counts; takes a connection, never commits. The role may SELECT and call audit_count."""

from collections.abc import Sequence

import asyncpg
from altscore_libs.state_gauges import Measure

MEASURES = (
    Measure(
        name="altscore_audit_missing",
        help="Numbers of a producer that have not arrived.",
        query="SELECT producer, produced - applied FROM event_balance",
        labels=("producer",),
    ),
)


async def add(connection: asyncpg.Connection, arrived: Sequence[tuple[str, str, int]]) -> int:
    """Counts (topic, producer, producer_seq) triples; returns how many were new."""
    topics, producers, seqs = (list(column) for column in zip(*arrived, strict=True))
    return int(await connection.fetchval("SELECT audit_count($1, $2, $3)", topics, producers, seqs))


async def by_topic(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Events by topic and producer."""
    return list(
        await connection.fetch("SELECT topic, producer, events, last_seq FROM event_count ORDER BY topic, producer")
    )


async def by_producer(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Produced, applied and the first missing number of every producer."""
    return list(
        await connection.fetch("SELECT producer, produced, applied, first_missing FROM event_balance ORDER BY producer")
    )


async def unreadable(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Unreadable messages by topic."""
    return list(await connection.fetch("SELECT topic, events FROM event_unreadable ORDER BY topic"))
