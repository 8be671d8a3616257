"""All SQL of Gold runs and jobs; every function takes a connection in a transaction and never commits."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
from altscore_libs.state_gauges import Measure

from altscore_scoring.runs.domain import GoldRun, Job

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

MEASURES = (
    Measure(
        name="altscore_scoring_gold_timestamp_seconds",
        help="When the newest Gold run arrived, Unix time.",
        query="SELECT extract(epoch FROM received_at) FROM gold_runs ORDER BY arrival DESC LIMIT 1",
    ),
    Measure(
        name="altscore_scoring_queued_jobs",
        help="Runs that wait to be scored, or are being scored.",
        query="SELECT count(*) FROM jobs WHERE state = 'queued'",
    ),
    Measure(
        name="altscore_scoring_oldest_job_age_seconds",
        help="Age of the job that has waited longest; 0 when none waits.",
        query="SELECT coalesce(extract(epoch FROM now() - min(queued_at)), 0) FROM jobs WHERE state = 'queued'",
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
        query="SELECT count(*) FROM models WHERE state = 'active'",
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
    await connection.execute(
        "INSERT INTO jobs (run_id, model_sha256, state, queued_at) VALUES ($1, $2, 'queued', $3) "
        "ON CONFLICT DO NOTHING",
        run_id,
        model_sha256,
        at,
    )


async def requeue_job(connection: asyncpg.Connection, run_id: str) -> None:
    """Queues the blocked job of a run again, where it stopped; a model that is no longer in use scores nothing."""
    query = (
        "UPDATE jobs SET state = 'queued', finished_at = NULL WHERE run_id = $1 AND state = 'blocked'"
        " AND model_sha256 IN (SELECT model_sha256 FROM models WHERE state = 'active')"
    )
    await connection.execute(query, run_id)


async def queued_job(connection: asyncpg.Connection) -> Job | None:
    """The oldest queued job (index jobs_queued)."""
    row = await connection.fetchrow(
        "SELECT run_id, model_sha256, next_row, monitors, counts FROM jobs WHERE state = 'queued' "
        "ORDER BY queued_at, run_id LIMIT 1"
    )
    return None if row is None else _job(row)


async def lock_job(connection: asyncpg.Connection, run_id: str, model_sha256: str) -> Job | None:
    """The queued job under a row lock, or None when another worker finished it."""
    row = await connection.fetchrow(
        "SELECT run_id, model_sha256, next_row, monitors, counts FROM jobs "
        "WHERE run_id = $1 AND model_sha256 = $2 AND state = 'queued' FOR UPDATE",
        run_id,
        model_sha256,
    )
    return None if row is None else _job(row)


async def finished_job(connection: asyncpg.Connection, run_id: str, model_sha256: str) -> Job | None:
    """The job of a run that is done."""
    row = await connection.fetchrow(
        "SELECT run_id, model_sha256, next_row, monitors, counts FROM jobs "
        "WHERE run_id = $1 AND model_sha256 = $2 AND state = 'done'",
        run_id,
        model_sha256,
    )
    return None if row is None else _job(row)


def _job(row: asyncpg.Record) -> Job:
    monitors = None if row["monitors"] is None else json.loads(row["monitors"])
    return Job(
        run_id=row["run_id"],
        model_sha256=row["model_sha256"],
        next_row=row["next_row"],
        monitors=monitors,
        counts=json.loads(row["counts"]),
    )


async def save_monitors(connection: asyncpg.Connection, job: Job, monitors: Mapping[str, Any]) -> None:
    """Keeps the run-wide measurements, so that a resumed job flags alike."""
    query = "UPDATE jobs SET monitors = $3 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, json.dumps(monitors))


async def advance_job(connection: asyncpg.Connection, job: Job, *, next_row: int, counts: Mapping[str, int]) -> None:
    """Moves a job past a chunk."""
    query = "UPDATE jobs SET next_row = $3, counts = $4 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, next_row, json.dumps(counts))


async def finish_job(connection: asyncpg.Connection, job: Job, *, state: str, at: datetime) -> None:
    """Ends a job as 'done' or 'blocked'."""
    query = "UPDATE jobs SET state = $3, finished_at = $4 WHERE run_id = $1 AND model_sha256 = $2"
    await connection.execute(query, job.run_id, job.model_sha256, state, at)
