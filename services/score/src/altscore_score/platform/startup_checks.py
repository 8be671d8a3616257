"""What must hold before the first call is served: the database keeps lenders apart even from this service's own SQL."""

import asyncpg
from altscore_libs.rls import ContextSigner

GUARDED = ("consent_grant", "grievance", "idempotent_reply", "score_block", "score_request", "sealed_score")
UNGUARDED = (
    "grievance_filing",
    "retailer_change",
    "stale_cache",
)  # name retailers, hold nothing of a lender or a score
READ_ONLY = ("access_order", "former_secret", "lender", "retailer_change", "revoked_token", "serving_switch")
"""Tables of access, of changes and of what is switched off, which the serving role may read alone."""
ACCESS_ROLE_READS = {"access_order", "issued_token", "lender", "revoked_token", "serving_switch", "token_family"}
_WRITES = "INSERT, DELETE, TRUNCATE, REFERENCES, TRIGGER"
_PROBE = "lender_probe"


class RowSecurityMissing(Exception):
    """The database does not keep lenders apart; the process must not start."""


async def verify_row_level_security(pool: asyncpg.Pool, signer: ContextSigner) -> None:
    """Passes when row-level security binds this role and its context cannot be forged.

    Args:
        pool: as the service uses it.
        signer: with the service's key.

    Raises:
        RowSecurityMissing: names what is missing.
    """
    async with pool.acquire() as connection, connection.transaction():
        await _verify_role(connection)
        await _verify_tables(connection)
        await _verify_policies(connection)
        await _verify_read_only(connection)
        await _verify_context(connection, signer)


async def verify_access_role(pool: asyncpg.Pool) -> None:
    """Passes when the role that carries out admin's orders can read no score and write by functions alone.

    Args:
        pool: as admin's orders use it.

    Raises:
        RowSecurityMissing: names what is wrong.
    """
    async with pool.acquire() as connection, connection.transaction():
        await _verify_role(connection)
        rows = await connection.fetch(
            """SELECT c.relname, has_any_column_privilege(c.oid, 'SELECT') AS reads,
                      has_table_privilege(c.oid, $1) OR has_any_column_privilege(c.oid, 'UPDATE') AS writes
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> 'outbox'""",
            _WRITES,
        )
        if reads := sorted({row["relname"] for row in rows if row["reads"]} - ACCESS_ROLE_READS):
            raise RowSecurityMissing(f"the role of admin's orders can read {', '.join(reads)}")
        if writes := sorted(row["relname"] for row in rows if row["writes"]):
            raise RowSecurityMissing(f"the role of admin's orders can write {', '.join(writes)}")
        if not await connection.fetchval(
            "SELECT has_function_privilege('lock_lender(text)', 'EXECUTE')"
        ) or await connection.fetchval("SELECT has_function_privilege('hold_active_lender(text)', 'EXECUTE')"):
            raise RowSecurityMissing("the role of admin's orders is another one")


async def _verify_role(connection: asyncpg.Connection) -> None:
    role = await connection.fetchrow(  # whatever a role is a member of, it may become by SET ROLE
        """SELECT bool_or(rolsuper) AS rolsuper, bool_or(rolbypassrls) AS rolbypassrls,
                  bool_or(rolcreaterole) AS rolcreaterole
        FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')"""
    )
    if role["rolsuper"]:
        raise RowSecurityMissing("the role is a superuser")
    if role["rolbypassrls"]:
        raise RowSecurityMissing("the role bypasses row-level security")
    if role["rolcreaterole"]:
        raise RowSecurityMissing("the role may make roles")
    owned = await connection.fetchval(
        """SELECT EXISTS (
            SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND pg_has_role(current_user, c.relowner, 'MEMBER')
        ) OR pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER')"""
    )
    if owned:
        raise RowSecurityMissing("the role owns the database or something in it")


async def _verify_tables(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS is_forced,
                  EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'retailer_id'
                          AND NOT a.attisdropped) AS is_about_retailers
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"""
    )
    forced = {row["relname"] for row in rows if row["is_forced"]}
    expected = {row["relname"] for row in rows if row["is_about_retailers"]} - set(UNGUARDED) | set(GUARDED)
    if missing := sorted(expected - forced):
        raise RowSecurityMissing(f"row-level security is not forced on {', '.join(missing)}")


async def _verify_policies(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        """SELECT DISTINCT p.tablename FROM pg_policies p CROSS JOIN LATERAL (VALUES (p.qual), (p.with_check)) e (rule)
        WHERE p.schemaname = 'public' AND e.rule <> 'false' AND e.rule NOT LIKE '%current_subject()%' ORDER BY 1"""
    )
    if rows:
        raise RowSecurityMissing(
            f"a policy on {', '.join(row['tablename'] for row in rows)} does not ask whose context it is"
        )


async def _verify_read_only(connection: asyncpg.Connection) -> None:
    """Secrets, suspensions, epochs and revocations; UPDATE of a lender's name alone, for the release before."""
    rows = await connection.fetch(
        """SELECT t.name FROM unnest($1::text[]) AS t (name)
        WHERE has_table_privilege(t.name, $2) OR EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = t.name::regclass AND a.attnum > 0 AND NOT a.attisdropped
              AND (t.name, a.attname) <> ('lender', 'name') AND has_column_privilege(t.name, a.attname, 'UPDATE'))
        ORDER BY 1""",
        list(READ_ONLY),
        _WRITES,
    )
    if rows:
        raise RowSecurityMissing(f"the serving role can write {', '.join(row['name'] for row in rows)}")
    for function in ("add_lender", "change_lender", "lock_lender", "revoke_lender_tokens"):
        if await connection.fetchval(
            "SELECT bool_or(has_function_privilege(oid, 'EXECUTE')) FROM pg_proc WHERE proname = $1", function
        ):
            raise RowSecurityMissing(f"the serving role can call {function}")


async def _verify_context(connection: asyncpg.Connection, signer: ContextSigner) -> None:
    if await connection.fetchval("SELECT has_table_privilege('context_key', 'SELECT')"):
        raise RowSecurityMissing("the role can read the context key")
    for forged in (
        "",
        _PROBE,
        f"{_PROBE}|",
        f"{_PROBE}|{'0' * 64}",
        signer.sign("lender_other").replace("other", "probe"),
        signer.sign_at(_PROBE, 0.0),  # expired long ago
    ):
        await connection.execute("SELECT set_config('app.context', $1, true)", forged)
        if await connection.fetchval("SELECT current_subject()") is not None:
            raise RowSecurityMissing("a plain SET forges the context")
    await signer.enter(connection, _PROBE)
    if await connection.fetchval("SELECT current_subject()") != _PROBE:
        raise RowSecurityMissing("the database holds another context key")
    await connection.execute("SELECT set_config('app.context', '', true)")
