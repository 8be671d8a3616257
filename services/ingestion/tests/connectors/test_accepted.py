"""What a connector that was put back, or lost its memory, is told: the last batch number, and what was accepted."""

from typing import Any
from urllib.parse import urlencode

import pytest
from altscore_ingestion.connectors import service

from ..connector import Connector, batch_of, invoice, payment, returned
from ..world import World, live_rows

SEQUENCE, RECORDS = "/v1/connector/sequence", "/v1/connector/records"


async def sent(world: World, connector: Connector, sequence: int | None, **lists: Any) -> str:
    """Sends a batch; our id of it."""
    numbered: dict[str, Any] = lists if sequence is None else {"sequence": sequence, **lists}
    answer = await world.send(connector, batch_of(connector.distributor_id, **numbered))
    assert answer.status_code == 202, answer.text
    batch_id: str = answer.json()["batch_id"]
    return batch_id


async def highest(world: World, connector: Connector) -> Any:
    answer = await world.call(connector, "GET", SEQUENCE)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def accepted(world: World, connector: Connector) -> list[dict[str, Any]]:
    """Every record of the list, page by page."""
    records, after = [], None
    while True:
        body, headers = connector.signed("GET", RECORDS, now=world.clock.now())
        query = "" if after is None else "?" + urlencode({"after": after})
        async with world.client(connector) as client:
            answer = await client.request("GET", RECORDS + query, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        records += answer.json()["records"]
        if (after := answer.json()["next"]) is None:
            return records


async def test_the_greatest_number_of_an_own_batch_that_counts_is_told(world: World) -> None:
    connector, other = await world.onboard(), await world.onboard("dist_b")
    assert await highest(world, connector) == {"distributor_id": "dist_a", "highest_sequence": 0}
    await sent(world, connector, None, invoices=[invoice()])
    await sent(world, other, 2**53 - 1, invoices=[invoice()])
    for sequence, expected in ((7, 7), (5, 7), (8, 8)):
        await sent(world, connector, sequence, invoices=[invoice(f"INV-{sequence}")])
        assert await highest(world, connector) == {"distributor_id": "dist_a", "highest_sequence": expected}
    refused = await world.send(connector, batch_of(sequence=9, invoices=[invoice()] * 1_001))
    assert refused.status_code == 400
    assert (await highest(world, connector))["highest_sequence"] == 8
    assert (await highest(world, other))["highest_sequence"] == 2**53 - 1


async def test_the_newest_statement_of_every_record_is_listed_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "ACCEPTED_PAGE", 2)
    connector, other = await world.onboard(), await world.onboard("dist_b")
    await sent(world, other, 1, invoices=[invoice("INV-OTHER")])
    names = ["A.1", "A/1", "a#1", "क&1", "A+1 %"]
    await sent(world, connector, 1, invoices=[invoice(name, source_order=3) for name in names])
    await sent(world, connector, 2, invoices=[invoice("A.1", amount_inr=10.5, source_order=9)])
    await sent(world, connector, 3, payments=[payment(line_no=2)], returns=[returned(is_cancelled=True)])
    records = await accepted(world, connector)
    assert {record["key"] for record in records} == {*names, "PAY-1#2", "CN-1"}
    assert len(records) == 7
    by_key = {record["key"]: record for record in records}
    assert by_key["A.1"] == {
        "table": "invoices",
        "key": "A.1",
        "source_order": 9,
        "is_cancelled": False,
        "day": "2026-05-03",
        "amount_inr": "10.50",
    }
    assert by_key["CN-1"]["is_cancelled"] is True
    assert "ledger-1" not in str(records)


@pytest.mark.parametrize("after", ["", "invoices", "retailers.x", ".x", "x" * 1_000])
async def test_a_place_that_the_list_never_gave_is_refused(world: World, after: str) -> None:
    connector = await world.onboard()
    body, headers = connector.signed("GET", RECORDS, now=world.clock.now())
    async with world.client(connector) as client:
        answer = await client.request("GET", RECORDS, params={"after": after}, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("path", [SEQUENCE, RECORDS])
async def test_without_a_fresh_second_signature_nothing_is_told(world: World, path: str) -> None:
    connector = await world.onboard()
    async with world.client(connector) as client:
        assert (await client.get(path, headers={"X-API-Key": connector.api_key})).status_code == 401
    elsewhere = connector.sign_v2(b"", at=world.clock.now(), path="/v1/connector/quarantine", method="GET")
    answer = await world.call(connector, "GET", path, headers={"X-Payload-Signature-V2": elsewhere})
    assert answer.status_code == 401


@pytest.mark.parametrize(("table", "record"), [("invoices", invoice), ("payments", payment), ("returns", returned)])
async def test_a_withdrawal_that_names_no_retailer_is_of_the_record_that_stands(
    world: World, table: str, record: Any
) -> None:
    connector = await world.onboard()
    first = await sent(world, connector, 1, **{table: [record(source_order=4)]})
    told = record()
    [standing] = [item for item in await accepted(world, connector) if item["table"] == table]
    withdrawal = {name: value for name, value in told.items() if name not in ("retailer_ref", "due_date")}
    withdrawal |= {"is_cancelled": True, "source_order": standing["source_order"]}
    second = await sent(world, connector, 2, **{table: [withdrawal]})
    [row] = live_rows([world.bronze(first), world.bronze(second)], table).values()
    [before] = live_rows([world.bronze(first)], table).values()
    assert (row["is_cancelled"], row["subject_token"]) == (True, before["subject_token"])
    assert [item["is_cancelled"] for item in await accepted(world, connector)] == [True]


async def test_a_withdrawal_of_an_unknown_record_names_its_retailer(world: World) -> None:
    connector = await world.onboard()
    withdrawal = invoice("INV-9", is_cancelled=True, retailer_ref=None)
    answer = await world.send(connector, batch_of(sequence=1, invoices=[withdrawal]))
    assert (answer.json()["accepted"], answer.json()["quarantined"]) == (0, 1)


async def test_a_record_that_is_not_withdrawn_names_its_retailer(world: World) -> None:
    connector = await world.onboard()
    await sent(world, connector, 1, invoices=[invoice()], returns=[returned()])
    invoices, returns = [invoice(retailer_ref=None)], [returned(retailer_ref=None)]
    answer = await world.send(connector, batch_of(sequence=2, invoices=invoices, returns=returns))
    assert (answer.json()["accepted"], answer.json()["quarantined"]) == (0, 2)
