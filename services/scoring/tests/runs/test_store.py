"""The gauges of runs, drift and fairness are read from the tables: a restart changes none of them."""

import json
import time

import asyncpg
import pytest
from altscore_libs.state_gauges import StateGauges
from altscore_scoring.runs.store import MEASURES
from prometheus_client import CollectorRegistry

ADD_RUN = """
INSERT INTO gold_runs (run_id, run_key, manifest_uri, manifest_sha256, as_of_on, retailers, consent_version,
                       received_at)
VALUES ($1, '', '', repeat('0', 64), current_date, 3, 1, now() - make_interval(mins => $2))
"""
ADD_MODEL = """
INSERT INTO models (model_sha256, model_name, model_version, artifact_uri, promotion_id, promotion_record, promoted_at,
                    state, changed_at)
VALUES (repeat('0', 64), '', '', '', '', '', now(), 'active', now())
"""
ADD_JOB = """
INSERT INTO jobs (run_id, model_sha256, state, monitors, counts, queued_at, finished_at)
VALUES ($1, repeat('0', 64), $2, $3, $4, now() - make_interval(mins => $5), $6)
"""


async def measured(pool: asyncpg.Pool) -> CollectorRegistry:
    gauges, registry = StateGauges(pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    return registry


async def test_before_the_first_run_nothing_is_claimed(pool: asyncpg.Pool) -> None:
    registry = await measured(pool)
    assert registry.get_sample_value("altscore_scoring_active_models") == 0
    assert registry.get_sample_value("altscore_scoring_gold_timestamp_seconds") is None
    assert registry.get_sample_value("altscore_scoring_psi") is None
    assert registry.get_sample_value("altscore_scoring_newest_job_blocked") is None


@pytest.mark.parametrize("state", ["queued", "running"])
async def test_the_newest_run_gives_age_drift_fairness_and_outcomes(pool: asyncpg.Pool, state: str) -> None:
    await pool.execute(ADD_MODEL)
    for run_id, age_minutes in (("run_1", 90), ("run_2", 60), ("run_3", 10)):
        await pool.execute(ADD_RUN, run_id, age_minutes)
    ended_at = await pool.fetchval("SELECT now()")
    monitors = json.dumps({"psi": 0.31, "air_district": 0.7, "air_size_band": None})
    counts = json.dumps({"computed": 40, "blocked_GR-3": 5})
    await pool.execute(
        ADD_JOB, "run_1", "blocked", None, "{}", 90, await pool.fetchval("SELECT now() - interval '1 h'")
    )
    await pool.execute(ADD_JOB, "run_2", "done", monitors, counts, 60, ended_at)
    await pool.execute(ADD_JOB, "run_3", state, None, "{}", 10, None)
    registry = await measured(pool)
    gold = registry.get_sample_value("altscore_scoring_gold_timestamp_seconds")
    assert gold == pytest.approx(time.time() - 600, abs=60)
    assert registry.get_sample_value("altscore_scoring_queued_jobs") == 1
    assert registry.get_sample_value("altscore_scoring_oldest_job_age_seconds") == pytest.approx(600, abs=60)
    assert registry.get_sample_value("altscore_scoring_newest_job_blocked") == 0
    assert registry.get_sample_value("altscore_scoring_psi") == pytest.approx(0.31)
    assert registry.get_sample_value("altscore_scoring_adverse_impact_ratio", {"grouping": "district"}) == 0.7
    assert registry.get_sample_value("altscore_scoring_adverse_impact_ratio", {"grouping": "size_band"}) == -1
    assert registry.get_sample_value("altscore_scoring_newest_run_outcomes", {"kind": "blocked_GR-3"}) == 5
