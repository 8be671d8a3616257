"""An erased retailer's scores, history, blocks and cache go for good, under every id; others keep theirs."""

from typing import Any

import pytest
from altscore_libs.consumer import PoisonEvent
from altscore_libs.testing import SoftwareSigner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import FAR, LENDER, NOW, OTHER_RETAILER, PURPOSE, RETAILER, SIGNER, World
from .erased import erased_fields

TABLES = ("sealed_score", "score_block", "score_request", "consent_grant", "erased_retailer")
BLOCK = {"scope": "retailer", "reason": "GR-2", "code": "MANUAL_REVIEW_REQUIRED", "blocked_at": NOW}


async def erase(world: World, *retailer_ids: str, **change: Any) -> bool:
    """Applies the event of an erasure."""
    fields = await erased_fields(*(retailer_ids or (RETAILER,)), erased_at=NOW, **change)
    return await world.event("retailer.erased", **fields)


async def rows(world: World, table: str) -> list[Any]:
    """All rows of a table, as the projector sees them."""
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, "projector")
        return sorted(map(str, await connection.fetch(f"SELECT * FROM {table}")))


async def of_retailer(world: World, table: str, retailer_id: str = RETAILER) -> int:
    """How many rows of a table name a retailer."""
    return sum(retailer_id in row for row in await rows(world, table))


async def test_scores_blocks_and_requests_are_deleted_and_others_stay(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    await world.computed(OTHER_RETAILER)
    await world.event("score.blocked", block_id="blk_1", retailer_id=RETAILER, **BLOCK)
    await erase(world)
    for table in ("sealed_score", "score_block", "score_request", "retailer_standing", "portfolio_holding"):
        assert await of_retailer(world, table) == 0, table
    assert (await world.score(OTHER_RETAILER)).status_code == 200
    [entry] = await world.audit("erasure_applied")
    assert (entry["details"]["scores"], entry["details"]["blocks"]) == ("1", "1")


async def test_an_erased_retailer_is_not_served_even_if_consent_still_says_yes(world: World) -> None:
    assert (await world.score()).status_code == 200
    await erase(world)
    await world.invalidator.invalidate_marked()
    assert (await world.score()).status_code == 403
    history = await world.lenders.get(
        f"/v1/score/{RETAILER}/history", params={"purpose": PURPOSE}, headers=world.headers()
    )
    assert history.status_code == 403


async def test_cached_scores_are_dropped(world: World) -> None:
    await world.score()
    assert await world.service_redis.call("KEYS", "*:cached:*")
    await erase(world)
    assert await world.invalidator.invalidate_marked() >= 1
    assert await world.service_redis.call("KEYS", "*:cached:*") == []


async def test_a_cached_score_of_an_erased_retailer_is_not_shown_while_redis_keeps_it(world: World) -> None:
    assert (await world.score()).status_code == 200
    await erase(world)
    await world.state.refresh()
    assert await world.service_redis.call("KEYS", "*:cached:*")
    assert (await world.score()).status_code == 403


async def test_every_alias_is_erased(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    await world.computed(OTHER_RETAILER)
    await erase(world, RETAILER, OTHER_RETAILER)
    assert await rows(world, "sealed_score") == []


async def test_late_facts_of_an_erased_retailer_are_not_projected(world: World) -> None:
    await erase(world)
    before = {table: await rows(world, table) for table in TABLES}
    await world.computed(score_id="scr_late", altscore=800, scored_at="2026-05-20T01:00:00Z")
    await world.event("score.blocked", block_id="blk_late", retailer_id=RETAILER, **BLOCK)
    await world.event(
        "consent.granted",
        consent_id="cns_late",
        retailer_id=RETAILER,
        lender_scope=[LENDER],
        purpose=PURPOSE,
        version=99,
        expires_at=FAR,
    )
    assert {table: await rows(world, table) for table in TABLES} == before


async def test_an_erasure_that_comes_before_everything_else_holds(world: World) -> None:
    await erase(world, OTHER_RETAILER)
    await world.grant(OTHER_RETAILER)
    await world.computed(OTHER_RETAILER)
    assert await of_retailer(world, "sealed_score", OTHER_RETAILER) == 0
    assert await of_retailer(world, "consent_grant", OTHER_RETAILER) == 0


@pytest.mark.parametrize(
    "change", [{"retailer_ids": [OTHER_RETAILER]}, {"certificate": "{}"}, {"signature": "00" * 64}]
)
async def test_an_event_that_differs_from_its_certificate_is_parked(world: World, change: dict[str, Any]) -> None:
    with pytest.raises(PoisonEvent):
        await erase(world, **change)
    assert (await world.score()).status_code == 200


async def test_a_certificate_by_another_key_is_parked(world: World) -> None:
    with pytest.raises(PoisonEvent):
        await erase(world, signer=SoftwareSigner("erasure-signing"))
    assert (await world.score()).status_code == 200


async def test_read_again_from_the_beginning_the_topic_gives_the_same_state(world: World) -> None:
    await erase(world)
    await world.invalidator.invalidate_marked()
    before = {table: await rows(world, table) for table in TABLES}
    assert await erase(world)  # as after a restore that forgot that it was applied
    await world.invalidator.invalidate_marked()
    assert {table: await rows(world, table) for table in TABLES} == before


async def test_the_services_own_role_can_delete_nobody_who_is_not_erased(world: World) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, "projector")
        assert tuple(await connection.fetchrow("SELECT * FROM forget_erased($1)", [RETAILER])) == (0, 0)
        assert await connection.fetchval("SELECT count(*) FROM sealed_score") == 1
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        assert await connection.fetchval("SELECT count(*) FROM erased_retailer") == 0


async def test_requests_are_deleted_without_a_look_at_those_of_others(world: World) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        await connection.execute(
            "INSERT INTO score_request (lender_id, retailer_id, requested_at)"
            " SELECT $1, 'ret_' || lpad(to_hex(n), 16, '0'), now() FROM generate_series(1, 100000) n",
            LENDER,
        )
        await SIGNER.enter(connection, "projector")
        query = "EXPLAIN SELECT FROM score_request WHERE retailer_id = ANY($1)"
        plan = str(await connection.fetch(query, [RETAILER]))
    assert "score_request_of_retailer" in plan, plan


STEPS = st.lists(st.sampled_from(["score", "block", "grant", "revoke", "erase"]), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, number=st.integers(1, 2**60))
async def test_whatever_comes_in_whatever_order_an_erased_retailer_has_no_score_and_no_grant(
    world: World, steps: list[str], number: int
) -> None:
    retailer_id = f"ret_{number:016x}"
    for place, step in enumerate([*steps, "erase", *steps]):
        if step == "score":
            await world.computed(retailer_id, score_id=f"scr_{number:x}_{place}")
        elif step == "block":
            await world.event("score.blocked", block_id=f"blk_{number:x}_{place}", retailer_id=retailer_id, **BLOCK)
        elif step == "grant":
            await world.grant(retailer_id)
        elif step == "revoke" and (retailer_id, LENDER, PURPOSE) in world.neighbours.answers:
            await world.revoke(retailer_id)
        elif step == "erase":
            await erase(world, retailer_id)
    assert await of_retailer(world, "sealed_score", retailer_id) == 0
    assert await of_retailer(world, "score_block", retailer_id) == 0
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, "projector")
        query = "SELECT count(*) FROM consent_grant WHERE retailer_id = $1 AND is_active"
        assert await connection.fetchval(query, retailer_id) == 0
