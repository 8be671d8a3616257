"""All SQL of Gold runs and jobs; every function takes a connection in a transaction and never commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_scoring.promotions.store import ACTIVE_MODELS
from altscore_scoring.runs.domain import Chunk, GoldRun, Job

_ADD_GOLD_RUN = """
INSERT INTO gold_runs (run_id, run_key, manifest_uri, manifest_sha256, as_of_on, retailers, consent_version,
                       received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""
_NEWEST_GOLD_RUN = """
SELECT run_id, run_key, manifest_uri, manifest_sha256, as_of_on, retailers, consent_version
FROM gold_runs ORDER BY arrival DESC LIMIT 1
"""
_GOLD_RUN = """
SELECT run_id, run_key, manifest_uri, manifest_sha256, as_of_on, retailers, consent_version
FROM gold_runs WHERE run_id = $1
"""
_JOB = "SELECT run_id, model_sha256, next_row, monitors, counts, state FROM jobs "
# The lock waits for a promotion that ends the jobs of this model: what it cannot see it cannot end.
_ADD_JOB = """
INSERT INTO jobs (run_id, model_sha256, state, queued_at)
SELECT $1, model_sha256, 'queued', $3 FROM models m WHERE model_sha256 = $2 AND state = 'active'
    AND NOT EXISTS (SELECT FROM jobs j WHERE j.run_id = $1 AND j.model_sha256 = m.model_sha256)
FOR SHARE OF m
ON CONFLICT DO NOTHING
"""
_CLAIM_CHUNK = """
SELECT chunk_id, first_row, end_row FROM (
    SELECT chunk_id, first_row, end_row FROM job_chunks
    WHERE run_id = $1 AND model_sha256 = $2 AND counts IS NULL ORDER BY first_row OFFSET 0
) AS unfinished WHERE pg_try_advisory_lock($3, chunk_id) LIMIT 1
"""
_ADD_CHUNKS = """
INSERT INTO job_chunks (run_id, model_sha256, first_row, end_row)
SELECT $1, $2, first_row, end_row FROM unnest($3::integer[], $4::integer[]) AS n (first_row, end_row)
"""
CHUNK_LOCK, MEASURING_LOCK = 742_201, 742_202  # first half of the keys of advisory locks
# A worker whose machine is gone says no goodbye: after 25 s without an answer the server ends its session.
_KEEPALIVE = """
SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
       set_config('tcp_keepalives_count', '3', false)
"""

MEASURES = (
    Measure(
        name="altscore_scoring_gold_timestamp_seconds",
        help="When the newest Gold run arrived, Unix time.",
        query="SELECT extract(epoch FROM received_at) FROM gold_runs ORDER BY arrival DESC LIMIT 1",
    ),
    Measure(
        name="altscore_scoring_queued_jobs",
        help="Runs that wait to be scored, or are being scored.",
        query="SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')",
    ),
    Measure(
        name="altscore_scoring_oldest_job_age_seconds",
        help="Age of the job that has waited longest; 0 when none waits.",
        query="SELECT coalesce(extract(epoch FROM now() - min(queued_at)), 0) FROM jobs"
        " WHERE state IN ('queued', 'running')",
    ),
    Measure(
        name="altscore_scoring_newest_job_blocked",
        help="1 when the newest job that ended was blocked as a whole.",
        query="SELECT (state = 'blocked')::integer FROM jobs WHERE finished_at IS NOT NULL"
        " ORDER BY finished_at DESC LIMIT 1",
    ),
    Measure(
        name="altscore_scoring_psi",
        help="PSI of the newest measured run; -1 when it could not be measured.",
        query="SELECT coalesce((monitors ->> 'psi')::float, -1) FROM jobs WHERE monitors IS NOT NULL"
        " ORDER BY queued_at DESC LIMIT 1",
    ),
    Measure(
        name="altscore_scoring_adverse_impact_ratio",
        help="Lowest ratio of good bands between groups in the newest measured run; -1 when it could not be measured.",
        query="SELECT grouping, coalesce(ratio, -1) FROM (SELECT monitors FROM jobs WHERE monitors IS NOT NULL"
        " ORDER BY queued_at DESC LIMIT 1) AS newest, LATERAL (VALUES"
        " ('district', (monitors ->> 'air_district')::float), ('size_band', (monitors ->> 'air_size_band')::float))"
        " AS ratios (grouping, ratio)",
        labels=("grouping",),
    ),
    Measure(
        name="altscore_scoring_newest_run_outcomes",
        help="Scores and blocks of the newest run that is done, by kind.",
        query="SELECT kind, number::integer FROM (SELECT counts FROM jobs WHERE state = 'done'"
        " ORDER BY finished_at DESC LIMIT 1) AS newest, LATERAL jsonb_each_text(counts) AS each (kind, number)",
        labels=("kind",),
    ),
    Measure(
        name="altscore_scoring_active_models",
        help="Promoted models in use; 0 means that nothing can be scored.",
        query=ACTIVE_MODELS,
    ),
)


async def add_gold_run(connection: asyncpg.Connection, run: GoldRun, at: datetime) -> None:
    """Keeps an announced run; announcing it again changes nothing."""
    await connection.execute(_ADD_GOLD_RUN, *run, at)


async def newest_gold_run(connection: asyncpg.Connection) -> GoldRun | None:
    """The run that arrived last (index gold_runs_arrival_key)."""
    row = await connection.fetchrow(_NEWEST_GOLD_RUN)
    return None if row is None else GoldRun(*row)


async def gold_run(connection: asyncpg.Connection, run_id: str) -> GoldRun:
    """A known run."""
    return GoldRun(*await connection.fetchrow(_GOLD_RUN, run_id))


async def add_job(connection: asyncpg.Connection, *, run_id: str, model_sha256: str, at: datetime) -> None:
    """Queues a run for a model, once."""
    await connection.execute(_ADD_JOB, run_id, model_sha256, at)


async def requeue_job(connection: asyncpg.Connection, run_id: str) -> None:
    """Queues the blocked job of a run again, where it stopped; a model that is no longer in use scores nothing."""
    query = (
        "UPDATE jobs SET state = 'queued', finished_at = NULL WHERE run_id = $1 AND state = 'blocked'"
        " AND model_sha256 IN (SELECT model_sha256 FROM models WHERE state = 'active')"
    )
    await connection.execute(query, run_id)


async def open_job(connection: asyncpg.Connection, model_sha256: str) -> Job | None:
    """The oldest job of a model that is not done (index jobs_open)."""
    query = f"{_JOB} WHERE state IN ('queued', 'running') AND model_sha256 = $1 ORDER BY queued_at, run_id LIMIT 1"
    row = await connection.fetchrow(query, model_sha256)
    return None if row is None else _job(row)


async def lock_job(connection: asyncpg.Connection, job: Job) -> Job | None:
    """The job as it stands now, None when it is done or blocked; its lock waits for chunks that are being written."""
    query = f"{_JOB} WHERE run_id = $1 AND model_sha256 = $2 AND state IN ('queued', 'running') FOR UPDATE"
    row = await connection.fetchrow(query, job.run_id, job.model_sha256)
    return None if row is None else _job(row)


async def finished_job(connection: asyncpg.Connection, run_id: str, model_sha256: str) -> Job | None:
    """The job of a run that is done."""
    query = f"{_JOB} WHERE run_id = $1 AND model_sha256 = $2 AND state = 'done'"
    row = await connection.fetchrow(query, run_id, model_sha256)
    return None if row is None else _job(row)


def _job(row: asyncpg.Record) -> Job:
    monitors = None if row["monitors"] is None else json.loads(row["monitors"])
    return Job(
        run_id=row["run_id"],
        model_sha256=row["model_sha256"],
        next_row=row["next_row"],
        monitors=monitors,
        counts=json.loads(row["counts"]),
        state=row["state"],
    )


async def monitors(connection: asyncpg.Connection, job: Job) -> dict[str, Any] | None:
    """The run-wide measurements of a job, None until they are taken."""
    query = "SELECT monitors FROM jobs WHERE run_id = $1 AND model_sha256 = $2"
    text = await connection.fetchval(query, job.run_id, job.model_sha256)
    return None if text is None else dict[str, Any](json.loads(text))


async def save_monitors(connection: asyncpg.Connection, job: Job, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps the run-wide measurements unless there are some already; returns those that every chunk is flagged by."""
    query = (
        "UPDATE jobs SET monitors = coalesce(monitors, $3) WHERE run_id = $1 AND model_sha256 = $2 RETURNING monitors"
    )
    text = await connection.fetchval(query, job.run_id, job.model_sha256, json.dumps(measured))
    return dict[str, Any](json.loads(text))


async def finish_job(connection: asyncpg.Connection, job: Job, *, state: str, at: datetime) -> None:
    """Ends a job as 'done' or 'blocked'."""
    query = "UPDATE jobs SET state = $3, finished_at = $4 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, state, at)


async def finished_ranges(connection: asyncpg.Connection, job: Job) -> list[tuple[int, int]]:
    """First and end of the finished chunks of a locked job from its next row on; its other chunks are dropped."""
    await connection.execute(
        "DELETE FROM job_chunks WHERE run_id = $1 AND model_sha256 = $2 AND (counts IS NULL OR first_row < $3)",
        job.run_id,
        job.model_sha256,
        job.next_row,
    )
    query = "SELECT first_row, end_row FROM job_chunks WHERE run_id = $1 AND model_sha256 = $2 ORDER BY first_row"
    return [(row["first_row"], row["end_row"]) for row in await connection.fetch(query, job.run_id, job.model_sha256)]


async def start_job(connection: asyncpg.Connection, job: Job, ranges: Sequence[tuple[int, int]]) -> None:
    """Lets workers share a locked job: adds the chunks that are still to be scored."""
    firsts, ends = [first for first, _ in ranges], [end for _, end in ranges]
    await connection.execute(_ADD_CHUNKS, job.run_id, job.model_sha256, firsts, ends)
    query = "UPDATE jobs SET state = 'running' WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256)


async def claim_chunk(session: asyncpg.Connection, job: Job) -> Chunk | None:
    """The first chunk that is neither finished nor claimed, None when there is none; held until the session ends.

    Args:
        session: outside any transaction.
        job: that is running.
    """
    await session.execute(_KEEPALIVE)
    while (row := await session.fetchrow(_CLAIM_CHUNK, job.run_id, job.model_sha256, CHUNK_LOCK)) is not None:
        chunk = Chunk(*row)
        if await session.fetchval("SELECT counts IS NULL FROM job_chunks WHERE chunk_id = $1", chunk.chunk_id):
            return chunk
        # It was finished between the look at it and the lock.
        await session.execute("SELECT pg_advisory_unlock($1, $2)", CHUNK_LOCK, chunk.chunk_id)
    return None


async def claim_measuring(session: asyncpg.Connection, job: Job) -> bool:
    """Whether nobody else measures the run; held until the session ends."""
    await session.execute(_KEEPALIVE)
    query = "SELECT pg_try_advisory_lock($1, hashtext($2))"
    is_claimed: bool = await session.fetchval(query, MEASURING_LOCK, f"{job.run_id} {job.model_sha256}")
    return is_claimed


async def lock_chunk(connection: asyncpg.Connection, job: Job, chunk: Chunk) -> bool:
    """Whether a chunk is still to be written; nobody else writes it, or ends its job, before this transaction ends."""
    query = "SELECT FROM jobs WHERE run_id = $1 AND model_sha256 = $2 AND state = 'running' FOR SHARE"
    if await connection.fetchrow(query, job.run_id, job.model_sha256) is None:
        return False
    query = "SELECT FROM job_chunks WHERE chunk_id = $1 AND counts IS NULL FOR UPDATE"
    return await connection.fetchrow(query, chunk.chunk_id) is not None


async def finish_chunk(connection: asyncpg.Connection, chunk: Chunk, counts: Mapping[str, int]) -> None:
    """Ends a locked chunk with its outcomes."""
    query = "UPDATE job_chunks SET counts = $2 WHERE chunk_id = $1"
    await connection.execute(query, chunk.chunk_id, json.dumps(counts))


async def has_open_chunks(connection: asyncpg.Connection, job: Job) -> bool:
    """Whether a chunk is not finished."""
    query = "SELECT EXISTS (SELECT FROM job_chunks WHERE run_id = $1 AND model_sha256 = $2 AND counts IS NULL)"
    is_open: bool = await connection.fetchval(query, job.run_id, job.model_sha256)
    return is_open


async def drop_chunks(connection: asyncpg.Connection, job: Job) -> list[dict[str, int]]:
    """Removes the chunks of a job whose rows are all scored; returns the counts of each."""
    query = "DELETE FROM job_chunks WHERE run_id = $1 AND model_sha256 = $2 RETURNING counts"
    return [json.loads(row["counts"]) for row in await connection.fetch(query, job.run_id, job.model_sha256)]


async def save_counts(connection: asyncpg.Connection, job: Job, *, rows: int, counts: Mapping[str, int]) -> None:
    """Keeps the outcomes of all rows of a job."""
    query = "UPDATE jobs SET next_row = $3, counts = $4 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, rows, json.dumps(counts))
