"""Row-level security holds against our own SQL, and the service does not start without it."""

import asyncpg
import psycopg
import pytest
from altscore_libs.rls import ContextSigner
from altscore_libs.testing import Database
from altscore_score.platform.startup_checks import GUARDED, RowSecurityMissing, verify_row_level_security

from ..world import CONTEXT_KEY, LENDER, OTHER_LENDER, OTHER_RETAILER, PURPOSE, RETAILER, SIGNER, World

COUNT = "SELECT count(*) FROM sealed_score"


async def count_as(pool: asyncpg.Pool, context: str | None, statement: str = COUNT) -> int:
    """How many rows a context shows."""
    async with pool.acquire() as connection, connection.transaction():
        if context is not None:
            await connection.execute("SELECT set_config('app.context', $1, true)", context)
        return int(await connection.fetchval(statement))


async def test_a_lender_sees_only_what_it_was_granted(world: World) -> None:
    await world.computed(OTHER_RETAILER)
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    for lender, retailer in ((LENDER, RETAILER), (OTHER_LENDER, OTHER_RETAILER)):
        async with world.pool.acquire() as connection, connection.transaction():
            await SIGNER.enter(connection, lender)
            rows = await connection.fetch("SELECT retailer_id FROM sealed_score")
            grants = await connection.fetch("SELECT lender_id FROM consent_grant")
        assert [row["retailer_id"] for row in rows] == [retailer]
        assert [row["lender_id"] for row in grants] == [lender]


@pytest.mark.parametrize(
    "context",
    [None, "", LENDER, f"{LENDER}|", f"{LENDER}|{'0' * 64}", ContextSigner(b"x" * 32).sign(LENDER), "projector"],
    ids=["none", "empty", "subject_alone", "no_signature", "another_signature", "another_key", "projector"],
)
async def test_without_a_signed_context_nothing_is_seen(world: World, context: str | None) -> None:
    assert GUARDED
    for table in GUARDED:
        assert await count_as(world.pool, context, f"SELECT count(*) FROM {table}") == 0


async def test_the_context_ends_with_its_transaction(world: World) -> None:
    async with world.pool.acquire() as connection:
        async with connection.transaction():
            await SIGNER.enter(connection, LENDER)
            assert await connection.fetchval(COUNT) == 1
        assert await connection.fetchval(COUNT) == 0
        await connection.fetchrow("SELECT * FROM score_for($1, $2, $3)", SIGNER.sign(LENDER), RETAILER, PURPOSE)
        assert await connection.fetchval(COUNT) == 0


async def test_an_expired_grant_opens_nothing(world: World) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, "projector")
        await connection.execute("UPDATE consent_grant SET expires_at = now()")
    assert await count_as(world.pool, SIGNER.sign(LENDER)) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sealed_score VALUES ('scr_x', 'ret_x', now(), '{}', 'k', 's')",
        "INSERT INTO consent_grant VALUES ('ret_x', 'lender_shriram', 'p', 'c', 1, true, 'infinity')",
        "INSERT INTO score_block VALUES ('b', 'ret_x', 'retailer', 'GR-5', 'x', now())",
        "INSERT INTO idempotent_reply VALUES ('lender_ugro', gen_random_uuid(), '', 'en', '', now())",
        "DELETE FROM sealed_score",
        "TRUNCATE sealed_score",
        "UPDATE sealed_score SET sealed_record = '{}'",
        "SELECT * FROM context_key",
        "ALTER TABLE sealed_score DISABLE ROW LEVEL SECURITY",
        "DROP POLICY projector ON sealed_score",
        "CREATE OR REPLACE FUNCTION current_subject() RETURNS text LANGUAGE sql AS 'SELECT ''lender_ugro'''",
    ],
)
async def test_a_lenders_context_writes_none_of_the_projection(world: World, statement: str) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(statement)


async def test_a_lender_cannot_extend_its_own_grant(world: World) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        assert await connection.execute("UPDATE consent_grant SET expires_at = 'infinity'") == "UPDATE 0"


@pytest.mark.parametrize("by", ["lender_id, retailer_id", "retailer_id, lender_id"])
async def test_active_grants_have_an_index_for_each_order_of_reading(pool: asyncpg.Pool, by: str) -> None:
    indexes = await pool.fetchval(
        "SELECT count(*) FROM pg_indexes WHERE tablename = 'consent_grant' AND indexdef LIKE $1",
        f"%({by}%) INCLUDE (expires_at%) WHERE is_active",
    )
    assert indexes == 1


async def test_the_service_starts_as_its_own_role(pool: asyncpg.Pool) -> None:
    await verify_row_level_security(pool, SIGNER)


def as_superuser(database: Database, *statements: str) -> None:
    """Runs statements that the service itself may not run."""
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


async def refusal_of(dsn: str, signer: ContextSigner = SIGNER) -> str:
    """Why the service does not start."""
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1)
    try:
        with pytest.raises(RowSecurityMissing) as refused:
            await verify_row_level_security(pool, signer)
    finally:
        pool.terminate()
    return str(refused.value)


async def test_it_refuses_to_start_as_superuser(database: Database) -> None:
    assert "superuser" in await refusal_of(database.superuser_dsn)


async def test_it_refuses_to_start_as_owner(database: Database) -> None:
    assert "owns" in await refusal_of(database.owner_dsn)


async def test_it_refuses_to_start_as_member_of_the_owner(database: Database) -> None:
    as_superuser(database, "CREATE ROLE score_heir LOGIN IN ROLE score_owner")
    try:
        assert "owns" in await refusal_of(database.app_dsn.replace("score@", "score_heir@"))
    finally:
        as_superuser(database, "DROP ROLE score_heir")


async def test_it_refuses_to_start_with_bypassrls(database: Database) -> None:
    as_superuser(database, "CREATE ROLE score_free LOGIN BYPASSRLS IN ROLE score")
    try:
        assert "bypasses" in await refusal_of(database.app_dsn.replace("score@", "score_free@"))
    finally:
        as_superuser(database, "DROP ROLE score_free")


async def test_it_refuses_to_start_as_a_role_that_can_become_one_with_bypassrls(database: Database) -> None:
    as_superuser(
        database,
        "CREATE ROLE score_free NOLOGIN BYPASSRLS",
        "CREATE ROLE score_heir LOGIN NOINHERIT IN ROLE score, score_free",
    )
    try:
        assert "bypasses" in await refusal_of(database.app_dsn.replace("score@", "score_heir@"))
    finally:
        as_superuser(database, "DROP ROLE score_heir", "DROP ROLE score_free")


async def test_it_refuses_to_start_as_a_role_that_makes_roles(database: Database) -> None:
    as_superuser(database, "CREATE ROLE score_maker LOGIN CREATEROLE IN ROLE score")
    try:
        assert "make roles" in await refusal_of(database.app_dsn.replace("score@", "score_maker@"))
    finally:
        as_superuser(database, "DROP ROLE score_maker")


async def test_it_refuses_to_start_where_a_new_table_about_retailers_has_no_row_security(database: Database) -> None:
    as_superuser(database, "CREATE TABLE notes (retailer_id text)")
    assert "notes" in await refusal_of(database.app_dsn)


@pytest.mark.parametrize(
    "policy",
    [
        "CREATE POLICY open ON sealed_score FOR SELECT USING (true)",
        "CREATE POLICY open ON sealed_score FOR INSERT WITH CHECK (true)",
        "CREATE POLICY open ON sealed_score USING ((SELECT current_subject()) = 'projector') WITH CHECK (true)",
        "CREATE POLICY open ON sealed_score USING (current_setting('app.context', true) LIKE 'lender_%')",
    ],
)
async def test_it_refuses_to_start_with_a_policy_that_does_not_ask_whose_context_it_is(
    database: Database, policy: str
) -> None:
    as_superuser(database, policy)
    assert "sealed_score does not ask" in await refusal_of(database.app_dsn)


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("change", ["NO FORCE", "DISABLE"])
async def test_it_refuses_to_start_where_a_table_is_not_forced(database: Database, table: str, change: str) -> None:
    as_superuser(database, f"ALTER TABLE {table} {change} ROW LEVEL SECURITY")
    assert table in await refusal_of(database.app_dsn)


async def test_it_refuses_to_start_where_a_plain_set_forges_the_context(database: Database) -> None:
    as_superuser(
        database,
        "CREATE OR REPLACE FUNCTION current_subject() RETURNS text LANGUAGE sql STABLE AS"
        " $$ SELECT nullif(split_part(current_setting('app.context', true), '|', 1), '') $$",
    )
    assert "forges" in await refusal_of(database.app_dsn)


async def test_it_refuses_to_start_where_it_can_read_the_key(database: Database) -> None:
    as_superuser(database, "GRANT SELECT ON context_key TO score")
    assert "context key" in await refusal_of(database.app_dsn)


async def test_it_refuses_to_start_with_another_key(database: Database) -> None:
    assert "another context key" in await refusal_of(database.app_dsn, ContextSigner(CONTEXT_KEY[::-1]))
