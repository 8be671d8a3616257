"""What must hold before the first call is served: the database keeps lenders apart even from this service's own SQL."""

import asyncpg
from altscore_libs.rls import ContextSigner

GUARDED = ("consent_grant", "idempotent_reply", "score_block", "score_request", "sealed_score")
_PROBE = "lender_probe"


class WallMissing(Exception):
    """The database does not keep lenders apart; the process must not start."""


async def prove_walls(pool: asyncpg.Pool, signer: ContextSigner) -> None:
    """Passes when row-level security binds this role and its context cannot be forged.

    Args:
        pool: as the service uses it.
        signer: with the service's key.

    Raises:
        WallMissing: names the wall.
    """
    async with pool.acquire() as connection, connection.transaction():
        await _prove_role(connection)
        await _prove_tables(connection)
        await _prove_context(connection, signer)


async def _prove_role(connection: asyncpg.Connection) -> None:
    role = await connection.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    if role["rolsuper"]:
        raise WallMissing("the role is a superuser")
    if role["rolbypassrls"]:
        raise WallMissing("the role bypasses row-level security")
    if role["rolcreaterole"]:
        raise WallMissing("the role may make roles")
    owned = await connection.fetchval(
        """SELECT EXISTS (
            SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND pg_has_role(current_user, c.relowner, 'MEMBER')
        ) OR pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER')"""
    )
    if owned:
        raise WallMissing("the role owns the database or something in it")


async def _prove_tables(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relname = ANY($1) AND c.relrowsecurity AND c.relforcerowsecurity""",
        list(GUARDED),
    )
    missing = sorted(set(GUARDED) - {row["relname"] for row in rows})
    if missing:
        raise WallMissing(f"row-level security is not forced on {', '.join(missing)}")


async def _prove_context(connection: asyncpg.Connection, signer: ContextSigner) -> None:
    if await connection.fetchval("SELECT has_table_privilege('context_key', 'SELECT')"):
        raise WallMissing("the role can read the context key")
    for forged in (
        "",
        _PROBE,
        f"{_PROBE}|",
        f"{_PROBE}|{'0' * 64}",
        signer.sign("lender_other").replace("other", "probe"),
    ):
        await connection.execute("SELECT set_config('app.context', $1, true)", forged)
        if await connection.fetchval("SELECT current_subject()") is not None:
            raise WallMissing("a plain SET forges the context")
    await signer.enter(connection, _PROBE)
    if await connection.fetchval("SELECT current_subject()") != _PROBE:
        raise WallMissing("the database holds another context key")
    await connection.execute("SELECT set_config('app.context', '', true)")
