"""SQL of monthly snapshots: takes a pool, reads in one round trip under the lender's row-level security."""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from altscore_score.scores.domain import ConsentKey, SignedRecord


class Snapshot(NamedTuple):
    """The last score of a month, before its signature is verified."""

    scored_at: datetime
    signed: SignedRecord


class HistoryRow(NamedTuple):
    """What score_history_for() returned: the grant, the newest block, snapshots newest first."""

    is_granted: bool
    grant_version: int
    block_code: str | None
    blocked_at: datetime | None
    snapshots: list[Snapshot]


async def read_history(pool: asyncpg.Pool, context: str, key: ConsentKey, *, months: int) -> HistoryRow:
    """The newest `months` snapshots of a retailer, in one round trip (sealed_score_newest)."""
    rows = await pool.fetch(
        "SELECT * FROM score_history_for($1, $2, $3, $4)", context, key.retailer_id, key.purpose, months
    )
    snapshots = [
        Snapshot(row["scored_at"], SignedRecord(row["sealed_record"], row["seal_key_id"], row["seal"]))
        for row in rows
        if row["score_id"] is not None
    ]
    head = rows[0]
    return HistoryRow(
        is_granted=head["is_granted"],
        grant_version=head["grant_version"],
        block_code=head["block_code"],
        blocked_at=head["blocked_at"],
        snapshots=snapshots,
    )
