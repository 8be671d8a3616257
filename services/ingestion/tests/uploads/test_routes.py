"""A CSV file over HTTPS: what it becomes, what is refused, and that it never counts twice."""

import gzip
import logging
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from altscore_ingestion.uploads.domain import MAX_FINDINGS, MAX_LINES

from ..connector import Connector
from ..world import World, live_rows

HEADER = "Invoice No,Invoice Date,Party,Phone,Amount,Paid"
A = "S/1,05-07-2025,Om Traders,98765 43210,1180.00,500.00"
B = "S/2,06-07-2025,Shree Kirana,,2500.00,"
NAME = "invoices_complete_2025-07.csv"


def csv(*rows: str, header: str = HEADER) -> str:
    """A file with these rows."""
    return "\n".join((header, *rows)) + "\n"


async def uploaded(world: World, connector: Connector, text: str | bytes, *, name: str = NAME, **how: Any) -> Any:
    """The answer to a good upload."""
    answer = await world.upload(connector, name, text, **how)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def ledger(world: World) -> dict[str, dict[str, Any]]:
    """Live amounts in Bronze that are not cancelled, by table and document number."""
    batches = [row["batch_id"] for row in await world.pool.fetch("SELECT batch_id FROM batch WHERE state = 'complete'")]
    objects = [world.bronze(batch_id) for batch_id in batches]
    return {
        table: {
            key[0].split("@")[0]: str(row["amount_inr"])
            for key, row in live_rows(objects, table).items()
            if not row["is_cancelled"]
        }
        for table in ("invoices", "payments", "returns")
    }


async def test_a_file_becomes_a_batch_in_bronze(world: World) -> None:
    connector = await world.onboard()
    told = await uploaded(world, connector, csv(A, B))
    [batch] = told["batches"]
    assert (batch["submitted"], batch["accepted"]) == (5, 5)
    assert (told["unchanged"], told["withdrawn"], told["findings"]) == (0, 0, [])
    assert await ledger(world) == {
        "invoices": {"S/1": "1180.00", "S/2": "2500.00"},
        "payments": {"paid:S/1": "500.00"},
        "returns": {},
    }
    [received] = await world.audited("upload_received")
    assert (received["actor"], received["subject"]) == ("dist_a", told["upload_id"])
    [ingested] = await world.audited("batch_ingested")
    assert ingested["subject"] == batch["batch_id"]


async def test_the_same_upload_again_gets_the_original_result_and_makes_no_batch(world: World) -> None:
    connector = await world.onboard()
    upload_id = str(uuid4())
    told = await uploaded(world, connector, csv(A), upload_id=upload_id)
    again = await world.upload(connector, NAME, csv(A), upload_id=upload_id)
    assert (again.status_code, again.json()["code"]) == (409, "BATCH_ALREADY_PROCESSED")
    assert again.json()["result"] == told
    anew = await uploaded(world, connector, csv(A))
    assert (anew["batches"], anew["unchanged"]) == ([], 3)
    assert await world.pool.fetchval("SELECT count(*) FROM batch") == 1


@pytest.mark.parametrize(("name", "text"), [(NAME, csv(B)), ("other.csv", csv(A))])
async def test_an_id_belongs_to_one_file_with_one_name(world: World, name: str, text: str) -> None:
    connector = await world.onboard()
    upload_id = str(uuid4())
    await uploaded(world, connector, csv(A), upload_id=upload_id)
    answer = await world.upload(connector, name, text, upload_id=upload_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "BATCH_CONFLICT")


async def test_a_value_that_swings_back_arrives(world: World) -> None:
    connector = await world.onboard()
    for amount in ("1180.00", "1500.00", "1180.00"):
        await uploaded(world, connector, csv(f"S/1,05-07-2025,Om Traders,,{amount},"))
        assert (await ledger(world))["invoices"] == {"S/1": amount}


async def test_a_later_upload_is_newer_although_the_clock_went_back(world: World) -> None:
    connector = await world.onboard()
    await uploaded(world, connector, csv(A, B))
    world.clock.advance(seconds=-3_600)
    await uploaded(world, connector, csv("S/1,05-07-2025,Om Traders,,1500.00,"))
    assert await ledger(world) == {"invoices": {"S/1": "1500.00"}, "payments": {}, "returns": {}}


async def test_a_file_that_is_complete_for_a_period_withdraws_what_it_lacks(world: World) -> None:
    connector = await world.onboard()
    june = "S/0,30-06-2025,Om Traders,,100.00,"
    await uploaded(world, connector, csv(june, A, B), name="all.csv")
    told = await uploaded(world, connector, csv(B))
    assert told["withdrawn"] == 2, "the invoice and its part payment"
    assert await ledger(world) == {"invoices": {"S/0": "100.00", "S/2": "2500.00"}, "payments": {}, "returns": {}}


async def test_a_file_without_a_period_only_adds_and_corrects(world: World) -> None:
    connector = await world.onboard()
    await uploaded(world, connector, csv(A), name="july.csv")
    told = await uploaded(world, connector, csv(B), name="july.csv")
    assert [finding["rule"] for finding in told["findings"]] == ["period_not_declared"]
    assert set((await ledger(world))["invoices"]) == {"S/1", "S/2"}


async def test_a_bad_row_is_named_in_both_languages_and_stops_no_other(world: World) -> None:
    connector = await world.onboard()
    told = await uploaded(world, connector, csv(A, "S/9,2025-07-06,Secret Stores,,77.77,"))
    [finding] = [finding for finding in told["findings"] if finding["kind"] == "set_aside"]
    assert (finding["row"], finding["rule"], finding["field"]) == (3, "date_in_another_form", "invoice_date")
    assert "date_format" in finding["what_to_do"]
    assert any("\u0900" <= char <= "\u097f" for char in finding["what_to_do_hi"])
    assert set((await ledger(world))["invoices"]) == {"S/1"}
    assert "S/9" not in str(told)


async def test_a_file_of_which_nothing_can_be_read_is_refused_and_leaves_nothing(world: World) -> None:
    connector = await world.onboard()
    upload_id = str(uuid4())
    answer = await world.upload(connector, NAME, csv(A, header="Nothing,That,Names,A,Col,umn"), upload_id=upload_id)
    assert (answer.status_code, answer.json()["code"]) == (400, "UPLOAD_REFUSED")
    [finding] = answer.json()["findings"]
    assert finding["rule"] in ("no_header", "column_missing")
    assert "upload format" in finding["what_to_do"]
    [audited] = await world.audited("batch_refused")
    assert audited["reason"] == "UPLOAD_REFUSED"
    await uploaded(world, connector, csv(A), upload_id=upload_id)


async def test_a_post_dated_document_is_said_to_need_another_upload(world: World) -> None:
    connector = await world.onboard()
    told = await uploaded(world, connector, csv("S/1,05-07-2035,Om Traders,,10.00,"), name="a.csv")
    [held] = [finding for finding in told["findings"] if finding["kind"] == "held"]
    assert "upload it again" in held["what_to_do"]


async def test_receipts_are_read_by_the_format_that_the_distributor_set(world: World) -> None:
    connector = await world.onboard()
    receipts = csv("R/1,2025-07-08,Om Traders,S/1,700.00", header="Receipt No,Receipt Date,Party,Invoice No,Amount")
    assert (await world.upload(connector, "r.csv", receipts)).json()["findings"][0]["rule"] == "receipts_not_expected"
    body = {"payments": "receipts", "date_format": "yyyy-mm-dd", "columns": {"party": ["Party"]}}
    answer = await world.call(connector, "PUT", "/v1/ingestion/upload-format", body)
    assert answer.status_code == 200, answer.text
    told = await world.call(connector, "GET", "/v1/ingestion/upload-format")
    assert told.json()["payments"] == "receipts"
    await uploaded(world, connector, receipts, name="r.csv")
    assert (await ledger(world))["payments"] == {"R/1": "700.00"}
    assert len(await world.audited("upload_format_set")) == 1


async def test_another_source_of_payments_withdraws_those_of_the_first(world: World) -> None:
    connector = await world.onboard()
    await uploaded(world, connector, csv(A))
    await world.call(connector, "PUT", "/v1/ingestion/upload-format", {"payments": "receipts"})
    receipts = csv("R/1,08-07-2025,Om Traders,S/1,700.00", header="Receipt No,Receipt Date,Party,Invoice No,Amount")
    await uploaded(world, connector, receipts, name="r.csv")
    assert (await ledger(world))["payments"] == {"R/1": "700.00"}, "the same money is not counted twice"


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"headers": {"X-Payload-Signature-V2": None}}, 401),
        ({"headers": {"X-Payload-Signature-V2": f"t=1,v2={'0' * 64}"}}, 401),
        ({"headers": {"X-API-Key": "0" * 64}}, 401),
        ({"headers": {"Content-Type": "application/json"}}, 415),
        ({"headers": {"Content-Encoding": "br"}}, 415),
    ],
)
async def test_who_is_not_proven_or_sends_no_csv_is_refused(world: World, how: dict[str, Any], status: int) -> None:
    connector = await world.onboard()
    answer = await world.upload(connector, NAME, csv(A), **how)
    assert answer.status_code == status
    assert await world.pool.fetchval("SELECT count(*) FROM upload") == 0


async def test_the_signature_covers_the_name_that_declares_the_period(world: World) -> None:
    connector = await world.onboard()
    body, headers = connector.uploading("/v1/ingestion/uploads/a.csv", csv(A), now=world.clock.now())
    async with world.client(connector) as client:
        answer = await client.post(f"/v1/ingestion/uploads/{NAME}", content=body, headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("identifier", "erp_type", "field"),
    [("first", "csv", "X-Batch-ID"), ("5d1c9a52-6f0e-4a53-9c6f-3f1a86f0c1d2", "tally_prime", "X-ERP-Type")],
)
async def test_an_id_or_a_source_of_another_form_is_refused(
    world: World, identifier: str, erp_type: str, field: str
) -> None:
    connector = await world.onboard()
    path, body, now = f"/v1/ingestion/uploads/{NAME}", csv(A), world.clock.now()
    signature = connector.sign_v2(body.encode(), at=now, path=path, batch_id=identifier, erp_type=erp_type)
    headers = {"X-ERP-Type": erp_type, "X-Payload-Signature-V2": signature}
    answer = await world.upload(connector, NAME, body, upload_id=identifier, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("name", ["a.txt", ".csv", "a b.csv", "x" * 100 + ".csv"])
async def test_a_name_of_another_form_is_refused(world: World, name: str) -> None:
    connector = await world.onboard()
    answer = await world.upload(connector, name, csv(A))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file_name")


async def test_a_packed_file_is_the_same_file(world: World) -> None:
    connector = await world.onboard()
    packed = gzip.compress(csv(A, B).encode())
    told = await uploaded(world, connector, packed, headers={"Content-Encoding": "gzip"})
    assert told["batches"][0]["accepted"] == 5
    long = b"a" * 2_100_000
    for body, headers in ((gzip.compress(long), {"Content-Encoding": "gzip"}), (long, {})):
        answer = await world.upload(connector, NAME, body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_file_larger_than_an_hour_is_refused_and_stores_nothing(world: World) -> None:
    connector = await world.onboard()
    rows = (f"S/{number},05-07-2025,Om Traders,,1.00," for number in range(10_001))
    answer = await world.upload(connector, NAME, csv(*rows))
    assert (answer.status_code, answer.json()["code"]) == (413, "UPLOAD_TOO_LARGE")
    assert await world.pool.fetchval("SELECT count(*) FROM upload") == 0


async def test_two_distributors_know_nothing_of_each_others_files(world: World) -> None:
    first, second = await world.onboard("dist_a"), await world.onboard("dist_b")
    await uploaded(world, first, csv(A))
    told = await uploaded(world, second, csv(A))
    assert told["unchanged"] == 0
    assert await world.pool.fetchval("SELECT count(*) FROM record WHERE table_name = 'invoices'") == 2


async def test_no_cell_stands_in_logs_audit_or_in_plain_in_the_database(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    connector = await world.onboard()
    with caplog.at_level(logging.DEBUG):
        await uploaded(world, connector, csv(A, "S/9,bad,Secret Stores,9876543211,7.77,"))
        await world.upload(connector, NAME, csv(A, "Secret Stores", header="x"))
    tables = ("upload", "upload_ledger", "upload_batch", "upload_record", "upload_mark")
    stored = [str(dict(row)) for table in tables for row in await world.pool.fetch(f"SELECT * FROM {table}")]
    events = [str(event) for event in await world.events()]
    assert stored
    for text in (*stored, *events, caplog.text):
        assert not [cell for cell in ("Om Traders", "Secret", "98765", "party:") if cell in text]


async def test_many_bad_rows_are_told_within_bounds(world: World) -> None:
    connector = await world.onboard()
    told = await uploaded(world, connector, csv(A, *["a"] * (MAX_FINDINGS + 10)), name="a.csv")
    assert [finding["rule"] for finding in told["findings"]] == ["row_length"] * MAX_FINDINGS + ["more_findings"]
    assert set((await ledger(world))["invoices"]) == {"S/1"}
    answer = await world.upload(connector, NAME, csv(*["a"] * (MAX_LINES + 1)))
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_record_in_quarantine_is_stated_again_by_the_next_file(world: World) -> None:
    connector = await world.onboard()
    large = csv("S/1,05-07-2025,Om Traders,,2000000000.00,", B)
    for _ in range(2):
        told = await uploaded(world, connector, large)
        assert told["batches"][0]["quarantined"] == 1
    await world.services.distributors.set_max_amount("dist_a", Decimal(5_000_000_000))
    told = await uploaded(world, connector, large)
    assert (told["batches"][0]["accepted"], told["batches"][0]["submitted"]) == (1, 1)
    assert (await ledger(world))["invoices"] == {"S/1": "2000000000.00", "S/2": "2500.00"}
    assert (await uploaded(world, connector, large))["batches"] == []


async def test_a_record_that_came_back_from_quarantine_is_withdrawn_by_a_file_that_lacks_it(world: World) -> None:
    connector = await world.onboard()
    told = await uploaded(world, connector, csv("S/1,05-07-2025,Om Traders,,2000000000.00,", B))
    await world.services.distributors.set_max_amount("dist_a", Decimal(5_000_000_000))
    await world.services.quarantine.reprocess("dist_a", told["batches"][0]["batch_id"])
    assert set((await ledger(world))["invoices"]) == {"S/1", "S/2"}
    assert (await uploaded(world, connector, csv(B)))["withdrawn"] == 1
    assert (await ledger(world))["invoices"] == {"S/2": "2500.00"}
