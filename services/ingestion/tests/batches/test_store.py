"""The gauges of batches and connectors' certificates are read from the tables."""

import time

import asyncpg
import pytest
from altscore_ingestion.batches.store import MEASURES
from altscore_libs.state_gauges import StateGauges
from prometheus_client import CollectorRegistry

ADD_DISTRIBUTOR = """
INSERT INTO distributor (distributor_id, name, api_key_hash, signing_secret_wrapped, created_at)
VALUES ($1, 'n', decode(repeat('00', 32), 'hex'), '', now())
"""
ADD_CERTIFICATE = """
INSERT INTO certificate (fingerprint, distributor_id, public_key_sha256, certificate_pem, accepted_until, created_at)
VALUES (repeat($1, 64), $2, '', '', now() + make_interval(days => $3), now())
"""
ADD_BATCH = """
INSERT INTO batch (batch_id, distributor_id, client_batch_id, body_sha256, erp_type, state, received_at, completed_at,
                   submitted, accepted, quarantined, duplicate)
VALUES ('bat_' || repeat($1, 32), 'dist_a', gen_random_uuid(), decode(repeat($1, 64), 'hex'), 'csv', $2,
        now() - make_interval(mins => $3), CASE $2 WHEN 'complete' THEN now() - make_interval(mins => $3) END,
        1, 1, 0, 0)
"""


async def measured(pool: asyncpg.Pool) -> CollectorRegistry:
    gauges, registry = StateGauges(pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    return registry


async def test_batches_that_are_not_complete_and_the_newest_complete_one_are_told(pool: asyncpg.Pool) -> None:
    await pool.execute(ADD_DISTRIBUTOR, "dist_a")
    assert (await measured(pool)).get_sample_value("altscore_ingest_newest_batch_timestamp_seconds") is None
    for digit, state, age_minutes in (
        ("1", "complete", 60),
        ("2", "complete", 30),
        ("3", "received", 20),
        ("4", "received", 1),
    ):
        await pool.execute(ADD_BATCH, digit, state, age_minutes)
    registry = await measured(pool)
    newest = registry.get_sample_value("altscore_ingest_newest_batch_timestamp_seconds")
    assert newest == pytest.approx(time.time() - 1800, abs=60)
    assert registry.get_sample_value("altscore_ingest_incomplete_batches") == 1


async def test_a_distributor_counts_when_its_newest_certificate_ends_soon(pool: asyncpg.Pool) -> None:
    for distributor_id in ("dist_a", "dist_b", "dist_c"):
        await pool.execute(ADD_DISTRIBUTOR, distributor_id)
    for digit, distributor_id, days in (
        ("1", "dist_a", 3),
        ("2", "dist_a", 300),
        ("3", "dist_b", 3),
        ("4", "dist_c", 90),
    ):
        await pool.execute(ADD_CERTIFICATE, digit, distributor_id, days)
    assert (await measured(pool)).get_sample_value("altscore_ingest_connector_certificates_ending") == 1
