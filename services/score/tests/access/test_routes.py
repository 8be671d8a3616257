"""PUT /internal/admin/lenders/{lender_id}: how a lender is onboarded; GET: what admin compares."""

from uuid import uuid4

import psycopg
import pytest
from altscore_libs.testing import api_client
from altscore_score.app import create_internal_app

from ..forge import jti_of
from ..world import LENDER, World


async def test_onboarding_twice_shows_the_secret_once(world: World) -> None:
    again = await world.admin.put(f"/internal/admin/lenders/{LENDER}", json={"name": "New name"})
    assert (again.status_code, again.json()) == (200, {"client_id": LENDER, "test_client_id": f"test_{LENDER}"})
    stored = await world.pool.fetchval("SELECT secret_hash FROM lender WHERE lender_id = $1", LENDER)
    assert stored.startswith("$argon2id$")


@pytest.mark.parametrize("caller", [None, "score", "consent", "distributor"])
async def test_only_admin_onboards(world: World, caller: str | None) -> None:
    async with api_client(create_internal_app(world.services), caller) as client:
        reply = await client.put("/internal/admin/lenders/lender_x", json={"name": "x"})
    assert reply.status_code == 403


async def test_admin_lists_lenders_and_orders_without_any_secret(world: World) -> None:
    body = {"order_id": str(uuid4()), "by": "ops-1", "reason": "rotation"}
    await world.admin.post(f"/internal/admin/lenders/{LENDER}/rotate-secret", json=body)
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("UPDATE lender SET is_active = false WHERE lender_id = %s", (f"test_{LENDER}",))
    reply = await world.admin.get("/internal/admin/lenders")
    assert reply.json() == {
        "lenders": [
            {"client_id": LENDER, "is_genuine": True, "is_active": True, "version": 2},
            {"client_id": f"test_{LENDER}", "is_genuine": False, "is_active": False, "version": 1},
        ],
        "orders": [
            {
                "order_id": body["order_id"],
                "kind": "rotate_secret",
                "client_id": LENDER,
                "done_at": "2026-05-20T08:00:00Z",
                "is_in_force": True,
            }
        ],
    }


async def test_a_revocation_that_vanished_is_listed_as_not_in_force(world: World) -> None:
    body = {"order_id": str(uuid4()), "by": "ops-1", "reason": "drill", "jti": jti_of(world.tokens[LENDER])}
    await world.admin.post(f"/internal/admin/lenders/{LENDER}/revoke-tokens", json=body)
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("UPDATE access_order SET done_at = now()")
        before = await world.admin.get("/internal/admin/lenders")
        superuser.execute("DELETE FROM revoked_token")
    after = await world.admin.get("/internal/admin/lenders")
    assert [reply.json()["orders"][0]["is_in_force"] for reply in (before, after)] == [True, False]


@pytest.mark.parametrize("caller", [None, "consent", "score"])
async def test_nobody_but_admin_lists_lenders(world: World, caller: str | None) -> None:
    async with api_client(create_internal_app(world.services), caller) as client:
        assert (await client.get("/internal/admin/lenders")).status_code == 403
    assert (await world.lenders.get("/internal/admin/lenders")).status_code == 404
