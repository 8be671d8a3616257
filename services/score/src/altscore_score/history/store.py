"""SQL of monthly snapshots: takes a pool, reads in one round trip under the lender's row-level security."""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_score.scores.domain import ConsentKey
from altscore_score.scores.records import SignedRecord


class Snapshot(NamedTuple):
    """The last score of a month, before its seal is checked."""

    scored_at: datetime
    sealed: SignedRecord


class HistoryRow(NamedTuple):
    """What score_history_for() returned: the grant, the newest block, snapshots newest first."""

    is_granted: bool
    grant_version: int
    block_code: str | None
    blocked_at: datetime | None
    snapshots: list[Snapshot]


async def read_history(pool: asyncpg.Pool, context: str, ask: ConsentKey, *, months: int) -> HistoryRow:
    """The newest `months` snapshots of a retailer, in one round trip (sealed_score_newest)."""
    rows = await pool.fetch(
        "SELECT * FROM score_history_for($1, $2, $3, $4)", context, ask.retailer_id, ask.purpose, months
    )
    snapshots = [
        Snapshot(row["scored_at"], SignedRecord(row["sealed_record"], row["seal_key_id"], row["seal"]))
        for row in rows
        if row["score_id"] is not None
    ]
    head = rows[0]
    return HistoryRow(head["is_granted"], head["grant_version"], head["block_code"], head["blocked_at"], snapshots)
