"""SQL as score's database roles gives nobody access: not as the serving role, nor as the role of admin's orders."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import psycopg
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.rls import RENEWED_EVERY_S, SHORTEST_LIFE_S, ContextSigner
from altscore_score.access.credentials import SecretHasher
from altscore_score.access.domain import LenderRow
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.worker import FindingsAudit, Purger
from altscore_score.platform.migration import mac_older_lenders
from altscore_score.scores.store import READ_SCORE

from services.score.tests.conftest import (
    access_pool,
    api_settings,
    database,
    keys_dir,
    pool,
    public_keys_dir,
    redis_process,
    redis_server,
    signer,
    template,
    token_signer,
    waits,
    world,
)
from services.score.tests.forge import jti_of
from services.score.tests.world import (
    CONTEXT_KEY,
    LENDER,
    MAC_KEY,
    NOW,
    OTHER_LENDER,
    PURPOSE,
    RETAILER,
    SIGNER,
    World,
)

__all__ = [
    "access_pool",
    "api_settings",
    "database",
    "keys_dir",
    "pool",
    "public_keys_dir",
    "redis_process",
    "redis_server",
    "signer",
    "template",
    "token_signer",
    "waits",
    "world",
]
FORGED = "INSERT INTO former_secret VALUES ('lender_shriram', '{hash}', '2099-01-01')"
ATTACKS = [
    FORGED,
    "DELETE FROM former_secret",
    "DELETE FROM revoked_token",
    "INSERT INTO revoked_token VALUES ('x', '1970-01-01')",
    "UPDATE revoked_token SET expires_at = '1970-01-01'",
    "TRUNCATE revoked_token",
    "UPDATE lender SET tokens_valid_from = NULL",
    "UPDATE lender SET is_active = true",
    "UPDATE lender SET secret_hash = '{hash}'",
    'UPDATE lender SET former_secrets = \'[{{"secret_hash": "{hash}", "valid_until": "2099-01-01T00:00:00Z"}}]\'',
    "UPDATE lender SET version = 99",
    "UPDATE lender SET mac = NULL",
    "DELETE FROM lender",
    "INSERT INTO lender (lender_id, name, secret_hash, created_at) VALUES ('lender_evil', 'x', '{hash}', now())",
    "SELECT add_lender('lender_evil', 'x', '{hash}', now(), NULL)",
    "SELECT change_lender('lender_shriram', 2, '{hash}', true, NULL, '[]', NULL)",
    "SELECT lock_lender('lender_shriram')",
    "SELECT revoke_lender_tokens('lender_shriram', now())",
    "INSERT INTO lender_without_mac VALUES ('lender_shriram')",
    "DELETE FROM access_order",
    "DELETE FROM issued_token",
    "DELETE FROM retailer_change",
    "UPDATE context_key SET unbounded_until = 'infinity'",
]


def as_owner(world: World, *statements: str) -> None:
    """What whoever holds the owner's role can do beyond score's own roles."""
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


async def order(world: World, what: str, **more: Any) -> dict[str, Any]:
    """An order of admin about LENDER, carried out."""
    body = {"order_id": str(uuid4()), "by": "ops-1", "reason": "compromise", **more}
    reply = await world.admin.post(f"/internal/admin/lenders/{LENDER}/{what}", json=body)
    assert reply.status_code in (200, 201), reply.text
    return dict(reply.json())


async def findings(world: World) -> list[tuple[str, str]]:
    """What the audit trail says of tampering."""
    await world.state.refresh()
    await FindingsAudit(world.state._verified, world.audit_writer).write()  # as the loop of the process
    entries = await world.audit("access_tampering_noticed")
    return [(entry["reason"], entry["subject"]) for entry in entries]


@pytest.mark.parametrize("statement", ATTACKS)
async def test_the_serving_role_writes_nothing_of_access(world: World, statement: str) -> None:
    _, secret_hash = await SecretHasher().new_secret()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute(statement.format(hash=secret_hash))


async def test_the_serving_role_clears_no_revocation_before_its_time(world: World) -> None:
    jti = jti_of(world.tokens[LENDER])
    # The token's own row says that it ended long ago; what the role may write, it may write falsely.
    await order(world, "revoke-tokens", jti=jti)
    await world.pool.execute("SELECT forget_expired_access('infinity')")
    await Purger(world.pool, SIGNER, FixedClock(NOW.replace(year=2090))).purge()
    await world.state.refresh()
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"


async def test_a_revoked_family_stays_revoked_and_a_live_one_whole(world: World) -> None:
    await order(world, "revoke-tokens")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute("UPDATE token_family SET revoked_at = NULL")
    as_owner(
        world,
        "ALTER TABLE token_family DISABLE TRIGGER token_family_is_kept",
        "UPDATE token_family SET expires_at = 'infinity'",
        "ALTER TABLE token_family ENABLE TRIGGER token_family_is_kept",
    )
    await world.pool.execute("DELETE FROM token_family")
    assert await world.pool.fetchval("SELECT count(*) FROM issued_token") > 0


async def test_the_role_of_orders_cannot_plant_restore_or_read(world: World) -> None:
    secret, secret_hash = await SecretHasher().new_secret()
    before = await world.pool.fetchrow("SELECT * FROM lender WHERE lender_id = $1", LENDER)
    await order(world, "suspend")
    run = world.access_pool.fetchval
    # An older genuine row, its own MAC and all, is no next version; a forged one has no MAC.
    restore = "SELECT change_lender($1, $2, $3, $4, $5, $6, $7)"
    old = (before["secret_hash"], before["is_active"], before["tokens_valid_from"], "[]", before["mac"])
    assert not await run(restore, LENDER, before["version"], *old)
    assert not await run(restore, LENDER, before["version"] + 2, *old)  # and an epoch never goes back
    assert await run(restore, LENDER, before["version"] + 2, secret_hash, True, NOW.replace(year=2030), "[]", b"x" * 32)
    assert await run("SELECT add_lender('lender_evil', 'x', $1, now(), $2)", secret_hash, b"x" * 32)
    await world.state.refresh()
    assert (await world.sign_in(LENDER, secret)).status_code == 401
    assert (await world.sign_in("lender_evil", secret)).status_code == 401
    assert (await world.score()).status_code == 401
    for table in ("sealed_score", "consent_grant", "idempotent_reply", "outbox", "context_key"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(f"SELECT count(*) FROM {table}")
    assert set(await findings(world)) == {("LENDER_MAC", LENDER), ("LENDER_MAC", "lender_evil")}


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE lender SET is_active = true", ("LENDER_MAC", LENDER)),
        ("UPDATE lender SET tokens_valid_from = NULL", ("LENDER_MAC", LENDER)),
        ("UPDATE lender SET secret_hash = '{hash}'", ("LENDER_MAC", LENDER)),
        ("UPDATE lender SET former_secrets = '{former}'", ("LENDER_MAC", LENDER)),
        ("UPDATE lender SET former_secrets = '[1]'", ("LENDER_MAC", LENDER)),
        ("DELETE FROM lender WHERE lender_id NOT IN (SELECT lender_id FROM token_family)", None),
        ("DELETE FROM revoked_token", ("REVOCATION_DELETED", "")),
        (
            "INSERT INTO lender (lender_id, name, secret_hash, created_at)"
            " VALUES ('lender_evil', 'x', '{hash}', now())",
            ("LENDER_MAC", "lender_evil"),
        ),
        (FORGED, None),
    ],
)
async def test_what_even_the_owner_of_the_database_writes_gives_no_access_and_is_audited(
    world: World, statement: str, finding: tuple[str, str] | None
) -> None:
    secret, secret_hash = await SecretHasher().new_secret()
    former = f'[{{"secret_hash": "{secret_hash}", "valid_until": "2099-01-01T00:00:00+00:00"}}]'
    await order(world, "suspend")
    as_owner(world, statement.replace("{hash}", secret_hash).replace("{former}", former))
    await world.state.refresh()
    assert (await world.score()).status_code == 401
    assert [(await world.sign_in(who, secret)).status_code for who in (LENDER, "lender_evil")] == [401, 401]
    if finding is not None:
        kind, subject = finding
        assert kind in {reason for reason, row in await findings(world) if row == (subject or row)}


async def test_an_older_row_of_a_lender_changes_nothing_while_a_process_remembers_the_newer(world: World) -> None:
    before = await world.pool.fetchrow("SELECT * FROM lender WHERE lender_id = $1", LENDER)
    await order(world, "suspend")
    columns = ("version", "is_active", "tokens_valid_from", "mac")
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as connection:
        assignments = ", ".join(f"{column} = %s" for column in columns)
        values = [before[column] for column in columns]
        connection.execute(f"UPDATE lender SET {assignments} WHERE lender_id = %s".encode(), [*values, LENDER])
    assert await findings(world) == [("LENDER_OLDER", LENDER)]
    assert (await world.score()).status_code == 401


async def test_an_order_goes_on_from_what_is_genuine_and_mends_the_row(world: World) -> None:
    as_owner(world, f"UPDATE lender SET secret_hash = 'x' WHERE lender_id = '{LENDER}'")
    secret = (await order(world, "rotate-secret"))["client_secret"]
    assert (await world.sign_in(LENDER, secret)).status_code == 200


async def test_no_order_is_carried_out_where_nothing_genuine_is_known(world: World) -> None:
    as_owner(world, f"UPDATE lender SET version = 7 WHERE lender_id = '{LENDER}'")
    body = {"order_id": str(uuid4()), "by": "ops-1", "reason": "rotation"}
    reply = await world.admin.post(f"/internal/admin/lenders/{LENDER}/rotate-secret", json=body)
    assert (reply.status_code, reply.json()["code"]) == (409, "LENDER_TAMPERED")


async def test_migrate_gives_a_planted_lender_no_mac(world: World) -> None:
    secret, secret_hash = await SecretHasher().new_secret()
    row = f"('lender_evil', 'x', '{secret_hash}', now())"
    as_owner(world, f"INSERT INTO lender (lender_id, name, secret_hash, created_at) VALUES {row}")
    assert mac_older_lenders(world.database.owner_dsn, LenderMacs(MAC_KEY)) == 0
    assert (await world.sign_in("lender_evil", secret)).status_code == 401


async def test_migrate_macs_the_lenders_of_the_release_before_once(world: World) -> None:
    as_owner(world, "UPDATE lender SET mac = NULL", "INSERT INTO lender_without_mac SELECT lender_id FROM lender")
    macs = LenderMacs(MAC_KEY)
    assert [mac_older_lenders(world.database.owner_dsn, macs) for _ in range(2)] == [2, 0]
    row = await world.pool.fetchrow("SELECT secret_hash, mac FROM lender WHERE lender_id = $1", LENDER)
    assert macs.is_genuine(LenderRow(LENDER, 1, row["secret_hash"], is_active=True, tokens_valid_from=None), row["mac"])


@pytest.mark.parametrize("ago_s", [0, RENEWED_EVERY_S + SHORTEST_LIFE_S + 1, 3_600])
async def test_a_captured_context_is_good_for_seconds(world: World, ago_s: int) -> None:
    now_s = float(await world.pool.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8"))
    captured = SIGNER.sign_at(LENDER, now_s - ago_s)
    row = await world.pool.fetchrow(READ_SCORE, captured, RETAILER, PURPOSE)
    assert (row["score_id"] is not None) == (ago_s == 0)


async def test_a_transaction_that_is_kept_open_outlives_no_context(world: World) -> None:
    short = ContextSigner(CONTEXT_KEY).sign_at(LENDER, 0)
    async with world.pool.acquire() as connection, connection.transaction():
        await connection.fetchval("SELECT 1")
        await connection.execute("SELECT set_config('app.context', $1, true)", short)
        assert await connection.fetchval("SELECT count(*) FROM sealed_score") == 0


@pytest.mark.parametrize(
    "forged", ["{l}|99999999999|{m}", "{l}||{m}", "{l}|{m}", "{l}|1e9|{m}", "{l}|-1|{m}", "{l}|{e}|{m}|"]
)
async def test_an_expiry_cannot_be_moved(world: World, forged: str) -> None:
    subject, expiry, mac = SIGNER.sign(LENDER).split("|")
    context = forged.format(l=subject if "{e}" not in forged else OTHER_LENDER, e=expiry, m=mac)
    async with world.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.context', $1, true)", context)
        assert await connection.fetchval("SELECT current_subject()") is None


async def test_readings_that_overlap_report_no_tampering(world: World) -> None:
    async def change() -> None:
        for _ in range(3):
            await order(world, "rotate-secret", overlap_s=0)

    await asyncio.gather(change(), *(world.state.refresh() for _ in range(20)))
    assert await findings(world) == []
