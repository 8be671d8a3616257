"""SQL of the counts; takes a connection, never commits. The role may SELECT and call audit_count."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

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

Unit = Literal["day", "month", "range"]
_PERIODS: dict[Unit, str] = {"day": "day", "month": "date_trunc('month', day)::date", "range": "$1::date"}
# The primary key begins with the day, so the plan reads the range and nothing else.
_DAILY = """
SELECT {period} AS period, chain, action, producer, outcome, reason, sum(entries)::bigint AS entries
FROM audit_daily WHERE day >= $1 AND day <= $2 AND ($3::text[] IS NULL OR action = ANY ($3))
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""
_COUNTED = """
SELECT p.chain, p.counted_seq, c.last_seq AS head_seq FROM audit_daily_position p JOIN audit_chain c USING (chain)
ORDER BY p.chain
"""


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


async def count_days(connection: asyncpg.Connection, limit: int) -> int:
    """Counts the next entries of every chain into their days, `limit` of each at most; returns how many."""
    return int(await connection.fetchval("SELECT audit_count_days($1)", limit))


def daily_statement(unit: Unit) -> str:
    """The statement that adds up the days of a range by this unit."""
    return _DAILY.format(period=_PERIODS[unit])


async def daily(
    connection: asyncpg.Connection, first: date, last: date, *, unit: Unit, actions: Sequence[str] | None
) -> list[asyncpg.Record]:
    """Entries of the days from `first` to `last`, both included (audit_daily_pkey)."""
    chosen = None if actions is None else list(actions)
    return list(await connection.fetch(daily_statement(unit), first, last, chosen))


async def counted(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Up to where each chain is counted, and where it ends."""
    return list(await connection.fetch(_COUNTED))
