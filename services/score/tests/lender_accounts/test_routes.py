"""GET /internal/portal/lenders/{lender_id}/usage and /credentials."""

from typing import Any

import httpx

from ..world import LENDER, World


async def read(portal: httpx.AsyncClient, what: str) -> Any:
    """The body of a good answer."""
    reply = await portal.get(f"/internal/portal/lenders/{LENDER}/{what}")
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_usage_says_what_counts_and_spends_nothing(world: World, portal: httpx.AsyncClient) -> None:
    await world.score()
    await world.score()
    for _ in range(2):
        usage = await read(portal, "usage")
        assert [(quota["name"], quota["used"], quota["remaining"]) for quota in usage["items"]] == [
            ("minute", 2, 98),
            ("day", 2, 4998),
        ]
    assert usage["disclosures_per_retailer_a_day"] == 3


async def test_credentials_say_how_old_a_secret_is_and_never_what_it_is(
    world: World, portal: httpx.AsyncClient
) -> None:
    first = await read(portal, "credentials")
    assert [item["client_id"] for item in first["items"]] == [LENDER, f"test_{LENDER}"]
    assert [(item["rotation_due"], item["secret_since"]) for item in first["items"]] == [
        (False, "2026-05-20T08:00:00Z")
    ] * 2
    assert "hash" not in str(first)
    world.clock.advance(seconds=91 * 86_400)
    await world.later(0)
    old = await read(portal, "credentials")
    assert [(item["rotation_due"], item["secret_since"]) for item in old["items"]] == [(True, None)] * 2
    order = {"order_id": "00000000-0000-4000-8000-000000000001", "by": "op_1", "reason": "rotation", "overlap_s": 3600}
    rotation = await world.admin.post(f"/internal/admin/lenders/{LENDER}/rotate-secret", json=order)
    assert rotation.status_code == 201
    live = (await read(portal, "credentials"))["items"][0]
    assert (live["rotation_due"], len(live["former_valid_until"])) == (False, 1)
