"""Refused uploads count, ended ones go after their time, and nothing waits for a distributor that was revoked."""

import asyncio
from datetime import timedelta

import pytest
from altscore_ingestion.uploads.domain import UPLOADS_PER_HOUR
from altscore_ingestion.uploads.store import MEASURES
from altscore_ingestion.uploads.worker import drop_revoked, refusal_retention, upload_retention, upload_workers

from ..world import World
from .test_routes import NAME, A, csv, uploaded

UNREADABLE = "Nothing,of,this\n1,2,3\n"


async def waiting(world: World) -> str:
    """An upload of which a batch waits; its id."""
    told = await uploaded(world, await world.onboard(), csv(A))
    await world.pool.execute("UPDATE upload SET state = 'received', ended_at = NULL, remainder = '\\x00'")
    await world.pool.execute(
        "INSERT INTO upload_batch (upload_id, place, client_batch_id, body, records)"
        " VALUES ($1, 0, gen_random_uuid(), '\\x00', '\\x00')",
        told["upload_id"],
    )
    return str(told["upload_id"])


async def gauge(world: World, name: str) -> int:
    """What a gauge of the worker would show."""
    [measure] = [item for item in MEASURES if item.name == name]
    return int(await world.pool.fetchval(measure.query))


async def test_refused_uploads_count_among_those_of_an_hour(world: World) -> None:
    connector = await world.onboard()
    for _ in range(UPLOADS_PER_HOUR):
        answer = await world.upload(connector, NAME, UNREADABLE)
        assert (answer.status_code, answer.json()["code"]) == (400, "UPLOAD_REFUSED")
    answer = await world.upload(connector, NAME, csv(A))
    assert (answer.status_code, answer.headers["X-RateLimit-Limit"]) == (429, str(UPLOADS_PER_HOUR))
    world.clock.advance(seconds=3_601)
    await uploaded(world, connector, csv(A))


async def test_a_refused_upload_leaves_nothing_but_its_instant(world: World) -> None:
    await world.upload(await world.onboard(), NAME, UNREADABLE)
    assert await world.pool.fetchval("SELECT count(*) FROM upload") == 0
    [row] = await world.pool.fetch("SELECT * FROM upload_refusal")
    assert dict(row) == {"distributor_id": "dist_a", "refused_at": world.clock.now()}


@pytest.mark.parametrize(("days", "left"), [(399, 1), (401, 0)])
async def test_an_ended_upload_is_forgotten_after_400_days(world: World, days: int, left: int) -> None:
    await uploaded(world, await world.onboard(), csv(A))
    world.clock.advance(seconds=timedelta(days=days).total_seconds())
    await upload_retention(world.pool, world.clock).step()
    assert await world.pool.fetchval("SELECT count(*) FROM upload") == left


async def test_an_upload_that_waits_is_not_forgotten_and_counted(world: World) -> None:
    await waiting(world)
    world.clock.advance(seconds=timedelta(days=500).total_seconds())
    await upload_retention(world.pool, world.clock).step()
    assert await gauge(world, "altscore_ingest_uploads_waiting") == 1
    await world.pool.execute("UPDATE upload SET received_at = now() - interval '2 days'")
    assert await gauge(world, "altscore_ingest_oldest_waiting_upload_age_seconds") >= timedelta(days=2).total_seconds()


async def test_refusals_are_forgotten_after_two_days(world: World) -> None:
    await world.upload(await world.onboard(), NAME, UNREADABLE)
    world.clock.advance(seconds=timedelta(days=2, hours=1).total_seconds())
    await refusal_retention(world.pool, world.clock).step()
    assert await world.pool.fetchval("SELECT count(*) FROM upload_refusal") == 0


@pytest.mark.parametrize("revoke", ["connector_key SET revoked_at = now()", "distributor SET is_active = false"])
async def test_what_waits_for_a_revoked_distributor_is_dropped(world: World, revoke: str) -> None:
    upload_id = await waiting(world)
    await drop_revoked(world.pool, world.clock)
    assert await world.pool.fetchval("SELECT count(*) FROM upload_batch") == 1, "nobody is revoked"
    await world.pool.execute(f"UPDATE {revoke}")
    await drop_revoked(world.pool, world.clock)
    row = await world.pool.fetchrow("SELECT state, remainder, ended_at FROM upload WHERE upload_id = $1", upload_id)
    assert tuple(row) == ("dropped", None, world.clock.now())
    assert await world.pool.fetchval("SELECT count(*) FROM upload_batch") == 0
    assert await gauge(world, "altscore_ingest_uploads_waiting") == 0


async def test_what_is_being_sent_is_not_dropped_under_its_sender(world: World) -> None:
    await waiting(world)
    await world.pool.execute("UPDATE distributor SET is_active = false")
    async with world.pool.acquire() as connection:
        await connection.fetchval("SELECT pg_advisory_lock(742102, hashtext('dist_a'))")
        await drop_revoked(world.pool, world.clock)
        await connection.fetchval("SELECT pg_advisory_unlock(742102, hashtext('dist_a'))")
    assert await world.pool.fetchval("SELECT count(*) FROM upload_batch") == 1


async def test_a_running_worker_drops_what_waits_for_a_revoked_distributor(world: World) -> None:
    await waiting(world)
    await world.pool.execute("UPDATE distributor SET is_active = false")
    workers, stop = upload_workers(world.pool, world.clock), asyncio.Event()
    assert set(workers) == {"upload_retention", "upload_refusal_retention", "revoked_uploads"}
    running = [asyncio.create_task(worker.run(stop)) for worker in workers.values()]
    while await world.pool.fetchval("SELECT count(*) FROM upload_batch"):
        continue
    stop.set()
    await asyncio.gather(*running)
