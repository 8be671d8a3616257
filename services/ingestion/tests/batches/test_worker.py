"""Why a record was refused is told for a time; the batch itself stays."""

from datetime import UTC, datetime, timedelta

import asyncpg
from altscore_ingestion.batches.worker import OUTCOMES_KEPT, outcomes_retention
from altscore_libs.clock import FixedClock

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


async def test_old_reasons_go_and_the_batch_with_its_counts_stays(pool: asyncpg.Pool) -> None:
    batch_id = f"bat_{1:032x}"
    await pool.execute(
        "INSERT INTO distributor (distributor_id, name, api_key_hash, signing_secret_wrapped, created_at)"
        " VALUES ('dist_a', 'A', sha256('k'), 'w', now())"
    )
    await pool.execute(
        "INSERT INTO batch (batch_id, distributor_id, client_batch_id, body_sha256, erp_type, received_at, submitted)"
        " VALUES ($1, 'dist_a', gen_random_uuid(), sha256('x'), 'csv', $2, 2)",
        batch_id,
        NOW - timedelta(days=500),
    )
    for position, age in enumerate((OUTCOMES_KEPT - timedelta(days=1), OUTCOMES_KEPT + timedelta(days=1))):
        await pool.execute(
            "INSERT INTO batch_record (batch_id, table_name, position, status, reasons, recorded_at)"
            " VALUES ($1, 'invoices', $2, 'quarantined', '[]', $3)",
            batch_id,
            position,
            NOW - age,
        )
    assert not await outcomes_retention(pool, FixedClock(NOW)).step()
    assert await pool.fetchval("SELECT array_agg(position) FROM batch_record") == [0]
    assert await pool.fetchval("SELECT count(*) FROM batch") == 1
