"""One installation of the connector sends for a distributor; another one is refused until it takes over, audibly."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from altscore_ingestion.batches.service import BatchService
from altscore_ingestion.errors import OtherInstallation
from altscore_libs.testing import api_client

from ..connector import BEAT, HEARTBEAT, Connector, batch_of, invoice
from ..world import World

FIRST, SECOND, THIRD = (f"ins_{digit * 32}" for digit in "123")
PATH, SEQUENCE = "/v1/connector/installation", "/v1/connector/sequence"


async def send(world: World, connector: Connector, sequence: int, installation: str | None) -> httpx.Response:
    payload = batch_of(sequence=sequence, invoices=[invoice(f"INV-{sequence}")])
    return await world.send(connector, payload, headers={"X-Installation-ID": installation})


async def get(world: World, connector: Connector, path: str, installation: str | None) -> httpx.Response:
    return await world.call(connector, "GET", path, headers={"X-Installation-ID": installation})


async def post(
    world: World, connector: Connector, path: str, payload: Any, *, installation: str | None
) -> httpx.Response:
    return await world.call(connector, "POST", path, payload, headers={"X-Installation-ID": installation})


async def take_over(world: World, connector: Connector, installation: str, instead_of: str | None) -> httpx.Response:
    return await post(world, connector, PATH, {"instead_of": instead_of}, installation=installation)


async def current(world: World, connector: Connector) -> Any:
    answer = await get(world, connector, PATH, None)
    assert answer.status_code == 200, answer.text
    return answer.json()["installation"]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


REFUSED = (409, "OTHER_INSTALLATION")


async def test_the_first_installation_whose_batch_counts_sends_and_another_is_refused_with_its_name_and_time(
    world: World,
) -> None:
    connector = await world.onboard()
    assert await current(world, connector) is None
    assert (await send(world, connector, 1, FIRST)).status_code == 202
    since = world.clock.now()
    world.clock.advance(seconds=60)
    assert (await send(world, connector, 2, FIRST)).status_code == 202
    refused = await send(world, connector, 3, SECOND)
    assert code_of(refused) == REFUSED
    told = refused.json()["installation"]
    assert told["installation_id"] == FIRST
    assert datetime.fromisoformat(told["since"]) == since
    assert datetime.fromisoformat(told["last_batch_at"]) == since + timedelta(seconds=60)
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 2
    assert (await send(world, connector, 3, FIRST)).status_code == 202


async def test_an_installation_that_is_refused_leaves_nothing_of_its_batch(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    before = world.store.objects("bronze-tests"), await world.pool.fetch("SELECT * FROM record")
    assert code_of(await send(world, connector, 2, SECOND)) == REFUSED
    assert (world.store.objects("bronze-tests"), await world.pool.fetch("SELECT * FROM record")) == before


async def test_a_refused_batch_binds_nobody(world: World) -> None:
    connector = await world.onboard()
    refused = await world.send(connector, batch_of(invoices=[invoice()] * 1_001), headers={"X-Installation-ID": FIRST})
    assert refused.status_code == 400
    assert await current(world, connector) is None


async def test_after_a_takeover_the_other_one_is_refused_at_every_step_and_the_audit_names_both(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    taken = await take_over(world, connector, SECOND, FIRST)
    assert (taken.status_code, taken.json()["installation"]["installation_id"]) == (200, SECOND)
    assert (await get(world, connector, SEQUENCE, SECOND)).status_code == 200
    assert (await send(world, connector, 2, SECOND)).status_code == 202
    request = {"csr_pem": connector.csr_pem()}
    for answer in (
        await get(world, connector, SEQUENCE, FIRST),
        await send(world, connector, 3, FIRST),
        await post(world, connector, HEARTBEAT, BEAT, installation=FIRST),
        await post(world, connector, "/v1/connector/rotate-key", {}, installation=FIRST),
        await post(world, connector, "/v1/connector/rotate-certificate", request, installation=FIRST),
    ):
        assert code_of(answer) == REFUSED
    assert await world.pool.fetchval("SELECT count(*) FROM connector_heartbeat") == 0
    [entry] = await world.audited("connector_taken_over")
    assert (entry["actor"], entry["outcome"]) == ("dist_a", "success")
    assert entry["details"] == {"installation_id": SECOND, "instead_of": FIRST}


async def test_who_was_told_of_another_installation_than_the_one_that_sends_does_not_take_over(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    for instead_of in (None, THIRD):
        refused = await take_over(world, connector, SECOND, instead_of)
        assert code_of(refused) == REFUSED
        assert refused.json()["installation"]["installation_id"] == FIRST
    assert (await current(world, connector))["installation_id"] == FIRST
    assert await world.audited("connector_taken_over") == []


async def test_a_takeover_whose_answer_was_lost_can_be_asked_for_again(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    for _ in range(2):
        assert (await take_over(world, connector, SECOND, FIRST)).status_code == 200
    assert len(await world.audited("connector_taken_over")) == 1


async def test_a_takeover_while_a_batch_is_written_is_seen_by_the_transaction_that_makes_it_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    original = BatchService._origin

    def origin(service: BatchService, submission: Any) -> Any:
        plain = original(service, submission)

        async def verify(connection: Any) -> None:
            async with world.pool.acquire() as other:
                await other.execute("UPDATE installation SET installation_id = $1", SECOND)
            await plain.verify(connection)

        return type(plain)(plain.actor, plain.data_sha256, verify=verify, record=plain.record)

    monkeypatch.setattr(BatchService, "_origin", origin)
    assert code_of(await send(world, connector, 2, FIRST)) == REFUSED
    assert await world.pool.fetchval("SELECT count(*) FROM batch WHERE state = 'complete'") == 1
    assert await world.pool.fetchval("SELECT count(*) FROM record") == 1


async def test_a_client_that_names_no_installation_and_an_upload_go_on_beside_one(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    world.clock.advance(seconds=60)
    assert (await send(world, connector, 2, None)).status_code == 202
    assert (await post(world, connector, HEARTBEAT, BEAT, installation=None)).status_code == 200
    sends = await current(world, connector)
    assert (sends["installation_id"], sends["last_batch_at"]) == (FIRST, sends["since"])


@pytest.mark.parametrize("name", ["", "ins_", f"ins_{'A' * 32}", f"ins_{'1' * 33}", "1" * 32])
async def test_a_header_of_another_form_is_a_400(world: World, name: str) -> None:
    connector = await world.onboard()
    assert code_of(await send(world, connector, 1, name)) == (400, "INVALID_REQUEST")
    assert code_of(await get(world, connector, SEQUENCE, name)) == (400, "INVALID_REQUEST")
    assert code_of(await take_over(world, connector, name, None)) == (400, "INVALID_REQUEST")


async def test_who_names_no_installation_cannot_take_over(world: World) -> None:
    connector = await world.onboard()
    answer = await post(world, connector, PATH, {"instead_of": None}, installation=None)
    assert code_of(answer) == (400, "INVALID_REQUEST")


async def test_distributors_do_not_share_installations(world: World) -> None:
    connector, other = await world.onboard(), await world.onboard("dist_b")
    await send(world, connector, 1, FIRST)
    payload = batch_of("dist_b", sequence=1, invoices=[invoice()])
    answer = await world.send(other, payload, headers={"X-Installation-ID": SECOND})
    assert answer.status_code == 202
    assert (await current(world, connector))["installation_id"] == FIRST
    assert (await current(world, other))["installation_id"] == SECOND


async def test_the_portal_shows_which_installation_sends_and_which_was_refused_and_when(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    since = world.clock.now()
    world.clock.advance(seconds=60)
    await get(world, connector, SEQUENCE, SECOND)
    async with api_client(world.app, "portal") as client:
        sync = (await client.get("/internal/portal/distributors/dist_a/sync")).json()
    shown = sync["installation"]
    assert (shown["installation_id"], shown["refused_id"]) == (FIRST, SECOND)
    assert datetime.fromisoformat(shown["refused_at"]) == since + timedelta(seconds=60)
    await take_over(world, connector, SECOND, FIRST)
    assert (await current(world, connector))["refused_id"] is None


def test_the_refusal_names_the_installation_to_the_caller_and_nothing_else() -> None:
    assert OtherInstallation(None).code == "OTHER_INSTALLATION"
    assert "ins_" not in str(OtherInstallation(None))
