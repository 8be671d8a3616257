"""The gauges of sites and their credentials are read from the tables."""

import asyncpg
import pytest
from altscore_ingestion.connectors.store import MEASURES
from altscore_libs.state_gauges import StateGauges
from prometheus_client import CollectorRegistry

ADD_DISTRIBUTOR = """
INSERT INTO distributor (distributor_id, name, api_key_hash, signing_secret_wrapped, created_at, is_active)
VALUES ($1, 'n', decode(repeat('00', 32), 'hex'), '', now() - make_interval(days => $2), $3)
"""
ADD_HEARTBEAT = """
INSERT INTO connector_heartbeat (distributor_id, received_at, connector_version, erp_type, source_ok, queued_batches,
    findings) VALUES ($1, now() - make_interval(hours => $2), '1.0.0', 'csv', true, 0, 0)
"""
ADD_KEY = """
INSERT INTO connector_key (distributor_id, api_key_hash, signing_secret_wrapped, valid_from, accepted_until, used_at)
VALUES ($1, decode(repeat('11', 32), 'hex'), '', now(), now() + interval '37 days', $2)
"""
ADD_CERTIFICATE = """
INSERT INTO certificate (fingerprint, distributor_id, public_key_sha256, certificate_pem, accepted_until, created_at)
VALUES (repeat($1, 64), $2, '', '', now() + make_interval(days => $3), now())
"""


async def measured(pool: asyncpg.Pool) -> CollectorRegistry:
    gauges, registry = StateGauges(pool, MEASURES), CollectorRegistry()
    registry.register(gauges)
    await gauges.measure()
    return registry


async def test_a_site_is_silent_a_day_after_its_last_heartbeat(pool: asyncpg.Pool) -> None:
    for number, (is_active, hours) in enumerate([(True, 25), (True, 23), (False, 25), (True, None)]):
        await pool.execute(ADD_DISTRIBUTOR, f"dist_{number}", 1, is_active)
        if hours is not None:
            await pool.execute(ADD_HEARTBEAT, f"dist_{number}", hours)
    assert (await measured(pool)).get_sample_value("altscore_ingest_silent_sites") == 1


@pytest.mark.parametrize(
    ("is_successor_used", "ending"), [(None, 1), (False, 1), (True, 0)], ids=["alone", "unused", "used"]
)
async def test_a_key_ends_soon_unless_its_successor_is_in_use(
    pool: asyncpg.Pool, is_successor_used: bool | None, ending: int
) -> None:
    await pool.execute(ADD_DISTRIBUTOR, "dist_new", 1, True)
    await pool.execute(ADD_DISTRIBUTOR, "dist_gone", 31, False)
    await pool.execute(ADD_DISTRIBUTOR, "dist_old", 31, True)
    await pool.execute("UPDATE connector_key SET used_at = valid_from")
    if is_successor_used is not None:
        used_at = await pool.fetchval("SELECT now()") if is_successor_used else None
        await pool.execute(ADD_KEY, "dist_old", used_at)
    sample = (await measured(pool)).get_sample_value(
        "altscore_ingest_connector_credentials_ending", {"kind": "api_key"}
    )
    assert sample == ending


async def test_a_certificate_ends_soon_unless_a_newer_one_lasts(pool: asyncpg.Pool) -> None:
    for name in ("dist_a", "dist_b", "dist_c"):
        await pool.execute(ADD_DISTRIBUTOR, name, 1, True)
    for digit, name, days in (("1", "dist_a", 6), ("2", "dist_b", 6), ("3", "dist_b", 80), ("4", "dist_c", 8)):
        await pool.execute(ADD_CERTIFICATE, digit, name, days)
    sample = (await measured(pool)).get_sample_value(
        "altscore_ingest_connector_credentials_ending", {"kind": "certificate"}
    )
    assert sample == 1
