"""The worker does not start with a role that could write around the one function that may append."""

import asyncpg
import pytest
from altscore_audit.main import refuse_writable_role
from altscore_libs.testing import Database


async def test_the_services_own_role_may_start(pool: asyncpg.Pool) -> None:
    await refuse_writable_role(pool)


async def test_the_owner_of_the_log_may_not_start_as_the_service(database: Database) -> None:
    async with asyncpg.create_pool(database.owner_dsn, min_size=1, max_size=1) as owner:
        with pytest.raises(SystemExit, match="may write audit_log"):
            await refuse_writable_role(owner)
