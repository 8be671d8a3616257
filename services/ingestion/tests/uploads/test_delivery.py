"""An upload that was cut off is finished, whoever comes next, and never counts twice; a revocation ends it."""

import asyncio
import dataclasses
import time
from uuid import uuid4

import httpx
import pytest
from altscore_ingestion.uploads.domain import UPLOADS_PER_HOUR
from altscore_libs.testing import api_client, as_caller, silent_server

from ..connector import Connector, batch_of, invoice
from ..world import Store, Wiring, World, make_world
from .test_routes import NAME, A, B, csv, ledger, uploaded

ROWS = 1_500
MANY = csv(*(f"S/{number},05-07-2025,Om Traders,,1.00," for number in range(ROWS)))
ANSWER_WITHIN_S = 1.0
LATE_S = 4.0


class VaultThatGoesAway(httpx.AsyncBaseTransport):
    """The vault of a world, gone after some calls."""

    def __init__(self, world: World, calls: int) -> None:
        self._vault = httpx.ASGITransport(app=as_caller(world.vault.app, "ingestion"))
        self._calls = calls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes the first calls on."""
        self._calls -= 1
        if self._calls < 0:
            raise httpx.ConnectError("gone")
        return await self._vault.handle_async_request(request)


def cut_off(world: World, store: Store, wiring: Wiring, *, after: int) -> World:
    """The same ingestion, whose vault is gone after some batches."""
    parts = dataclasses.replace(wiring, vault_transport=VaultThatGoesAway(world, after))
    return make_world(world.pool, store, world.vault, world.clock, parts)


async def batches(world: World) -> list[int]:
    """Sizes of the complete batches, the largest first."""
    rows = await world.pool.fetch("SELECT submitted FROM batch WHERE state = 'complete' ORDER BY submitted DESC")
    return [row["submitted"] for row in rows]


@pytest.mark.parametrize("after", [0, 1])
async def test_the_same_upload_goes_on_where_it_was_cut_off(
    after: int, world: World, object_store: Store, wiring: Wiring
) -> None:
    connector, upload_id = await world.onboard(), str(uuid4())
    broken = cut_off(world, object_store, wiring, after=after)
    answer = await broken.upload(connector, NAME, MANY, upload_id=upload_id)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert await batches(world) == [1_000] * after
    told = await uploaded(world, connector, MANY, upload_id=upload_id)
    assert [batch["accepted"] for batch in told["batches"]] == [1_000, 501]
    assert await batches(world) == [1_000, 501]
    assert len((await ledger(world))["invoices"]) == ROWS
    assert await world.pool.fetchval("SELECT count(*) FROM upload_batch") == 0


async def test_what_waits_is_sent_before_the_next_file_is_read(
    world: World, object_store: Store, wiring: Wiring
) -> None:
    connector = await world.onboard()
    await cut_off(world, object_store, wiring, after=1).upload(connector, NAME, MANY)
    told = await uploaded(world, connector, csv(B))
    assert told["withdrawn"] == ROWS, "documents of the batch that had waited, too"
    assert (await ledger(world))["invoices"] == {"S/2": "2500.00"}


async def test_a_batch_whose_acknowledgement_was_lost_keeps_its_result(world: World) -> None:
    connector, upload_id = await world.onboard(), str(uuid4())
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE upload_record IN EXCLUSIVE MODE")  # reading is free, remembering is not
        answer = await world.upload(connector, NAME, csv(A), upload_id=upload_id)
    assert answer.status_code == 503
    assert await batches(world) == [3], "it is in Bronze all the same"
    told = await uploaded(world, connector, csv(A), upload_id=upload_id)
    assert [batch["accepted"] for batch in told["batches"]] == [3]
    assert await batches(world) == [3]
    again = await uploaded(world, connector, csv(A, B))
    assert (again["unchanged"], again["batches"][0]["submitted"]) == (3, 2)


async def test_what_was_signed_with_a_revoked_key_is_not_sent_any_more(
    world: World, object_store: Store, wiring: Wiring
) -> None:
    connector, upload_id = await world.onboard(), str(uuid4())
    await cut_off(world, object_store, wiring, after=1).upload(connector, NAME, MANY, upload_id=upload_id)
    async with api_client(world.app, "admin") as client:
        path = "/internal/admin/distributors/dist_a"
        assert (await client.post(f"{path}/revoke", json={"reason": "stolen"})).status_code == 200
        connector = Connector.new("dist_a")
        answer = await client.post(f"{path}/rotate-key", json={"csr_pem": connector.csr_pem(), "end_previous": True})
    assert answer.is_success, answer.text
    connector.take(answer.json())
    for _ in range(2):
        answer = await world.upload(connector, NAME, MANY, upload_id=upload_id)
        assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_CONFLICT")
    await uploaded(world, connector, csv(B), name="b.csv")
    assert await batches(world) == [1_000, 2]
    assert await world.pool.fetchval("SELECT count(*) FROM upload_batch") == 0


async def test_a_spent_hour_refuses_the_file_before_anything_is_stored(world: World) -> None:
    connector, upload_id = await world.onboard(), str(uuid4())
    for number in range(9):
        await world.send(connector, batch_of(invoices=[invoice(f"INV-{number}")]))
    answer = await world.upload(connector, NAME, MANY, upload_id=upload_id)
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert int(answer.headers["Retry-After"]) > 0
    assert await world.pool.fetchval("SELECT count(*) FROM upload") == 0
    world.clock.advance(seconds=3_601)
    await uploaded(world, connector, MANY, upload_id=upload_id)


async def test_an_hour_has_so_many_uploads(world: World) -> None:
    connector = await world.onboard()
    for _ in range(UPLOADS_PER_HOUR):
        await uploaded(world, connector, csv(A))
    answer = await world.upload(connector, NAME, csv(B))
    assert (answer.status_code, answer.headers["X-RateLimit-Limit"]) == (429, str(UPLOADS_PER_HOUR))
    assert int(answer.headers["Retry-After"]) > 0
    world.clock.advance(seconds=3_601)
    await uploaded(world, connector, csv(B))


async def test_of_uploads_at_one_time_one_is_read_and_the_others_are_sent_away(world: World) -> None:
    connectors = [await world.onboard(f"dist_{name}") for name in "abc"]
    answers = await asyncio.gather(*(world.upload(connector, NAME, csv(A)) for connector in connectors))
    assert sorted(answer.status_code for answer in answers) == [202, 503, 503]
    for connector, answer in zip(connectors, answers, strict=True):
        if answer.status_code == 503:
            assert answer.headers["Retry-After"] == "2"
            await uploaded(world, connector, csv(A))


async def test_two_files_of_a_distributor_are_read_one_after_the_other(world: World) -> None:
    connector = await world.onboard()
    async with world.pool.acquire() as other:
        await other.execute("SELECT pg_advisory_lock(742102, hashtext('dist_a'))")
        answer = await world.upload(connector, NAME, csv(A))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        await other.execute("SELECT pg_advisory_unlock_all()")
    await uploaded(world, connector, csv(A))


async def test_a_vault_that_hangs_ends_an_upload_in_time(world: World, object_store: Store, wiring: Wiring) -> None:
    connector, upload_id = await world.onboard(), str(uuid4())
    async with silent_server() as port:
        parts = dataclasses.replace(wiring, answer_within_s=ANSWER_WITHIN_S, vault_url=f"http://127.0.0.1:{port}")
        stuck = make_world(world.pool, object_store, world.vault, world.clock, parts)
        begun = time.monotonic()
        answer = await stuck.upload(connector, NAME, csv(A), upload_id=upload_id)
        assert time.monotonic() - begun <= ANSWER_WITHIN_S + LATE_S
    assert answer.status_code == 503
    await uploaded(world, connector, csv(A), upload_id=upload_id)
