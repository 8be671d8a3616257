"""PostgreSQL: pools, one transaction per request or event, and migrations.

A database that hangs costs little: taking a connection and beginning on it end within OPEN_S, a statement within the
pool's timeout, and a connection whose statement did not end in time is dropped, never waited for.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from altscore_libs.errors import Unavailable

OPEN_S = 1.8
GRACE_S = 0.3  # for the server's own timeout to arrive
CLOSE_S = 5.0  # for what still uses a connection when its pool is closed
# Every way in which the database, not the statement, fails: what a caller may try again later.
UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # used while its connection was dying
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, crashed, starting, cancelled by a timeout
    asyncpg.InsufficientResourcesError,  # connections, memory, disk
    asyncpg.TransactionRollbackError,  # deadlock, serialization failure: the same transaction may pass next time
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,  # a migration changed a column; asyncpg has forgotten the plan by now
    asyncpg.LockNotAvailableError,
    asyncpg.InternalServerError,
    asyncpg.PostgresSystemError,
)


def _plain(dsn: SecretStr | str) -> str:
    return dsn.get_secret_value() if isinstance(dsn, SecretStr) else dsn


async def create_pool(
    dsn: SecretStr | str,
    *,
    min_size: int = 1,
    max_size: int = 8,
    statement_timeout_s: float = 5.0,
    resets_sessions: bool = True,
) -> asyncpg.Pool:
    """A connection pool whose statements the server ends after `statement_timeout_s` seconds.

    Args:
        dsn: of the service's role.
        min_size: connections opened at once.
        max_size: connections at most.
        statement_timeout_s: longest run of a statement, seconds.
        resets_sessions: False saves the round trip that cleans a session when its connection is given back; for
            users that leave nothing in it (no settings, locks, listeners or temporary tables).
    """
    return await _BoundedPool(
        _plain(dsn),
        min_size=min_size,
        max_size=max_size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        setup=None,
        init=None,
        reset=None if resets_sessions else _keep_session,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        command_timeout=statement_timeout_s + GRACE_S,
        server_settings={
            "statement_timeout": str(int(statement_timeout_s * 1000)),
            "timezone": "UTC",
            "jit": "off",
        },
    )


class _BoundedPool(asyncpg.Pool):  # type: ignore[misc]  # asyncpg has no types
    """A pool that waits `CLOSE_S` at most for connections that are still used when it is closed.

    asyncpg waits for ever: a process whose start failed while a connection was busy neither served nor ended.
    """

    async def close(self) -> None:
        """Closes every connection, those that nobody gave back in time too."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(super().close(), CLOSE_S)  # cancelled, asyncpg ends them


async def _keep_session(_connection: asyncpg.Connection) -> None:
    pass


@asynccontextmanager
async def session(pool: asyncpg.Pool, *, timeout_s: float = OPEN_S) -> AsyncIterator[asyncpg.Connection]:
    """One connection outside any transaction, for session locks; what it holds ends with it.

    Args:
        pool: whose connection is used.
        timeout_s: longest wait for a connection, seconds.

    Raises:
        Unavailable: as `transaction`.
    """
    try:
        async with pool.acquire(timeout=timeout_s) as connection:
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                drop(connection)
                raise
    except UNREACHABLE as error:
        raise Unavailable("the database is not available") from error


@asynccontextmanager
async def transaction(pool: asyncpg.Pool, *, timeout_s: float = OPEN_S) -> AsyncIterator[asyncpg.Connection]:
    """One connection in one transaction: committed at the end, rolled back by any exception.

    Args:
        pool: whose connection is used.
        timeout_s: longest duration until the transaction has begun, the wait for a connection included, seconds.

    Raises:
        Unavailable: the database cannot be reached, is read-only, full, did not answer in time, or ended the
            transaction for another's sake (deadlock).
    """
    try:
        async with _begun(pool, timeout_s) as (connection, begun):
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                raise  # a rollback would wait for the statement that did not end
            except BaseException:
                await begun.rollback()
                raise
            else:
                await begun.commit()
    except UNREACHABLE as error:
        raise Unavailable("the database is not available") from error


@asynccontextmanager
async def _begun(
    pool: asyncpg.Pool, timeout_s: float
) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.transaction.Transaction]]:
    ends_at = asyncio.get_running_loop().time() + timeout_s
    async with pool.acquire(timeout=timeout_s) as connection:
        begun = connection.transaction()
        try:
            async with asyncio.timeout_at(ends_at):
                await begun.start()
            yield connection, begun
        except (TimeoutError, asyncio.CancelledError):
            drop(connection)
            raise


def drop(connection: asyncpg.Connection) -> None:
    """Ends a connection whose server may hang, without a word to it; the pool opens another one in its place."""
    with contextlib.suppress(asyncpg.InterfaceError):  # it was lost and left the pool by itself
        connection.terminate()


def is_lost(connection: asyncpg.Connection) -> bool:
    """Whether a connection is closed, or was and left its pool by itself."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


def affected_rows(status: str) -> int:
    """How many rows a statement changed, by the status that `execute` returns ("DELETE 3")."""
    return int(status.rpartition(" ")[2])


async def check(pool: asyncpg.Pool) -> None:
    """Readiness: raises while the database does not answer."""
    async with session(pool, timeout_s=1.0) as connection:
        await connection.execute("SELECT 1", timeout=1.0)


def upgrade(owner_dsn: SecretStr | str, migrations: Path) -> None:
    """Brings a database to the newest version of `migrations` (Alembic version files).

    Args:
        owner_dsn: of the role that owns the database; the application's role never migrates.
        migrations: folder of numbered version files.
    """
    from alembic import command  # noqa: PLC0415  # 21 MiB with SQLAlchemy, which no serving process needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["dsn"] = _plain(owner_dsn)
    command.upgrade(config, "head")
