"""A database that dies is `Unavailable` to every caller, and no process that serves ends by it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import asyncpg
import httpx
import psycopg
import pytest
from altscore_libs import db
from altscore_libs.errors import Unavailable
from altscore_libs.periodic import PeriodicWorker
from altscore_libs.service import Readiness, serve
from altscore_libs.testing import Database
from altscore_libs.testing_postgres import HANG_S, PostgresServer, free_port
from altscore_libs.testing_stopwatch import Stopwatch


async def until(is_done: Callable[[], bool]) -> None:
    while not is_done():  # noqa: ASYNC110  # what is waited for sets no event
        await asyncio.sleep(0.02)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    own = PostgresServer()
    own.start()
    yield own
    own.stop()


async def test_whatever_a_killed_database_raises_is_unavailable(server: PostgresServer) -> None:
    pool = await db.create_pool(server.dsn("postgres"), min_size=8)

    async def work() -> list[BaseException]:
        errors: list[BaseException] = []
        async with asyncio.timeout(HANG_S):
            while len(errors) < 3:
                try:
                    async with db.transaction(pool) as connection:
                        await connection.fetch("SELECT generate_series(1, 20000), pg_sleep(0.001)")
                except Exception as error:  # noqa: BLE001  # whichever comes is looked at
                    errors.append(error)
        return errors

    workers = [asyncio.create_task(work()) for _ in range(16)]
    await asyncio.sleep(0.3)
    server.kill()
    raised = [error for errors in await asyncio.gather(*workers) for error in errors]
    pool.terminate()
    assert {type(error) for error in raised} == {Unavailable}


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.SerializationError("could not serialize"),
        asyncpg.OutOfMemoryError("out of memory"),
        asyncpg.CannotConnectNowError("starting up"),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_faults_of_the_database_are_unavailable_in_transactions_and_sessions(
    pool: asyncpg.Pool, error: Exception
) -> None:
    for scope in (db.transaction, db.session):
        with pytest.raises(Unavailable):
            async with scope(pool):
                raise error


@pytest.mark.parametrize("error", [asyncpg.UniqueViolationError("x"), asyncpg.UndefinedTableError("x"), KeyError("x")])
async def test_a_fault_of_the_statement_stays_what_it_is(pool: asyncpg.Pool, error: Exception) -> None:
    with pytest.raises(type(error)):
        async with db.transaction(pool):
            raise error


async def test_a_column_changed_under_a_warm_pool_is_unavailable_once_per_connection(
    pool: asyncpg.Pool, database: Database
) -> None:
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("CREATE TABLE migrated (value integer)")
        superuser.execute("GRANT SELECT ON migrated TO PUBLIC")
        async with db.transaction(pool) as connection:
            await connection.fetch("SELECT value FROM migrated")
        superuser.execute("ALTER TABLE migrated ALTER value TYPE text")
        with pytest.raises(Unavailable):
            async with db.transaction(pool) as connection:
                await connection.fetch("SELECT value FROM migrated")
        async with db.transaction(pool) as connection:
            assert await connection.fetch("SELECT value FROM migrated") == []


async def test_two_transactions_in_a_deadlock_end_as_one_success_and_one_unavailable(
    pool: asyncpg.Pool, database: Database
) -> None:
    first, second = [
        row["id"]
        for row in await pool.fetch(
            "INSERT INTO effects (event_id) VALUES (gen_random_uuid()), (gen_random_uuid()) RETURNING id"
        )
    ]
    both_hold = asyncio.Barrier(2)

    async def lock(ids: tuple[int, int]) -> None:
        async with db.transaction(pool) as connection:
            await connection.execute("SELECT FROM effects WHERE id = $1 FOR UPDATE", ids[0])
            await both_hold.wait()
            await connection.execute("SELECT FROM effects WHERE id = $1 FOR UPDATE", ids[1])

    results = await asyncio.gather(lock((first, second)), lock((second, first)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Unavailable"]


STATEMENT_S = 0.5
LATE_S = 0.4  # what a busy machine may add


async def refused_after(work: Callable[[], Awaitable[object]]) -> float:
    """How long it takes until the database is said to be unavailable, seconds."""
    watch = Stopwatch()
    with pytest.raises(Unavailable):
        await work()
    return watch.seconds


async def test_a_database_that_hangs_costs_a_caller_at_most_two_seconds(server: PostgresServer) -> None:
    pool = await db.create_pool(server.dsn("postgres"), min_size=4, max_size=4, statement_timeout_s=STATEMENT_S)

    async def write() -> None:
        async with db.transaction(pool) as connection:
            await connection.execute("SELECT 1")

    async def lock() -> None:
        async with db.session(pool) as connection:
            await connection.execute("SELECT 1")

    await write()
    with server.hanging():  # twelve callers of four connections: eight wait for one
        waits_s = await asyncio.gather(*(refused_after(work) for work in (write, lock) * 6))
        later_s = await asyncio.gather(refused_after(write), refused_after(lock))
    assert max(*waits_s, *later_s) <= db.OPEN_S + LATE_S
    async with asyncio.timeout(HANG_S):
        await asyncio.gather(*(write() for _ in range(8)))
    pool.terminate()


async def test_a_statement_under_way_when_the_database_begins_to_hang_ends_with_its_timeout(
    server: PostgresServer,
) -> None:
    pool = await db.create_pool(server.dsn("postgres"), statement_timeout_s=STATEMENT_S)
    begun = asyncio.Event()

    async def write() -> None:
        async with db.transaction(pool) as connection:
            begun.set()
            await connection.execute("SELECT pg_sleep(0.2)")

    writing = asyncio.create_task(refused_after(write))
    await begun.wait()
    with server.hanging():
        assert await writing <= STATEMENT_S + db.GRACE_S + LATE_S
    pool.terminate()


async def test_a_cancelled_transaction_leaves_at_once_though_the_database_hangs(server: PostgresServer) -> None:
    pool = await db.create_pool(server.dsn("postgres"), statement_timeout_s=30)
    begun = asyncio.Event()

    async def write() -> None:
        async with db.transaction(pool) as connection:
            begun.set()
            await connection.execute("SELECT pg_sleep(20)")

    writing = asyncio.create_task(write())
    await begun.wait()
    with server.hanging():
        watch = Stopwatch()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert watch.seconds < LATE_S
    pool.terminate()


async def test_what_was_written_before_an_error_is_rolled_back_and_the_connection_goes_on(pool: asyncpg.Pool) -> None:
    backends: list[int] = []

    async def fail() -> None:
        async with db.transaction(pool) as connection:
            backends.append(await connection.fetchval("SELECT pg_backend_pid()"))
            await connection.execute("INSERT INTO effects (event_id) VALUES (gen_random_uuid())")
            raise KeyError("x")

    with pytest.raises(KeyError):
        await fail()
    async with db.transaction(pool) as connection:
        assert await connection.fetchval("SELECT count(*) FROM effects") == 0
        assert [await connection.fetchval("SELECT pg_backend_pid()")] == backends


async def test_a_process_lives_on_when_its_database_is_killed(server: PostgresServer) -> None:
    pool, internal, stop = await db.create_pool(server.dsn("postgres"), min_size=4), free_port(), asyncio.Event()
    readiness, turns, raw_turns = Readiness(), 0, 0
    readiness.add("database", lambda: db.check(pool))

    async def step() -> None:
        nonlocal turns
        turns += 1
        async with pool.acquire() as connection:  # not by transaction(): any class of error may come
            await connection.execute("SELECT pg_sleep(0.01)")

    async def raw(_stop: asyncio.Event) -> None:
        nonlocal raw_turns
        raw_turns += 1
        async with pool.acquire() as connection:
            while True:
                await connection.execute("SELECT pg_sleep(0.01)")

    async def until_stopped(_stop: asyncio.Event) -> None:
        await stop.wait()

    workers = {"step": PeriodicWorker("step", step, interval_s=0.01).run, "raw": raw, "end": until_stopped}
    process = asyncio.create_task(serve("shop", workers=workers, readiness=readiness, internal_port=internal))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{internal}") as http, asyncio.timeout(HANG_S):
        await until(lambda: turns > 0)
        server.kill()
        before = turns
        await until(lambda: turns >= before + 3 and raw_turns >= 2)
        assert not process.done()
        assert (await http.get("/livez")).status_code == 200
        assert (await http.get("/readyz")).json()["failed"] == ["database"]
    stop.set()
    await asyncio.wait_for(process, timeout=HANG_S)
    pool.terminate()


async def test_a_pool_is_closed_in_bounded_time_while_a_connection_is_still_used(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that fails with a connection in use must end the process, not keep it between serving and ending."""
    monkeypatch.setattr(db, "CLOSE_S", 0.2)
    pool = await db.create_pool(server.dsn("postgres"))
    used = await pool.acquire()
    async with asyncio.timeout(HANG_S):
        await pool.close()
    with pytest.raises(asyncpg.InterfaceError):
        await used.fetchval("SELECT 1")
    idle = await db.create_pool(server.dsn("postgres"))
    await idle.close()
    with pytest.raises(asyncpg.InterfaceError):
        await idle.acquire()
