"""Outcomes become rows, evidence and events in the caller's one transaction."""

from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from altscore_libs.ids import new_id
from altscore_libs.outbox import Outbox

from altscore_scoring import store
from altscore_scoring.domain import Strangeness

ACTOR = "scoring"


@dataclass
class Batch:
    """Prepared outside the transaction, so that signing never holds one open."""

    scores: list[store.ScoreRow] = field(default_factory=list)
    blocks: list[store.BlockRow] = field(default_factory=list)
    anomalies: dict[str, Strangeness] = field(default_factory=dict)
    evidence: dict[str, tuple[str, str]] = field(default_factory=dict)


async def write_batch(connection: asyncpg.Connection, outbox: Outbox, batch: Batch) -> None:
    """Writes a batch; a retailer who has this outcome already for the same run and model is not announced again."""
    await store.add_evidence(connection, batch.evidence)
    added = await store.add_scores(connection, batch.scores)
    for row in batch.scores:
        if row.score_id in added:
            await _announce_score(connection, outbox, row)
    await write_blocks(connection, outbox, batch.blocks, batch.anomalies)


async def write_blocks(
    connection: asyncpg.Connection,
    outbox: Outbox,
    blocks: list[store.BlockRow],
    anomalies: dict[str, Strangeness] | None = None,
) -> None:
    """Writes blocks and announces the new ones; an anomaly is announced and audited beside its block."""
    added = await store.add_blocks(connection, blocks)
    for row in blocks:
        if row.block_id not in added:
            continue
        names = ("block_id", "retailer_id", "scope", "reason", "code", "blocked_at", "run_id")
        data = {name: getattr(row, name) for name in names}
        await outbox.add(connection, "score.blocked", key=row.retailer_id or row.run_id or row.block_id, data=data)
        if row.reason == "GR-2" and row.retailer_id is not None:
            await _announce_anomaly(connection, outbox, row, (anomalies or {})[row.retailer_id])


async def _announce_score(connection: asyncpg.Connection, outbox: Outbox, row: store.ScoreRow) -> None:
    names = ("score_id", "retailer_id", "scored_at", "run_id", "sealed_record", "seal_key_id", "seal")
    data = {name: getattr(row, name) for name in names}
    await outbox.add(connection, "score.computed", key=row.retailer_id, data=data)


async def _announce_anomaly(
    connection: asyncpg.Connection, outbox: Outbox, row: store.BlockRow, strangeness: Strangeness
) -> None:
    anomaly_id = new_id("anm")
    data = {
        "anomaly_id": anomaly_id,
        "retailer_id": row.retailer_id,
        "run_id": row.run_id,
        "score": strangeness.score,
        "threshold": strangeness.cut,
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
        details={"anomaly_id": anomaly_id, "run_id": str(row.run_id)},
    )


async def announce_model_refusal(
    connection: asyncpg.Connection, outbox: Outbox, *, at: datetime, model: str, why: str, run_id: str | None = None
) -> None:
    """A model was not loaded: `score.blocked` of scope run and an audit entry; sealed scores stay as they are."""
    block = store.BlockRow(new_id("blk"), None, "run", "MODEL_LOAD", "MODEL_UNAVAILABLE", run_id, None, at, None)
    await write_blocks(connection, outbox, [block])
    await outbox.audit(
        connection,
        "model_load_failed",
        actor=ACTOR,
        outcome="refused",
        subject=model,
        reason="MODEL_LOAD",
        details={"why": why, **({"run_id": run_id} if run_id else {})},
    )
