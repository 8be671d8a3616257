"""Outcomes become rows, evidence and events in the caller's one transaction."""

from dataclasses import dataclass, field

import asyncpg
from altscore_libs.outbox import Outbox

from altscore_scoring.scores import events, store
from altscore_scoring.scores.domain import AnomalyScore
from altscore_scoring.scores.evidence import EvidenceItem
from altscore_scoring.scores.store import BlockRow, ScoreRow


@dataclass
class Batch:
    """Prepared outside the transaction, so that signing never holds one open."""

    scores: list[ScoreRow] = field(default_factory=list)
    blocks: list[BlockRow] = field(default_factory=list)
    anomalies: dict[str, AnomalyScore] = field(default_factory=dict)
    evidence: dict[str, EvidenceItem] = field(default_factory=dict)

    def add(self, row: ScoreRow | BlockRow) -> None:
        """Adds a signed score or block."""
        if isinstance(row, ScoreRow):
            self.scores.append(row)
        else:
            self.blocks.append(row)

    def keep(self, item: EvidenceItem) -> None:
        """Adds a record of evidence; equal records are kept once."""
        self.evidence[item.digest] = item


async def write_batch(connection: asyncpg.Connection, outbox: Outbox, batch: Batch) -> None:
    """Writes a batch; a retailer who has this outcome already for the same run and model is not announced again.

    Nor is evidence of such an outcome kept: no row would name it, so that an erasure could not find it.
    """
    standing = await store.scores_that_stand(connection, batch.scores)
    standing |= await store.blocks_that_stand(connection, batch.blocks)
    scores = [row for row in batch.scores if row.score_id not in standing]
    blocks = [row for row in batch.blocks if row.block_id not in standing]
    unused: set[str | None] = {row.evidence_digest for row in batch.scores if row.score_id in standing}
    unused |= {row.evidence_digest for row in batch.blocks if row.block_id in standing}
    await store.add_evidence(connection, [item for item in batch.evidence.values() if item.digest not in unused])
    added = await store.add_scores(connection, scores)
    await events.announce_scores(connection, outbox, [row for row in scores if row.score_id in added])
    await write_blocks(connection, outbox, blocks, anomalies=batch.anomalies)


async def write_blocks(
    connection: asyncpg.Connection,
    outbox: Outbox,
    blocks: list[BlockRow],
    *,
    anomalies: dict[str, AnomalyScore] | None = None,
) -> None:
    """Writes blocks and announces the new ones; an anomaly is announced and audited beside its block."""
    added = await store.add_blocks(connection, blocks)
    for row in blocks:
        if row.block_id not in added:
            continue
        await events.announce_block(connection, outbox, row)
        if row.reason == "GR-2" and row.retailer_id is not None:
            await events.announce_anomaly(connection, outbox, row, anomaly=(anomalies or {})[row.retailer_id])
