"""A run that several workers share: how it is prepared on an empty database, and everything that comes of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pyarrow as pa
from altscore_libs.testing import Database
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy

from .. import synthetic
from ..worker_world import AS_OF, World, make_world

ROWS = 230
TABLES = "evidence, scores, blocks, revocations, score_requests, jobs, job_chunks, gold_runs, models, outbox, inbox"
UNUSED_EVIDENCE = """
SELECT digest FROM evidence e WHERE kind IN ('score', 'block')
    AND NOT EXISTS (SELECT FROM scores s WHERE s.evidence_digest = e.digest)
    AND NOT EXISTS (SELECT FROM blocks b WHERE b.evidence_digest = e.digest)
"""
_IDS = (
    *("promotion_id", "score_id", "block_id", "anomaly_id", "event_id"),
    *("sealed_record", "seal", "seal_key_id", "trace_id"),
)


def table_of(rows: int = ROWS) -> pa.Table:
    """A run with every kind of outcome: thin data, a default already, a forged volume, young ledgers."""
    table = synthetic.gold_table(rows, seed=11, as_of_on=AS_OF)
    changes: dict[str, dict[int, Any]] = {
        "completeness": {7: 40.0, 107: 40.0},
        "overdue_90_amount_inr": {20: 1e9, 160: 1e9},
        "months_history": dict.fromkeys(range(60, 75), 4.0),
        "gmv_12m_inr": {33: 9e12, 133: 9e12},
    }
    for name, values in changes.items():
        column = table[name].to_pylist()
        for row, value in values.items():
            if row < rows:
                column[row] = value
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, pa.array(column, table.schema.field(name).type))
    return table


@dataclass
class SharedRun:
    """A database on which the same run can be scored again and again, by any workers."""

    database: Database
    pool: asyncpg.Pool
    folder: Path
    taxonomy: Taxonomy
    trained: tuple[Bundle, Path]
    announced: dict[str, Any] | None = None
    expected: dict[str, list[str]] | None = None
    caches: Any = None

    def worker(self, **parts: Any) -> World:
        """One more worker process; those of one test share what they read from files."""
        world = make_world(self.pool, self.folder, self.taxonomy, caches=self.caches, **parts)
        self.caches = world.caches
        world.consents.refused |= {synthetic.retailer_id(3), synthetic.retailer_id(203)}
        return world

    async def prepare(self) -> World:
        """Empties the database and queues the run; returns a worker on it."""
        owner = await asyncpg.connect(self.database.superuser_dsn)
        try:
            await owner.execute(f"TRUNCATE {TABLES} CASCADE")
        finally:
            await owner.close()
        world = self.worker()
        await world.promote(self.trained[1], self.trained[0].model_sha256)
        if self.announced is None:
            await world.announce(table_of())
            names = ("run_id", "run_key", "manifest_uri", "manifest_sha256", "as_of_on", "retailers", "consent_version")
            row = await self.pool.fetchrow("SELECT * FROM gold_runs")
            self.announced = {name: row[name] for name in names}
        else:
            await world.deliver("pipeline.gold.ready", "run_01", **self.announced)
        assert await world.worker.step()  # the model
        return world

    async def alone(self) -> dict[str, list[str]]:
        """What one worker comes to."""
        if self.expected is None:
            world = await self.prepare()
            await world.work()
            self.expected = await self.results(world)
            assert retailers_of(self.expected) == everybody()
            assert len(self.expected["blocks"]) >= 8
            assert self.expected["chunks"] == []
        return self.expected

    async def results(self, world: World) -> dict[str, list[str]]:
        """All that is left behind but random ids and signatures, which the clock and the inputs do not determine."""
        scores = await self.pool.fetch("SELECT sealed_record, evidence_digest FROM scores")
        blocks = await self.pool.fetch("SELECT sealed_record, evidence_digest FROM blocks")
        names = ("score.computed", "score.blocked", "erp.anomaly.detected", "audit_event")
        events = [(name, event) for name in names for event in await world.outbox(name)]
        return {
            "scores": sorted(f"{_plain(json.loads(row[0]))} {row[1]}" for row in scores),
            "blocks": sorted(f"{_plain(json.loads(row[0]))} {row[1]}" for row in blocks),
            "evidence": sorted(map(str, await self.pool.fetch("SELECT digest, kind, body FROM evidence"))),
            "unused evidence": [row["digest"] for row in await self.pool.fetch(UNUSED_EVIDENCE)],
            "jobs": [str(_plain(dict(row))) for row in await self.pool.fetch("SELECT * FROM jobs")],
            "chunks": [str(row) for row in await self.pool.fetch("SELECT * FROM job_chunks")],
            "events": sorted(f"{name} {_plain(event)}" for name, event in events),
        }


def _plain(record: dict[str, Any]) -> str:
    kept = {name: value for name, value in record.items() if name not in _IDS}
    if isinstance(kept.get("details"), dict):
        kept["details"] = {name: value for name, value in kept["details"].items() if name not in _IDS}
    if isinstance(kept.get("counts"), str):
        kept["counts"] = json.loads(kept["counts"])
    return json.dumps(kept, sort_keys=True, default=str)


def retailers_of(results: dict[str, list[str]]) -> list[str]:
    """Whom the scores and blocks of a run name."""
    records = [json.loads(line.rpartition(" ")[0]) for line in results["scores"] + results["blocks"]]
    return sorted(record["retailer_id"] for record in records)


def everybody(rows: int = ROWS) -> list[str]:
    """All retailers of the run."""
    return [synthetic.retailer_id(number) for number in range(rows)]
