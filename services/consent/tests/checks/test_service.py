"""The pipeline's view: all consented retailers at one change number."""

import pytest
from altscore_consent.errors import SnapshotChanged
from altscore_libs.errors import InvalidRequest

from ..conftest import LENDERS, NOW, World

RETAILERS = [f"ret_{n:016x}" for n in range(5)]


async def everyone(world: World, limit: int) -> tuple[set[int], list[str]]:
    versions, retailers, cursor = set(), [], None
    while True:
        page = await world.services.checks.snapshot(cursor, limit, actor="pipeline")
        versions.add(page.version)
        retailers += [retailer for retailer, _ in page.retailers]
        if page.next_cursor is None:
            return versions, retailers
        cursor = page.next_cursor


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
async def test_pages_of_any_size_give_every_consented_retailer_once_at_one_version(world: World, limit: int) -> None:
    for retailer in RETAILERS:
        await world.granted(retailer)
    await world.invite("ret_00000000000000ff")
    versions, retailers = await everyone(world, limit)
    assert (len(versions), retailers) == (1, RETAILERS)


async def test_a_change_between_two_pages_is_a_conflict(world: World) -> None:
    for retailer in RETAILERS:
        await world.granted(retailer)
    page = await world.services.checks.snapshot(None, 2, actor="pipeline")
    await world.nahi(NOW, RETAILERS[4])
    with pytest.raises(SnapshotChanged):
        await world.services.checks.snapshot(page.next_cursor, 2, actor="pipeline")


async def test_grants_and_withdrawals_move_the_version_and_invites_do_not(world: World) -> None:
    async def version() -> int:
        return (await world.services.checks.snapshot(None, 2, actor="pipeline")).version

    start = await version()
    await world.invite(RETAILERS[0])
    assert await version() == start
    await world.granted(RETAILERS[1])
    assert await version() == start + 1
    await world.nahi(NOW, RETAILERS[1])
    assert await version() == start + 2


async def test_a_withdrawn_retailer_is_gone(world: World) -> None:
    await world.granted(RETAILERS[0])
    await world.granted(RETAILERS[1])
    await world.nahi(NOW, RETAILERS[0])
    assert (await everyone(world, 10))[1] == [RETAILERS[1]]


async def test_a_foreign_cursor_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await world.services.checks.snapshot("x:y", 10, actor="pipeline")


async def test_a_bulk_check_answers_for_each_and_is_audited_once(world: World) -> None:
    await world.granted(RETAILERS[0])
    statuses = await world.services.checks.check_bulk(RETAILERS, actor="scoring")
    assert [statuses[retailer][0] for retailer in RETAILERS] == [True, False, False, False, False]
    granted = await world.services.checks.check(RETAILERS[0], LENDERS[0], None)
    assert [statuses[retailer][2] for retailer in RETAILERS] == [granted.consent_id, None, None, None, None]
    assert len(await world.audits("consent_checked")) == 1
