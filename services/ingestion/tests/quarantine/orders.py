"""What operations and connectors do in these tests."""

from decimal import Decimal
from typing import Any

import httpx
from altscore_libs.testing import api_client

from ..connector import Connector, batch_of
from ..world import World, live_rows

TOO_MUCH, RAISED = 2_000_000_000, 5_000_000_000


async def reprocess(
    world: World, batch_id: str, *, distributor_id: str = "dist_a", caller: str = "admin"
) -> httpx.Response:
    """Orders that a batch's quarantined records are reprocessed."""
    async with api_client(world.app, caller) as client:
        return await client.post(f"/internal/admin/distributors/{distributor_id}/quarantine/{batch_id}/reprocess")


async def raise_amount(world: World, distributor_id: str = "dist_a") -> None:
    """Lets TOO_MUCH pass from then on."""
    await world.services.distributors.set_max_amount(distributor_id, Decimal(RAISED))


async def quarantined(world: World, connector: Connector, **lists: Any) -> str:
    """Sends a batch of which something stays in quarantine, and lets time pass."""
    answer = await world.send(connector, batch_of(connector.distributor_id, **lists))
    assert (answer.status_code, answer.json()["quarantined"] > 0) == (202, True), answer.text
    world.clock.advance(seconds=60)
    batch_id: str = answer.json()["batch_id"]
    return batch_id


async def sent(world: World, connector: Connector, **lists: Any) -> str:
    """Sends a batch that is accepted as a whole, and lets time pass."""
    answer = await world.send(connector, batch_of(connector.distributor_id, **lists))
    assert (answer.status_code, answer.json()["quarantined"]) == (202, 0), answer.text
    world.clock.advance(seconds=60)
    batch_id: str = answer.json()["batch_id"]
    return batch_id


async def live(world: World, table: str = "invoices") -> dict[str, Decimal]:
    """Live amounts of Bronze by number."""
    complete = await world.pool.fetch("SELECT batch_id FROM batch WHERE state = 'complete'")
    objects = [world.bronze(row["batch_id"]) for row in complete]
    return {str(key[0]): row["amount_inr"] for key, row in live_rows(objects, table).items()}
