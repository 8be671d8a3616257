"""Ingestion is switched off for everybody by one order and stays so; a suspended distributor can be let in again."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from altscore_libs.testing import api_client

from ..connector import BEAT, HEARTBEAT, batch_of, invoice
from ..world import World

PATH = "/internal/admin/ingestion"


def body(*, is_off: bool, **change: Any) -> dict[str, Any]:
    return {"order_id": str(uuid4()), "by": "audit-1", "reason": "breach", "is_off": is_off, **change}


async def admin(world: World, path: str, content: Any) -> Any:
    async with api_client(world.app, "admin") as client:
        return await client.post(path, json=content)


async def test_while_it_is_off_a_connector_is_a_503_and_nothing_counts(world: World) -> None:
    connector = await world.onboard()
    assert (await admin(world, PATH, body(is_off=True))).json()["is_off"] is True

    refused = await world.send(connector, batch_of("dist_a", invoices=[invoice()]))

    assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(refused.headers["retry-after"]) > 0
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 0
    connector.api_key, api_key = "of nobody", connector.api_key
    assert (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code == 401, "unknown is told nothing"
    connector.api_key = api_key
    await admin(world, PATH, body(is_off=False))
    assert (await world.send(connector, batch_of("dist_a", invoices=[invoice()]))).status_code in (200, 202)
    (off,) = await world.audited("ingestion_switched_off")
    assert (off["reason"], off["details"]["ordered_by"]) == ("breach", "audit-1")


async def test_a_row_that_sql_wrote_switches_nothing_on_and_none_goes_back(world: World) -> None:
    connector = await world.onboard()
    await admin(world, PATH, body(is_off=True))
    await world.pool.execute("UPDATE ingestion_switch SET is_off = false, version = version + 1")
    assert (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code == 503
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute("UPDATE ingestion_switch SET version = version - 1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await world.pool.execute("DELETE FROM ingestion_switch")


async def test_only_admin_switches_and_a_malformed_order_changes_nothing(world: World) -> None:
    async with api_client(world.app, "score") as client:
        assert (await client.post(PATH, json=body(is_off=True))).status_code == 403
    for change in ({"reason": "because"}, {"is_off": 1}, {"order_id": "1"}, {"more": 1}):
        assert (await admin(world, PATH, body(is_off=True) | change)).status_code == 400
    async with api_client(world.app, "admin") as client:
        assert (await client.get(PATH)).json()["is_off"] is False


async def test_a_suspended_distributor_calls_again_with_the_keys_it_has(world: World) -> None:
    connector = await world.onboard()
    path = "/internal/admin/distributors/dist_a"
    assert (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code == 200
    assert (await admin(world, f"{path}/suspend", None)).json() == {"distributor_id": "dist_a", "is_suspended": True}
    assert (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code == 401
    assert (await admin(world, f"{path}/rotate-key", {})).status_code == 201
    assert (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code == 401, (
        "one person's new key lifts it not"
    )
    assert (await admin(world, f"{path}/reactivate", None)).status_code == 200
    assert (await world.call(connector, "POST", HEARTBEAT, BEAT)).status_code == 200
    assert (await admin(world, "/internal/admin/distributors/dist_x/suspend", None)).status_code == 404
    actions = ("distributor_suspended", "distributor_reactivated")
    assert [len(await world.audited(action)) for action in actions] == [1, 1]
