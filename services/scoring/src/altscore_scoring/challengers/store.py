"""All SQL of shadows; every function takes a connection in a transaction and never commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_scoring.challengers.domain import Opinion, Pair, ShadowJob, ShadowRow, row_guardrails

_QUEUE = """
INSERT INTO shadow_jobs (run_id, model_sha256, champion_sha256, state, queued_at)
SELECT j.run_id, $1, j.model_sha256, 'queued', $2 FROM jobs j
WHERE j.state = 'done' AND j.model_sha256 = $3
    AND (j.finished_at >= $4 OR j.run_id = (
        SELECT run_id FROM jobs WHERE state = 'done' AND model_sha256 = $3 ORDER BY finished_at DESC LIMIT 1))
    AND NOT EXISTS (SELECT FROM shadow_jobs h WHERE h.run_id = j.run_id AND h.model_sha256 = $1)
ON CONFLICT DO NOTHING
"""
_QUEUED = """
SELECT run_id, model_sha256, champion_sha256, next_row, monitors FROM shadow_jobs
WHERE model_sha256 = $1 AND state = 'queued' ORDER BY queued_at, run_id LIMIT 1
"""
_NEWEST_DONE = """
SELECT run_id, model_sha256, champion_sha256, next_row, monitors FROM shadow_jobs
WHERE state = 'done' AND ($1::text IS NULL OR run_id = $1) ORDER BY finished_at DESC LIMIT 1
"""
_BEGIN = """
UPDATE shadow_jobs SET attempts = attempts + 1 WHERE run_id = $1 AND model_sha256 = $2 AND state = 'queued'
RETURNING attempts
"""
_LOCK = "SELECT next_row FROM shadow_jobs WHERE run_id = $1 AND model_sha256 = $2 AND state = 'queued' FOR UPDATE"
_ADD_ROWS = """
INSERT INTO shadow_scores (run_id, model_sha256, retailer_id, altscore, risk_band, probability_of_default, block_reason,
                           guardrails, scored_at)
SELECT $1, $2, retailer_id, altscore, risk_band, pd, block_reason, string_to_array(guardrails, ','), $3
FROM unnest($4::text[], $5::integer[], $6::text[], $7::numeric[], $8::text[], $9::text[])
    AS n (retailer_id, altscore, risk_band, pd, block_reason, guardrails)
ON CONFLICT DO NOTHING
"""
_PAIRS = """
SELECT h.retailer_id, h.altscore, h.risk_band, h.probability_of_default, h.block_reason, h.guardrails,
       s.sealed_record, b.reason
FROM shadow_scores h
LEFT JOIN scores s ON s.run_id = h.run_id AND s.model_sha256 = $3 AND s.retailer_id = h.retailer_id
LEFT JOIN LATERAL (
    SELECT reason FROM blocks b WHERE b.run_id = h.run_id AND b.model_sha256 = $3 AND b.retailer_id = h.retailer_id
        AND b.reason <> 'CONSENT' LIMIT 1) b ON true
WHERE h.run_id = $1 AND h.model_sha256 = $2 AND h.retailer_id > $4 ORDER BY h.retailer_id LIMIT $5
"""

MEASURES = (
    Measure(
        name="altscore_scoring_newest_shadow_failed",
        help="1 when the newest pass of a challenger that ended has failed.",
        query="SELECT (state = 'failed')::integer FROM shadow_jobs WHERE finished_at IS NOT NULL"
        " ORDER BY finished_at DESC LIMIT 1",
    ),
)


async def queue_runs(
    connection: asyncpg.Connection, *, model_sha256: str, champion_sha256: str, since: datetime, at: datetime
) -> None:
    """Queues for a challenger what its champion has finished since, and the newest run before that; each once."""
    await connection.execute(_QUEUE, model_sha256, at, champion_sha256, since)


async def queued_job(connection: asyncpg.Connection, model_sha256: str) -> ShadowJob | None:
    """The oldest queued pass of a challenger."""
    row = await connection.fetchrow(_QUEUED, model_sha256)
    return None if row is None else _job(row)


async def newest_done(connection: asyncpg.Connection, run_id: str | None) -> ShadowJob | None:
    """The newest finished pass, of any run or of the named one."""
    row = await connection.fetchrow(_NEWEST_DONE, run_id)
    return None if row is None else _job(row)


def _job(row: asyncpg.Record) -> ShadowJob:
    monitors = None if row["monitors"] is None else json.loads(row["monitors"])
    return ShadowJob(
        run_id=row["run_id"],
        model_sha256=row["model_sha256"],
        champion_sha256=row["champion_sha256"],
        next_row=row["next_row"],
        monitors=monitors,
    )


async def begin(connection: asyncpg.Connection, job: ShadowJob) -> int:
    """Counts a try; how many there were since one came back, 0 when the pass has ended."""
    return await connection.fetchval(_BEGIN, job.run_id, job.model_sha256) or 0


async def forgive(connection: asyncpg.Connection, job: ShadowJob) -> None:
    """A try came back, whatever it did: only those that ended the process count."""
    query = "UPDATE shadow_jobs SET attempts = 0 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256)


async def claim(connection: asyncpg.Connection, job: ShadowJob) -> bool:
    """Locks the pass where this chunk starts; False when another worker moved it."""
    next_row = await connection.fetchval(_LOCK, job.run_id, job.model_sha256)
    return next_row is not None and next_row == job.next_row


async def save_monitors(connection: asyncpg.Connection, job: ShadowJob, monitors: Mapping[str, Any]) -> None:
    """Keeps what was measured of the challenger over the whole run."""
    query = "UPDATE shadow_jobs SET monitors = $3 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, json.dumps(monitors))


async def advance(connection: asyncpg.Connection, job: ShadowJob, *, next_row: int) -> None:
    """Moves the pass past a chunk."""
    query = "UPDATE shadow_jobs SET next_row = $3 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, next_row)


async def finish(
    connection: asyncpg.Connection, job: ShadowJob, *, state: str, at: datetime, failure: str | None = None
) -> bool:
    """Ends the pass as 'done' or 'failed'; False when it had ended."""
    query = (
        "UPDATE shadow_jobs SET state = $3, finished_at = $4, failure = $5"
        " WHERE run_id = $1 AND model_sha256 = $2 AND state = 'queued' RETURNING run_id"
    )
    return await connection.fetchval(query, job.run_id, job.model_sha256, state, at, failure) is not None


async def add_rows(connection: asyncpg.Connection, job: ShadowJob, rows: Sequence[ShadowRow], at: datetime) -> None:
    """Adds what the challenger says; a retailer who has a row keeps it."""
    columns = [[getattr(row, name) for row in rows] for name in ShadowRow._fields[:-1]]
    guardrails = [",".join(row.guardrails) for row in rows]
    await connection.execute(_ADD_ROWS, job.run_id, job.model_sha256, at, *columns, guardrails)


async def pairs(
    connection: asyncpg.Connection, job: ShadowJob, *, after: str, limit: int
) -> list[tuple[str, Pair | None]]:
    """Retailers behind `after` with what both models say; None where the champion says nothing."""
    rows = await connection.fetch(_PAIRS, job.run_id, job.model_sha256, job.champion_sha256, after, limit)
    return [(row["retailer_id"], _pair(row)) for row in rows]


def _pair(row: asyncpg.Record) -> Pair | None:
    if row["sealed_record"] is None and row["reason"] is None:
        return None
    pd = row["probability_of_default"]
    challenger = Opinion(
        altscore=row["altscore"],
        risk_band=row["risk_band"],
        pd=None if pd is None else float(pd),
        block_reason=row["block_reason"],
        guardrails=tuple(row["guardrails"]),
    )
    if row["sealed_record"] is None:
        return Pair(Opinion(None, None, pd=None, block_reason=row["reason"], guardrails=()), challenger)
    record = json.loads(row["sealed_record"])
    champion = Opinion(
        altscore=record["altscore"],
        risk_band=record["risk_band"],
        pd=float(record["probability_of_default"]),
        block_reason=None,
        guardrails=tuple(row_guardrails(record["guardrails"])),
    )
    return Pair(champion, challenger)
