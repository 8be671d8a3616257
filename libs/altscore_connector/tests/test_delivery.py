"""Batches, signatures, retries and what is remembered."""

import gzip
import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.batching import MAX_RECORDS, Batch, batch_id_of, cut
from altscore_connector.client import ATTEMPTS, IngestionClient
from altscore_connector.compression import packed
from altscore_connector.config import ConnectorConfig, CsvConfig, IngestionConfig, TallyConfig
from altscore_connector.coverage import covered_by, reach_of
from altscore_connector.errors import DeliveryError
from altscore_connector.india import INDIA
from altscore_connector.records import Item, Value, to_json
from altscore_connector.state import State
from altscore_connector.sync import sync_once
from hypothesis import given, settings
from hypothesis import strategies as st

BODY = b'{"distributor_id":"dist_x","invoices":[],"payments":[],"retailers":[],"returns":[]}'
TODAY = date(2026, 11, 28)
FILE = "Invoice No,Invoice Date,Party,Amount,Paid,Paid Date\r\n"


def invoice(number: int, amount: str = "10.00") -> Item:
    record: dict[str, Value] = {"invoice_id": f"I{number}", "invoice_date": "2026-07-01", "amount_inr": Decimal(amount)}
    return Item("invoices", f"I{number}", record)


def config(folder: Path) -> ConnectorConfig:
    nowhere = IngestionConfig(url="https://unused", ca_file=folder, certificate_file=folder, key_file=folder)
    return ConnectorConfig(
        distributor_id="dist_x",
        state_file=folder / "s",
        ingestion=nowhere,
        keystore_file=folder,
        passphrase_file=None,
        interval_s=1,
        tally=None,
        csv=CsvConfig(folder, settle_s=0),
    )


def test_a_batch_never_exceeds_a_thousand_records_and_keeps_the_order() -> None:
    items = [invoice(n) for n in range(1_500)] + [Item("retailers", "r", {"retailer_ref": "r"})]
    batches = list(cut(items, distributor_id="dist_x", today=TODAY, sequence=1))
    assert [len(batch.items) for batch in batches] == [MAX_RECORDS, 501]
    assert batches[0].items[0].table == "retailers"
    first = json.loads(batches[0].body)
    assert (len(first["retailers"]), len(first["invoices"])) == (1, 999)


def test_the_sequence_makes_equal_content_at_another_time_another_batch() -> None:
    first, second, later = (
        next(iter(cut([invoice(1)], distributor_id="dist_x", today=TODAY, sequence=sequence))) for sequence in (7, 7, 8)
    )
    assert json.loads(first.body)["sequence"] == 7
    assert first.batch_id == second.batch_id != later.batch_id


def periods(batches: Iterable[Batch]) -> list[tuple[str, str]]:
    bodies = [json.loads(batch.body) for batch in batches]
    return [(body["sync_from"], body["sync_to"]) for body in bodies]


@pytest.mark.parametrize(
    ("day", "expected"), [("2026-11-29", "2026-11-28"), ("2999-01-01", "2026-07-01"), ("1981-01-01", "2026-07-01")]
)
def test_a_record_of_an_impossible_day_does_not_stretch_the_period_of_its_batch(day: str, expected: str) -> None:
    odd = Item("invoices", "odd", {"invoice_id": "odd", "invoice_date": day, "amount_inr": Decimal(1)})
    items, read_at = [invoice(1), odd], datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC)
    batches = cut(items, distributor_id="dist_x", today=TODAY, sequence=1, reaches=reach_of(items, read_at))
    assert periods(batches) == [("2026-07-01T00:00:00Z", f"{expected}T23:59:59Z")]


@pytest.mark.parametrize(
    ("covered_on", "expected"),
    [
        (None, ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z")),
        (date(2026, 6, 30), ("2026-06-30T18:29:59Z", "2026-06-30T18:29:59Z")),
        (date(2026, 11, 26), ("2026-07-01T00:00:00Z", "2026-07-01T23:59:59Z")),
    ],
)
def test_the_last_batch_of_a_sync_alone_reaches_beyond_what_held_before(
    covered_on: date | None, expected: tuple[str, str]
) -> None:
    read_at = datetime(2026, 11, 28, 7, 0, 5, 999, tzinfo=INDIA)
    items = [invoice(n) for n in range(2_500)]
    whole = cut(items, distributor_id="d", today=TODAY, sequence=1, covered_on=covered_on, reaches=read_at)
    assert periods(whole) == [expected, expected, ("2026-07-01T00:00:00Z", "2026-11-28T01:30:05Z")]
    in_part = cut(items, distributor_id="d", today=TODAY, sequence=1, covered_on=covered_on)
    assert periods(in_part) == [expected] * 3, "a part of the ledger is missing"


@given(
    days=st.lists(st.dates(date(1999, 12, 1), date(2026, 12, 31)), min_size=1, max_size=12),
    covered_on=st.none() | st.dates(date(2000, 1, 1), date(2026, 11, 27)),
    reaches=st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 28), timezones=st.just(UTC)),  # noqa: DTZ001
)
@settings(max_examples=200, deadline=None)
def test_no_batch_but_the_last_claims_a_day_that_was_not_claimed_before(
    days: list[date], covered_on: date | None, reaches: datetime | None
) -> None:
    items = [
        Item("invoices", f"I{number}", {"invoice_date": day.isoformat(), "amount_inr": Decimal(1)})
        for number, day in enumerate(days)
    ]
    batches = cut(items, distributor_id="d", today=TODAY, sequence=1, limit=3, covered_on=covered_on, reaches=reaches)
    claimed = [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in periods(batches)]
    held = covered_on or date(1999, 12, 31)
    *earlier, last = [covered_by(end) for _, end in claimed]
    assert all(day <= held for day in earlier)
    assert last <= (held if reaches is None else covered_by(reaches))
    assert all(datetime(2000, 1, 1, tzinfo=UTC) <= first <= end for first, end in claimed), "what ingestion takes"


def test_records_reach_to_the_end_of_their_newest_day_and_never_after_the_reading() -> None:
    """However late the batch is delivered, it says nothing about the rest of the day on which it was read."""
    for read_at, expected in (
        (datetime(2026, 7, 1, 1, 30, tzinfo=UTC), datetime(2026, 7, 1, 1, 30, tzinfo=UTC)),
        (datetime(2026, 7, 4, tzinfo=UTC), datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC)),
    ):
        assert reach_of([invoice(1)], read_at) == expected
    assert reach_of([], datetime(2026, 7, 4, tzinfo=UTC)) is None


def test_a_reading_before_midnight_that_is_cut_after_it_has_a_period_that_ingestion_takes() -> None:
    read_at = datetime(2026, 6, 30, 23, 59, tzinfo=UTC)
    batches = cut([invoice(1)], distributor_id="dist_x", today=TODAY, sequence=1, reaches=read_at)
    assert periods(batches) == [("2026-06-30T23:59:00Z", "2026-06-30T23:59:00Z")]


def test_money_is_written_as_a_number_with_two_places() -> None:
    assert to_json({"a": Decimal("118000.50"), "b": True, "c": None}) == '{"a":118000.50,"b":true,"c":null}'


def test_both_signatures_cover_what_they_name(client: IngestionClient, ingestion: Any) -> None:
    client.send_batch(BODY, batch_id="b6a0d2a4-7b57-5d0c-8a55-0a8b35f4b2aa")
    headers = ingestion.headers[0]
    lines = ("altscore-v2", "POST", "/v1/ingest/batch", headers["x-batch-id"], "csv", "1790000000")
    text = "\n".join((*lines, hashlib.sha256(BODY).hexdigest()))
    expected = hmac.new(b"b" * 64, text.encode(), hashlib.sha256).hexdigest()
    assert headers["x-payload-signature-v2"] == f"t=1790000000,v2={expected}"
    assert headers["x-payload-signature"] == hmac.new(b"b" * 64, BODY, hashlib.sha256).hexdigest()


def test_a_large_batch_goes_out_as_gzip_under_signatures_over_what_is_sent(
    client: IngestionClient, ingestion: Any
) -> None:
    [batch] = cut([invoice(n) for n in range(200)], distributor_id="dist_x", today=TODAY, sequence=1)
    assert client.send_batch(batch.body, batch_id=batch.batch_id).accepted == 200
    [headers] = ingestion.headers
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) < len(batch.body) / 3
    assert ingestion.payloads == [json.loads(batch.body)]
    assert client.send_batch(batch.body, batch_id=batch.batch_id).was_known


@pytest.mark.parametrize(
    ("body", "is_packed"),
    [
        (b"[" * 2_047, False),
        (b"[" * 2_048, True),
        (os.urandom(4_096), False),
        (b"[" * 1_048_576, True),
        (b"[" * 1_048_577, False),
        (os.urandom(65_536) + b"[" * 1_500_000, True),
    ],
    ids=["small", "worth it", "nothing gained", "free", "a bomb to the service", "within its bound"],
)
def test_what_the_service_would_take_for_a_bomb_is_sent_plain(body: bytes, is_packed: bool) -> None:
    sent, header = packed(body)
    assert header == ({"Content-Encoding": "gzip"} if is_packed else {})
    assert (gzip.decompress(sent) if is_packed else sent) == body
    assert packed(body)[0] == sent


def test_retry_after_is_honoured(client: IngestionClient, ingestion: Any, waits: list[float]) -> None:
    ingestion.faults = [(429, {"Retry-After": "7"}), (503, {"Retry-After": "2"})]
    assert client.send_batch(BODY, batch_id=batch_id_of(BODY)).accepted == 0
    assert waits == [7.0, 2.0]


def test_a_wait_beyond_the_limit_ends_the_sync(client: IngestionClient, ingestion: Any, waits: list[float]) -> None:
    ingestion.faults = [(429, {"Retry-After": "3600"})]
    with pytest.raises(DeliveryError) as caught:
        client.send_batch(BODY, batch_id=batch_id_of(BODY))
    assert (caught.value.status, waits) == (429, [])


def test_five_tries_and_no_more(client: IngestionClient, ingestion: Any, waits: list[float]) -> None:
    ingestion.faults = [(503, {})] * 9
    with pytest.raises(DeliveryError):
        client.send_batch(BODY, batch_id=batch_id_of(BODY))
    assert len(ingestion.headers) == ATTEMPTS
    assert len(waits) == ATTEMPTS - 1
    assert waits == sorted(waits)


def test_a_port_where_nothing_listens_is_told_as_such(secrets: Any) -> None:
    with (
        IngestionClient("http://127.0.0.1:1", secrets, "csv", context=None, sleep=lambda _s: None) as unreachable,
        pytest.raises(DeliveryError, match=r"nothing listens at ingestion\.url"),
    ):
        unreachable.send_batch(BODY, batch_id=batch_id_of(BODY))


@pytest.mark.parametrize(
    ("off_s", "words"), [(600, "clock is 10 minutes ahead"), (-600, "10 minutes behind"), (5, "were they rotated")]
)
def test_a_refused_signature_is_told_apart_from_a_wrong_clock(
    client: IngestionClient, ingestion: Any, off_s: float, words: str
) -> None:
    ingestion.faults = [(401, {"Date": formatdate(1_790_000_000 - off_s, usegmt=True)})]
    with pytest.raises(DeliveryError, match=words):
        client.send_batch(BODY, batch_id=batch_id_of(BODY))


def test_a_batch_that_stands_already_counts_as_done(client: IngestionClient) -> None:
    first = client.send_batch(BODY, batch_id=batch_id_of(BODY))
    again = client.send_batch(BODY, batch_id=batch_id_of(BODY))
    assert (first.was_known, again.was_known) == (False, True)
    assert again.batch_id == first.batch_id


def test_the_same_id_with_another_body_is_refused(client: IngestionClient) -> None:
    client.send_batch(BODY, batch_id=batch_id_of(BODY))
    with pytest.raises(DeliveryError) as caught:
        client.send_batch(BODY + b" ", batch_id=batch_id_of(BODY))
    assert caught.value.code == "BATCH_CONFLICT"


def test_a_wrong_signature_is_refused_without_a_retry(client: IngestionClient, ingestion: Any) -> None:
    reply = client.post(BODY, batch_id=batch_id_of(BODY), signature_override="0" * 64)
    assert reply.status == 401
    with pytest.raises(DeliveryError):
        client.send_batch(BODY, batch_id=batch_id_of(BODY), signature_override="0" * 64)
    assert len(ingestion.headers) == 2
    assert "x-payload-signature-v2" not in ingestion.headers[0]


def test_a_second_sync_sends_nothing(client: IngestionClient, ingestion: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FILE + "1,01-07-2026,A,100,100,02-07-2026\r\n2,01-07-2026,B,5000000000,,\r\n")
    state = State(tmp_path / "state.sqlite")
    first = sync_once(config(tmp_path), client, state=state, progress=lambda _line: None)
    again = sync_once(config(tmp_path), client, state=state, progress=lambda _line: None)
    assert (first.submitted, first.accepted, first.quarantined) == (5, 4, 1)
    assert first.adds_up
    assert (again.submitted, len(ingestion.batches)) == (0, 1)


def test_after_a_crash_the_rest_goes_out_and_nothing_twice(
    client: IngestionClient, ingestion: Any, tmp_path: Path
) -> None:
    rows = "".join(f"{n},01-07-2026,A,{n}.50,,\r\n" for n in range(1, 1_800))
    (tmp_path / "a.csv").write_text(FILE + rows)
    state = State(tmp_path / "state.sqlite")

    def crash(line: str) -> None:
        if line.startswith("batch 1/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_once(config(tmp_path), client, state=state, progress=crash)
    sync_once(config(tmp_path), client, state=state, progress=lambda _line: None)
    sent = [record["invoice_id"] for record in ingestion.records("invoices")]
    assert len(sent) == len(set(sent)) == 1_799


def test_the_memory_holds_no_name_and_no_phone(client: IngestionClient, tmp_path: Path) -> None:
    header = "Invoice No,Invoice Date,Party,GSTIN,Phone,Amount\r\n"
    (tmp_path / "a.csv").write_text(header + "1,01-07-2026,Secret Shop,27AAACZ0000A1Z9,9000000000,5\r\n")
    state = State(tmp_path / "state.sqlite")
    sync_once(config(tmp_path), client, state=state, progress=lambda _line: None)
    state.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite*"))
    assert not any(name in stored for name in (b"Secret", b"27AAACZ0000A1Z9", b"9000000000"))


def test_the_erp_type_follows_the_configuration(tmp_path: Path) -> None:
    assert config(tmp_path).erp_type == "csv"
    of_tally = ConnectorConfig(
        distributor_id="d",
        state_file=tmp_path,
        ingestion=config(tmp_path).ingestion,
        keystore_file=tmp_path,
        passphrase_file=None,
        interval_s=1,
        tally=TallyConfig("http://x", ("A",)),
        csv=None,
    )
    assert of_tally.erp_type == "tally_prime"
