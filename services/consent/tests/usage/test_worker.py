"""Uses go when no consent counts them any more."""

import json
from datetime import timedelta
from pathlib import Path

import asyncpg
from altscore_consent.invites import fair_use
from altscore_consent.usage.store import uses_of
from altscore_consent.usage.worker import USES_KEPT, uses_retention
from altscore_libs.clock import FixedClock


async def test_uses_that_are_too_old_to_count_go_and_the_others_stay(pool: asyncpg.Pool, clock: FixedClock) -> None:
    for age in (USES_KEPT - timedelta(days=1), USES_KEPT + timedelta(days=1)):
        await pool.execute(
            "INSERT INTO consent_uses VALUES (gen_random_uuid(), 'cns_1', 'lender_one', $1)", clock.now() - age
        )
    assert not await uses_retention(pool, clock).step()
    async with pool.acquire() as connection:
        ((_, _, count, last_at),) = await uses_of(connection, ["cns_1"])
    assert (count, last_at) == (1, clock.now() - USES_KEPT + timedelta(days=1))


def test_no_template_counts_or_lives_longer_than_uses_are_kept() -> None:
    sets = json.loads(Path(fair_use.__file__).with_name("fair_use.json").read_text(encoding="utf-8"))
    templates = [template for purposes in sets.values() for template in purposes.values()]
    assert templates
    assert {template["validity"]["unit"] for template in templates} == {"month"}
    assert all(timedelta(days=31) * template["validity"]["value"] < USES_KEPT for template in templates)
    assert all(timedelta(days=template["frequency"]["value"]) < USES_KEPT for template in templates)


async def test_the_removal_reads_along_its_index(pool: asyncpg.Pool, clock: FixedClock) -> None:
    await pool.execute(
        "INSERT INTO consent_uses"
        " SELECT gen_random_uuid(), 'cns_1', 'lender_one', $1::timestamptz + n * interval '1 minute'"
        " FROM generate_series(1, 20000) AS n",
        clock.now() - USES_KEPT,
    )
    rows = await pool.fetch(f"EXPLAIN {uses_retention(pool, clock).statement}", clock.now(), 10)
    plan = "\n".join(row[0] for row in rows)
    assert "consent_uses_by_age" in plan
    assert "Seq Scan" not in plan
