"""Publisher of `score.computed`, `score.blocked` and `erp.anomaly.detected`."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_scoring.scores.domain import AnomalyScore
from altscore_scoring.scores.store import BlockRow, ScoreRow

ACTOR = "scoring"


async def announce_scores(connection: asyncpg.Connection, outbox: Outbox, rows: Sequence[ScoreRow]) -> None:
    """Publishes `score.computed` with the signed record of each."""
    await outbox.add_many(connection, "score.computed", [(row.retailer_id, _score_event(row)) for row in rows])


def _score_event(row: ScoreRow) -> dict[str, Any]:
    return {
        "score_id": row.score_id,
        "retailer_id": row.retailer_id,
        "scored_at": row.scored_at,
        "run_id": row.run_id,
        "sealed_record": row.record,
        "seal_key_id": row.key_id,
        "seal": row.signature,
    }


async def announce_block(connection: asyncpg.Connection, outbox: Outbox, row: BlockRow) -> None:
    """Publishes `score.blocked`; a block of a run is keyed by the run."""
    names = ("block_id", "retailer_id", "scope", "reason", "code", "blocked_at", "run_id")
    data = {name: getattr(row, name) for name in names}
    await outbox.add(connection, "score.blocked", key=row.retailer_id or row.run_id or row.block_id, data=data)


async def announce_anomaly(
    connection: asyncpg.Connection, outbox: Outbox, row: BlockRow, *, anomaly: AnomalyScore
) -> None:
    """Publishes and audits that a person must look at a retailer's ledgers (GR-2)."""
    anomaly_id = new_id("anm")
    data = {
        "anomaly_id": anomaly_id,
        "retailer_id": row.retailer_id,
        "run_id": row.run_id,
        "score": anomaly.score,
        "threshold": anomaly.cut,
        "detected_at": row.blocked_at,
    }
    await outbox.add(connection, "erp.anomaly.detected", key=str(row.retailer_id), data=data)
    await outbox.audit(
        connection,
        "anomaly_detected",
        actor=ACTOR,
        outcome="blocked",
        subject=row.retailer_id,
        reason=row.reason,
        details={"anomaly_id": anomaly_id, "run_id": str(row.run_id), "cause": str(anomaly.cause)},
    )
