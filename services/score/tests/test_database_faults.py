"""No fault of the database ends a process or leaves a call without a problem body."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import psycopg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.testing import postgres_fixtures
from altscore_libs.testing_postgres import HANG_S, PostgresServer
from altscore_score.access.authentication import AccessState
from altscore_score.access.events import CHANNEL, RevocationNotifier
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.verified_rows import VerifiedRows
from altscore_score.access.worker import Purger
from altscore_score.audit.service import AuditWriter
from altscore_score.audit.spool import Spool
from altscore_score.platform.migration import put_context_key
from altscore_score.platform.redis_pipeline import RedisCircuit, open_pipeline, open_redis
from altscore_score.scores.reader import ScoreCache
from altscore_score.scores.worker import CacheInvalidator
from altscore_score.settings import ApiSettings
from prometheus_client import REGISTRY

from .redis_server import RedisServer
from .world import CONTEXT_KEY, LENDER, MAC_KEY, NOW, RETAILER, SIGNER, World, until

KILLS = 8
CALLERS = 6
REST_S = 0.2
FAULTS = (
    asyncpg.InternalClientError("got result for unknown protocol state 3"),
    asyncpg.ProtocolError("unexpected message"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.CrashShutdownError("the server is going down"),
    asyncpg.DeadlockDetectedError("deadlock detected"),
    ConnectionResetError("connection reset by peer"),
    RuntimeError("unable to perform operation on a closed transport"),
)


class CrashingPostgres(PostgresServer):
    """A PostgreSQL that is killed and starts again on the same files."""

    def kill_backend(self) -> None:
        """Kills a connection's process; the server throws everybody out and recovers by itself."""
        with suppress(psycopg.Error), psycopg.connect(self.dsn("postgres"), autocommit=True) as superuser:
            row = superuser.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'score' LIMIT 1").fetchone()
            if row is not None:
                os.kill(row[0], signal.SIGKILL)

    def restart(self) -> None:
        """Kills the whole server without a checkpoint and starts it again; returns once it recovered."""
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self._run("pg_ctl", "-D", data, "-m", "immediate", "-w", "-l", log, "restart")


@pytest.fixture(scope="session")
def pg_server() -> Iterator[CrashingPostgres]:
    """A PostgreSQL of this module's own."""
    server = CrashingPostgres()
    server.start()
    yield server
    server.stop()


template, database, pool = postgres_fixtures(
    "score",
    Path(__file__).parents[1] / "migrations",
    after_upgrade=lambda owner_dsn: put_context_key(owner_dsn, CONTEXT_KEY),
    further_roles=("score_access",),
)


class FaultyPool:
    """A pool whose next connections fail, each in another way that asyncpg has been seen to fail."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.faults: list[Exception] = []

    def acquire(self, **options: Any) -> Any:
        """A connection, or the next fault."""
        if self.faults:
            raise self.faults.pop()
        return self._pool.acquire(**options)


def failures(worker: str) -> float:
    """Failed steps of a worker so far."""
    return REGISTRY.get_sample_value("altscore_worker_failures_total", {"worker": worker}) or 0.0


async def test_revocations_are_read_again_after_any_fault(world: World) -> None:
    before = failures("access")
    faulty, stop = FaultyPool(world.pool), asyncio.Event()
    state = AccessState(faulty, VerifiedRows(LenderMacs(MAC_KEY)), poll_s=0.01)
    faulty.faults = list(FAULTS)
    polling = asyncio.ensure_future(state.run(stop))
    await until(lambda: polling.done() or LENDER in state.current.lenders)
    stop.set()
    await polling
    assert not faulty.faults
    assert failures("access") - before == len(FAULTS)
    assert state.is_fresh


async def test_announcements_that_cannot_be_heard_are_counted_and_heard_again(
    world: World, redis_server: RedisServer
) -> None:
    before, stop = failures("announcements"), asyncio.Event()
    client = open_redis(redis_server.url, None)
    redis_server.stop()
    state = AccessState(world.pool, VerifiedRows(LenderMacs(MAC_KEY)), RevocationNotifier(client))
    running = asyncio.ensure_future(state.run(stop))
    await until(lambda: running.done() or (state.is_read and failures("announcements") > before))
    redis_server.start()
    async with asyncio.timeout(HANG_S):
        while not (await client.pubsub_numsub(CHANNEL))[0][1]:  # noqa: ASYNC110  # Redis alone knows who listens
            await asyncio.sleep(0.02)
    stop.set()
    await running
    await client.aclose()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_a_withdrawal_order_that_was_committed_holds_whatever_the_reading_of_it_meets(
    world: World, fault: Exception
) -> None:
    faulty = FaultyPool(world.pool)
    state = AccessState(faulty, VerifiedRows(LenderMacs(MAC_KEY)))
    faulty.faults = [fault]
    await state.announce()
    assert not faulty.faults


async def test_old_rows_are_purged_after_any_fault(world: World) -> None:
    faulty, stop = FaultyPool(world.pool), asyncio.Event()
    faulty.faults = list(FAULTS)
    purger = Purger(faulty, SIGNER, FixedClock(NOW))
    clearing = asyncio.ensure_future(PeriodicWorker("purger", purger.purge, interval_s=0.01).run(stop))
    await until(lambda: clearing.done() or not faulty.faults)
    stop.set()
    await clearing
    assert not faulty.faults


async def test_stale_scores_are_dropped_after_any_fault(world: World, api_settings: ApiSettings) -> None:
    before = failures("cache")
    line = open_pipeline(api_settings.redis_url.get_secret_value())
    faulty, stop = FaultyPool(world.pool), asyncio.Event()
    faulty.faults = list(FAULTS)
    cache = ScoreCache(RedisCircuit(line))
    invalidator = CacheInvalidator(faulty, SIGNER, cache, look_s=0.01)
    dropping = asyncio.ensure_future(invalidator.run(stop))
    await until(lambda: dropping.done() or not faulty.faults)
    stop.set()
    await dropping
    await line.close()
    assert not faulty.faults
    assert failures("cache") - before == len(FAULTS)


async def test_spooled_entries_are_written_after_any_fault(world: World, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_text(
        '{"action": "score_requested", "actor": "lender_shriram", "outcome": "served"}\n', encoding="utf-8"
    )
    faulty, stop = FaultyPool(world.pool), asyncio.Event()
    faulty.faults = list(FAULTS)
    audit_writer = AuditWriter(faulty, world.audit_writer.outbox, Spool(tmp_path))
    spooling = asyncio.ensure_future(PeriodicWorker("spool", audit_writer.replay_spool, interval_s=0.01).run(stop))
    await until(lambda: spooling.done() or not list(tmp_path.iterdir()))
    stop.set()
    await spooling
    assert not faulty.faults


async def keep_calling(world: World, stop: asyncio.Event, replies: list[httpx.Response]) -> None:
    """One caller: replays, which cost no quota, fresh calls, and calls for a retailer without consent."""
    key = str(uuid4())
    while not stop.is_set():
        replies.append(await world.score(headers={"X-Request-ID": key}))
        replies.append(await world.score(f"ret_{uuid4().hex[:16]}"))
        replies.append(await world.lenders.get(f"/v1/score/{RETAILER}/history", headers=world.headers()))


async def test_a_killed_database_ends_no_loop_and_every_call_has_a_body(
    world: World, pg_server: CrashingPostgres, api_settings: ApiSettings
) -> None:
    stop, replies = asyncio.Event(), list[httpx.Response]()
    line = open_pipeline(api_settings.redis_url.get_secret_value())
    dropper = CacheInvalidator(world.pool, SIGNER, ScoreCache(RedisCircuit(line)))
    loops: list[Callable[[asyncio.Event], Awaitable[None]]] = [
        world.state.run,
        PeriodicWorker("spool", world.audit_writer.replay_spool, interval_s=0.01).run,
        dropper.run,
        PeriodicWorker("purger", Purger(world.pool, SIGNER, world.clock).purge, interval_s=0.01).run,
    ]
    running = [asyncio.ensure_future(loop(stop)) for loop in loops]
    callers = [asyncio.ensure_future(keep_calling(world, stop, replies)) for _ in range(CALLERS)]
    for number in range(KILLS):
        await asyncio.sleep(REST_S)
        await asyncio.to_thread(pg_server.restart if number % 2 else pg_server.kill_backend)
    assert [task.done() for task in running] == [False] * len(running)
    before = len(replies)
    await until(lambda: any(reply.status_code == 200 for reply in replies[before:]))
    stop.set()
    await asyncio.gather(*callers, *running)
    await line.close()
    statuses = {reply.status_code for reply in replies}
    assert {200, 503} <= statuses <= {200, 403, 429, 503}
    for reply in replies:
        if reply.status_code != httpx.codes.OK:
            assert reply.headers["content-type"] == "application/problem+json"
            assert reply.json()["status"] == reply.status_code
