"""Serving is switched off for everybody by one order, everywhere, and stays off until a newer one."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from altscore_score.access.authentication import AccessState
from altscore_score.access.events import RevocationNotifier
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.verified_rows import VerifiedRows
from altscore_score.platform.redis_pipeline import open_redis

from ..redis_server import RedisServer
from ..world import LENDER, MAC_KEY, World, until

PATH = "/internal/admin/serving"


def body(*, is_off: bool, **change: Any) -> dict[str, Any]:
    return {"order_id": str(uuid4()), "by": "audit-1", "reason": "breach", "is_off": is_off, **change}


async def switch(world: World, *, is_off: bool) -> httpx.Response:
    reply = await world.admin.post(PATH, json=body(is_off=is_off))
    assert reply.status_code == 200, reply.text
    return reply


async def restarted(world: World) -> AccessState:
    """What a process that was not there before reads."""
    state = AccessState(world.pool, VerifiedRows(LenderMacs(MAC_KEY)))
    await state.refresh()
    return state


async def test_while_it_is_off_every_call_of_a_lender_is_a_503_and_audited(world: World) -> None:
    assert (await world.score()).status_code == 200
    assert (await switch(world, is_off=True)).json()["is_off"] is True

    refused = await world.score()

    assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(refused.headers["retry-after"]) > 0
    history = await world.lenders.get("/v1/score/scr_" + "0" * 32, headers=world.headers(LENDER))
    assert history.status_code in (404, 503)
    await switch(world, is_off=False)
    assert (await world.score()).status_code == 200
    off, on = [(await world.audit(f"serving_switched_{way}"))[0] for way in ("off", "on")]
    assert [(entry["reason"], entry["details"]["ordered_by"]) for entry in (off, on)] == [("breach", "audit-1")] * 2


async def test_it_stays_off_after_a_restart(world: World) -> None:
    await switch(world, is_off=True)
    assert (await restarted(world)).current.is_switched_off
    assert (await world.admin.get(PATH)).json()["reason"] == "breach"


async def test_another_replica_knows_at_the_announcement(world: World, redis_server: RedisServer) -> None:
    client, stop = open_redis(redis_server.url, None), asyncio.Event()
    state = AccessState(world.pool, VerifiedRows(LenderMacs(MAC_KEY)), RevocationNotifier(client), poll_s=3600)
    polling = asyncio.create_task(state.run(stop))

    async def has_listener() -> bool:
        return bool((await client.pubsub_numsub("score:revocations"))[0][1])

    await until(has_listener)
    await until(lambda: state.is_read)
    assert not state.current.is_switched_off
    await switch(world, is_off=True)
    await until(lambda: state.current.is_switched_off)
    stop.set()
    await polling
    await client.aclose()


async def test_a_row_that_sql_wrote_switches_nothing_on_and_is_reported(world: World) -> None:
    await switch(world, is_off=True)
    owner = await asyncpg.connect(world.database.owner_dsn)
    try:
        await owner.execute("UPDATE serving_switch SET is_off = false, version = version + 1")
    finally:
        await owner.close()
    await world.state.refresh()
    assert (await world.score()).status_code == 503
    assert (await restarted(world)).current.is_switched_off, "a process that never saw the genuine row as well"
    await switch(world, is_off=False)
    assert (await world.score()).status_code == 200


async def test_the_serving_role_switches_nothing_and_no_role_goes_back(world: World) -> None:
    await switch(world, is_off=True)
    older = await world.pool.fetchrow("SELECT version, changed_at, mac FROM serving_switch")
    for statement in ("UPDATE serving_switch SET is_off = false", "DELETE FROM serving_switch"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await world.pool.execute(statement)
    await switch(world, is_off=False)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.access_pool.execute(
            "SELECT set_serving_switch($1, true, $2, 'breach', $3)", older["version"], older["changed_at"], older["mac"]
        )


@pytest.mark.parametrize(
    "change", [{"reason": "because"}, {"is_off": "true"}, {"order_id": "1"}, {"by": "a b"}, {"more": 1}]
)
async def test_a_malformed_order_is_a_400_and_changes_nothing(world: World, change: dict[str, Any]) -> None:
    assert (await world.admin.post(PATH, json=body(is_off=True) | change)).status_code == 400
    assert (await world.admin.get(PATH)).json() == {"is_off": False, "changed_at": None, "reason": None}
