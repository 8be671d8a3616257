"""PostgreSQL: pools, one transaction per request or event, and migrations."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from altscore_libs.errors import Unavailable

UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection was used while the server was dying
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DiskFullError,
)


def _plain(dsn: SecretStr | str) -> str:
    return dsn.get_secret_value() if isinstance(dsn, SecretStr) else dsn


async def create_pool(
    dsn: SecretStr | str, *, min_size: int = 1, max_size: int = 8, statement_timeout_s: float = 5.0
) -> asyncpg.Pool:
    """A connection pool whose statements the server ends after `statement_timeout_s` seconds."""
    return await asyncpg.create_pool(
        _plain(dsn),
        min_size=min_size,
        max_size=max_size,
        command_timeout=statement_timeout_s + 1,
        server_settings={
            "statement_timeout": str(int(statement_timeout_s * 1000)),
            "timezone": "UTC",
            "jit": "off",
        },
    )


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
        Unavailable: the database cannot be reached, is read-only, full, or did not answer in time.
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


async def retry_until(stop: asyncio.Event, seconds: float) -> bool:
    """Waits `seconds` or until `stop` is set; True when it was set."""
    try:
        await asyncio.wait_for(stop.wait(), timeout=seconds)
    except TimeoutError:
        return False
    return True
