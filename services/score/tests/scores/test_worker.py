"""Old scores give up their records as far as no answer can show them."""

from altscore_score.scores.worker import WHOLE, ScoreCompaction

from ..world import LENDER, NOW, OTHER_RETAILER, RETAILER, SIGNER, World


async def add(world: World, at: str, retailer_id: str = RETAILER) -> str:
    """A score of an instant; its id."""
    digits = "".join(filter(str.isdigit, at))
    score_id = f"scr_{digits + retailer_id[-4:].encode().hex():0>32}"
    await world.computed(retailer_id, score_id=score_id, scored_at=at)
    return score_id


async def emptied(world: World, *, batch: int = 1_000) -> set[str]:
    """Scores without a record after the compaction has nothing more to do."""
    compaction = ScoreCompaction(world.pool, SIGNER, world.clock, batch=batch)
    while await compaction.step():
        pass
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, "projector")
        rows = await connection.fetch("SELECT score_id FROM sealed_score WHERE sealed_record = ''")
    return {row["score_id"] for row in rows}


async def test_the_last_score_of_each_month_in_india_stays_and_the_others_give_up_their_records(world: World) -> None:
    first = await add(world, "2026-01-05T00:00:00Z")
    same_instant = [await add(world, f"2026-01-31T18:29:59.{n}00000Z") for n in range(2)]
    await add(world, "2026-01-31T18:30:00Z")  # February in India, and alone in it
    assert await emptied(world) == {first, same_instant[0]}


async def test_a_retailers_newest_score_stays_however_old_it_is(world: World) -> None:
    older = await add(world, "2025-01-05T00:00:00Z", OTHER_RETAILER)
    await add(world, "2025-01-06T00:00:00Z", OTHER_RETAILER)
    assert await emptied(world, batch=1) == {older}


async def test_scores_of_the_last_ninety_days_are_whole(world: World) -> None:
    day = (NOW - WHOLE).date().isoformat()
    await add(world, f"{day}T23:00:00Z")
    await add(world, f"{day}T23:30:00Z")
    assert await emptied(world) == set()


async def test_a_history_shows_the_same_afterwards(world: World) -> None:
    for at in ("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", "2025-12-05T00:00:00Z"):
        await add(world, at)
    path, headers = f"/v1/score/{RETAILER}/history", world.headers(LENDER)
    before = await world.lenders.get(path, headers=headers)
    assert len(before.json()["history"]) == 3
    assert len(await emptied(world)) == 1
    after = await world.lenders.get(path, headers=headers)
    assert after.json()["history"] == before.json()["history"]


async def test_a_second_run_goes_on_where_the_first_ended(world: World) -> None:
    await add(world, "2026-01-05T00:00:00Z")
    kept = await add(world, "2026-01-06T00:00:00Z")
    await emptied(world)
    assert await world.pool.fetchval("SELECT score_id FROM score_compaction") == kept
