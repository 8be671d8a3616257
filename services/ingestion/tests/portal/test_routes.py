"""What the portal reads of one distributor; the ids of another one are unknown to it."""

from typing import Any

import httpx
import pytest
from altscore_libs.testing import api_client

from ..connector import batch_of, invoice
from ..world import World


async def read(world: World, distributor_id: str, what: str, *, caller: str | None = "portal", **page: Any) -> Any:
    """A reading; the body of a 200, or the answer."""
    async with api_client(world.app, caller) as client:
        answer: httpx.Response = await client.get(f"/internal/portal/distributors/{distributor_id}/{what}", params=page)
    return answer.json() if answer.status_code == 200 else answer


async def sent(world: World, distributor_id: str, *, wrong: int = 1) -> str:
    """A batch of one good invoice and some wrong ones; its id."""
    connector = await world.onboard(distributor_id)
    invoices = [invoice(), *(invoice(f"BAD-{number}", amount_inr=0) for number in range(wrong))]
    answer = await world.send(connector, batch_of(invoices=invoices) | {"distributor_id": distributor_id})
    assert answer.status_code in (200, 201, 202), answer.text
    return str(answer.json()["batch_id"])


async def test_sync_batches_quarantine_and_credentials_are_the_distributors_own(world: World) -> None:
    first, second = await sent(world, "dist_a"), await sent(world, "dist_b", wrong=3)
    for distributor_id, batch_id, other, wrong in (("dist_a", first, second, 1), ("dist_b", second, first, 3)):
        sync = await read(world, distributor_id, "sync")
        assert (sync["summary"]["accepted"], sync["summary"]["quarantined"]) == (1, wrong)
        assert [month["bronze"]["records"] for month in sync["totals"]["months"]] == [1]
        page = await read(world, distributor_id, "batches")
        assert [item["batch_id"] for item in page["items"]] == [batch_id]
        detail = await read(world, distributor_id, f"batches/{batch_id}")
        assert [(reason["field"], reason["records"]) for reason in detail["reasons"]] == [("amount_inr", wrong)]
        assert (await read(world, distributor_id, f"batches/{other}")).status_code == 404
        waiting = await read(world, distributor_id, "quarantine")
        assert {item["batch_id"] for item in waiting["items"]} == {batch_id}
        held = await read(world, distributor_id, "credentials")
        assert (len(held["certificates"]), len(held["api_keys"])) == (1, 1)
        assert {"certificate_pem", "api_key_hash"}.isdisjoint({*held["certificates"][0], *held["api_keys"][0]})


async def test_pages_of_quarantined_records_follow_each_other_without_gap_or_repetition(world: World) -> None:
    await sent(world, "dist_a", wrong=5)
    seen: list[int] = []
    page: dict[str, Any] = {"limit": 2}
    while True:
        answer = await read(world, "dist_a", "quarantine", **page)
        seen += [item["position"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        page["cursor"] = answer["next_cursor"]
    assert seen == [1, 2, 3, 4, 5]


async def test_an_unknown_distributor_has_no_sync_status(world: World) -> None:
    assert (await read(world, "dist_nobody", "sync")).status_code == 404


@pytest.mark.parametrize("caller", ["admin", "score", "vault", "pipeline", None])
async def test_the_portals_readings_take_the_portal_and_nobody_else(world: World, caller: str | None) -> None:
    for what in ("sync", "batches", "batches/bat_" + "0" * 32, "quarantine", "credentials"):
        assert (await read(world, "dist_a", what, caller=caller)).status_code == 403


async def test_the_portal_may_call_no_other_route(world: World) -> None:
    others = [path for path in world.app.openapi()["paths"] if "/internal/portal/" not in path]
    assert others
    async with api_client(world.app, "portal") as client:
        for path, operations in world.app.openapi()["paths"].items():
            if path in others:
                for method in operations:
                    address = path.replace("{distributor_id}", "dist_a").replace("{batch_id}", "bat_" + "0" * 32)
                    answer = await client.request(method, address, json={})
                    assert answer.status_code in (401, 403), path
