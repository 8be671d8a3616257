"""PUT /internal/admin/lenders/{lender_id}: how a lender is onboarded."""

import pytest
from altscore_libs.testing import api_client
from altscore_score.app import create_internal_app

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
