"""PostgreSQL: pools, one transaction per request or event, and migrations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from altscore_libs.errors import Unavailable

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
    return await asyncpg.create_pool(
        _plain(dsn),
        min_size=min_size,
        max_size=max_size,
        command_timeout=statement_timeout_s + 1,
        reset=None if resets_sessions else _keep_session,
        server_settings={
            "statement_timeout": str(int(statement_timeout_s * 1000)),
            "timezone": "UTC",
            "jit": "off",
        },
    )


async def _keep_session(_connection: asyncpg.Connection) -> None:
    pass


@asynccontextmanager
async def session(pool: asyncpg.Pool, *, timeout_s: float = 5.0) -> AsyncIterator[asyncpg.Connection]:
    """One connection outside any transaction, for session locks; what it holds ends with it.

    Raises:
        Unavailable: as `transaction`.
    """
    try:
        async with pool.acquire(timeout=timeout_s) as connection:
            yield connection
    except UNREACHABLE as error:
        raise Unavailable("the database is not available") from error


@asynccontextmanager
async def transaction(pool: asyncpg.Pool, *, timeout_s: float = 5.0) -> AsyncIterator[asyncpg.Connection]:
    """One connection in one transaction: committed at the end, rolled back by any exception.

    Raises:
        Unavailable: the database cannot be reached, is read-only, full, did not answer in time, or ended the
            transaction for another's sake (deadlock).
    """
    try:
        async with pool.acquire(timeout=timeout_s) as connection, connection.transaction():
            yield connection
    except UNREACHABLE as error:
        raise Unavailable("the database is not available") from error


async def check(pool: asyncpg.Pool) -> None:
    """Readiness: raises while the database does not answer."""
    async with pool.acquire(timeout=1.0) as connection:
        await connection.execute("SELECT 1")


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
