"""Whatever hangs, a connector is answered in time, and the same batch is written once when it is sent again."""

import dataclasses
import time
from typing import Any
from uuid import uuid4

import pytest
from altscore_libs.s3 import s3_client
from altscore_libs.settings import S3Settings
from altscore_libs.testing import silent_server
from pydantic import SecretStr

from ..connector import batch_of, invoice, retailer
from ..world import Store, Wiring, World, make_world

ANSWER_WITHIN_S = 1.0
LATE_S = 4.0  # what a busy machine may add; without the limit the store takes six seconds, the vault ten


def silent_store(port: int) -> Any:
    """A client of a store that never answers, as the service makes it."""
    settings = S3Settings(
        s3_endpoint=f"http://127.0.0.1:{port}", s3_access_key="a", s3_secret_key=SecretStr("b"), s3_region="ap-south-1"
    )
    return s3_client(settings, read_timeout_s=3, attempts=2)


@pytest.mark.parametrize("hanging", ["vault", "store"])
async def test_a_batch_is_answered_in_time_and_resumed_when_the_neighbour_is_back(
    hanging: str, object_store: Store, wiring: Wiring, world: World
) -> None:
    connector, batch_id = await world.onboard(), str(uuid4())
    payload = batch_of(retailers=[retailer()], invoices=[invoice()])
    async with silent_server() as port:
        parts = {"vault_url": f"http://127.0.0.1:{port}"} if hanging == "vault" else {"s3_client": silent_store(port)}
        limited = dataclasses.replace(wiring, answer_within_s=ANSWER_WITHIN_S, **parts)
        stuck = make_world(world.pool, object_store, world.vault, world.clock, limited)
        begun = time.monotonic()
        refused = await stuck.send(connector, payload, batch_id=batch_id)
        assert time.monotonic() - begun <= ANSWER_WITHIN_S + LATE_S
    assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    written = await world.send(connector, payload, batch_id=batch_id)
    assert (written.status_code, written.json()["accepted"]) == (202, 2)
    assert len(await world.audited("batch_refused")) == 0
