"""The durable queue and the memory: what is known, what is withdrawn, who may open the file."""

import json
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.client import IngestionClient
from altscore_connector.encryption import BodyCipher
from altscore_connector.errors import DeliveryError, StateError
from altscore_connector.india import INDIA
from altscore_connector.planning import plan
from altscore_connector.records import CompletePeriod, ErpTotal, Item, Reading, Table
from altscore_connector.state import Finished, State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver, send_queued

AMOUNTS: dict[Table, tuple[str, str]] = {
    "invoices": ("amount_inr", "invoice_date"),
    "payments": ("amount_paid_inr", "paid_date"),
    "returns": ("amount_inr", "return_date"),
}
IDENTITY = {"invoices": "invoice_id", "payments": "payment_id", "returns": "return_id"}


def item(key: str, amount: str = "10.00", *, table: Table = "invoices", order: int = 1, **more: Any) -> Item:
    field, day = AMOUNTS[table]
    record = {IDENTITY[table]: key, "retailer_ref": "r", day: more.pop("on", "2026-07-01"), field: Decimal(amount)}
    return Item(table, key, record, document=more.pop("document", key), source_order=order, scope="c", **more)


def whole(*items: Item, table: Table = "invoices", **more: Any) -> Reading:
    period = CompletePeriod(scope="c", table=table, from_on=date.min, to_on=date.max, **more)
    return Reading(items=list(items), complete=[period])


@pytest.fixture
def sync(client: IngestionClient) -> Callable[[Reading, State], Summary]:
    def run(reading: Reading, state: State) -> Summary:
        summary = Summary("dist_x", "csv")
        deliver(reading, client, state, summary=summary, progress=lambda _line: None)
        return summary

    return run


def live(ingestion: Any, table: str = "invoices") -> dict[str, str]:
    """What a receiver keeps that goes by source order, then sequence."""
    newest: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {}
    for payload in ingestion.payloads:
        for record in payload[table]:
            rank = (record["source_order"], payload["sequence"])
            key = record[IDENTITY[table]]
            if key not in newest or rank > newest[key][0]:
                newest[key] = (rank, record)
    field = AMOUNTS[table][0]  # type: ignore[index]
    return {key: str(row[field]) for key, (_, row) in newest.items() if not row.get("is_cancelled")}


def test_a_value_that_swings_back_arrives(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    for order, amount in enumerate(("1000.00", "1500.00", "1000.00", "1500.00"), start=1):
        assert sync(Reading(items=[item("I1", amount, order=order)]), state).submitted == 1
    assert live(ingestion) == {"I1": "1500.0"}
    assert len(ingestion.batches) == 4


def test_an_unchanged_statement_sends_nothing_and_its_newer_order_counts(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    sync(Reading(items=[item("I1", "10.00", order=1)]), state)
    assert sync(Reading(items=[item("I1", "10.00", order=3)]), state).submitted == 0
    older = sync(Reading(items=[item("I1", "99.00", order=2)]), state)
    assert (older.submitted, older.notes["older_statements"]) == (0, 1)
    assert live(ingestion) == {"I1": "10.0"}


@pytest.mark.parametrize("table", ["invoices", "payments", "returns"])
def test_what_an_erp_says_now_is_the_newest_although_its_own_order_went_back(
    sync: Any, ingestion: Any, table: Table
) -> None:
    state, parts = State(":memory:"), [item(f"V1#{n}", table=table, document="V1", order=9) for n in (1, 2, 3)]
    sync(Reading(items=parts), state)
    restored = [item(f"V1#{n}", f"{n}.50", table=table, document="V1", order=4) for n in (1, 2)]
    summary = sync(Reading(items=restored, is_current=True), state)
    assert (summary.submitted, summary.withdrawn, summary.findings) == (3, 1, [])
    assert live(ingestion, table) == {"V1#1": "1.5", "V1#2": "2.5"}
    changed = [restored[0], item("V1#2", "7.00", table=table, document="V1", order=4)]
    sync(Reading(items=[replace(part, source_order=5) for part in changed], is_current=True), state)
    assert live(ingestion, table) == {"V1#1": "1.5", "V1#2": "7.0"}, "work that goes on from there counts too"
    assert sync(Reading(items=changed, is_current=True), state).submitted == 0


def test_of_two_statements_in_one_reading_the_greater_order_wins_whatever_the_sequence(
    sync: Any, ingestion: Any
) -> None:
    newer, older = item("I1", "20.00", order=9), item("I1", "10.00", order=2)
    for number, items in enumerate(([newer, older], [older, newer])):
        key = f"{number}"
        same = [replace(part, key=key, document=key, record={**part.record, "invoice_id": key}) for part in items]
        sync(Reading(items=same), State(":memory:"))
    assert live(ingestion) == {"0": "20.0", "1": "20.0"}


@pytest.mark.parametrize("table", ["invoices", "payments", "returns"])
def test_parts_that_the_newest_statement_lacks_are_withdrawn(sync: Any, ingestion: Any, table: Table) -> None:
    state = State(":memory:")
    parts = [item(f"V1#{n}", table=table, document="V1") for n in (1, 2, 3)]
    sync(Reading(items=parts), state)
    shrunk = sync(Reading(items=[item("V1#1", "30.00", table=table, document="V1", order=2)]), state)
    assert (shrunk.submitted, shrunk.withdrawn) == (3, 2)
    assert live(ingestion, table) == {"V1#1": "30.0"}
    assert sync(Reading(items=[item("V1#1", "30.00", table=table, document="V1", order=3)]), state).submitted == 0


@pytest.mark.parametrize("table", ["invoices", "payments", "returns"])
def test_documents_that_a_complete_period_does_not_state_are_withdrawn(sync: Any, ingestion: Any, table: Table) -> None:
    state = State(":memory:")
    sync(Reading(items=[item(key, table=table) for key in ("A", "B", "C")]), state)
    reading = whole(item("A", table=table, order=2), table=table)
    reading.present = {(table, "B")}
    assert sync(reading, state).withdrawn == 1
    assert set(live(ingestion, table)) == {"A", "B"}
    assert sync(reading, state).submitted == 0
    sync(Reading(items=[item("C", table=table, order=5)]), state)
    assert set(live(ingestion, table)) == {"A", "B", "C"}, "it was entered again"


def test_a_period_withdraws_only_inside_its_days_its_scope_and_its_order(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    other = Item("invoices", "X", item("X").record, document="X", source_order=1, scope="other")
    late, newer = item("L", on="2026-08-01"), item("N", order=8)
    sync(Reading(items=[other, late, newer, item("O", order=1)]), state)
    july = CompletePeriod("c", "invoices", from_on=date(2026, 7, 1), to_on=date(2026, 7, 31), source_order=5)
    assert sync(Reading(complete=[july]), state).withdrawn == 1
    assert set(live(ingestion)) == {"X", "L", "N"}


def test_a_key_that_moves_to_another_document_stays(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    sync(Reading(items=[item("K", document="A"), item("A2", document="A")]), state)
    sync(Reading(items=[item("K", document="B", order=2), item("A2", document="A", order=2)]), state)
    assert set(live(ingestion)) == {"K", "A2"}


def test_after_a_crash_the_same_bytes_go_out_with_the_same_id(
    ingestion: Any, client: IngestionClient, tmp_path: Path
) -> None:
    state = State(tmp_path / "s", BodyCipher("secret"))
    ingestion.faults = [(503, {})] * 5
    with pytest.raises(DeliveryError):
        deliver(Reading(items=[item("I1")]), client, state, summary=Summary("d", "csv"), progress=lambda _line: None)
    queued = state.queued()
    assert queued is not None
    state.close()
    again = State(tmp_path / "s", BodyCipher("secret"))
    assert again.queued() == queued
    assert send_queued(client, again, summary=Summary("d", "csv"), progress=lambda _line: None)
    assert ingestion.headers[-1]["x-batch-id"] == ingestion.headers[0]["x-batch-id"] == queued.batch_id
    assert (again.queued(), list(plan(Reading(items=[item("I1")]), again).items)) == (None, [])


def test_an_answer_about_another_number_of_records_acknowledges_nothing(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    real = ingestion.answer

    def nothing(headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
        status, extra, answer = real(headers, body)
        return status, extra, answer | {"submitted": 0, "accepted": 0}

    ingestion.answer = nothing
    with pytest.raises(DeliveryError, match="1 records were sent, the answer speaks of 0"):
        sync(Reading(items=[item("I1")]), state)
    assert state.known("invoices", "I1") is None
    assert state.queue_length() == 1


def test_a_batch_refused_for_good_is_named_and_its_records_are_stated_again(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    ingestion.faults = [(422, {})]
    reading = Reading(items=[item("I1")], marks={"m": "1"})
    refused = sync(reading, state)
    assert [finding.rule for finding in refused.findings] == ["batch_refused"]
    assert (refused.exit_status, state.mark("m")) == (3, None)
    again = sync(reading, state)
    assert (again.exit_status, state.mark("m"), live(ingestion)) == (0, "1", {"I1": "10.0"})


@pytest.mark.parametrize(("erp", "agrees", "status"), [("10.00", True, 0), ("11.00", False, 3), (None, None, 0)])
def test_agreement_is_true_only_where_something_was_compared(
    sync: Any, erp: str | None, agrees: bool | None, status: int
) -> None:
    totals = [ErpTotal("invoices", "2026-07", count=1, amount_inr=Decimal(erp))] if erp else []
    summary = sync(Reading(items=[item("I1")], erp_totals=totals), State(":memory:"))
    assert (summary.agrees_with_erp, summary.exit_status) == (agrees, status)


def test_the_totals_of_the_erp_travel_in_the_signed_body(sync: Any, ingestion: Any) -> None:
    total = ErpTotal("invoices", "2026-07", count=1, amount_inr=Decimal("10.00"))
    sync(Reading(items=[item("I1")], erp_totals=[total]), State(":memory:"))
    expected = {"table": "invoices", "month": "2026-07", "count": 1, "amount_inr": 10.0}
    assert ingestion.payloads[-1]["erp_totals"] == [expected]


NOON = datetime(2026, 7, 2, 12, tzinfo=INDIA)


def test_a_ledger_without_news_is_told_once_a_day_by_a_batch_without_records(sync: Any, ingestion: Any) -> None:
    total = ErpTotal("invoices", "2026-07", count=1, amount_inr=Decimal("10.00"))
    state = State(":memory:")
    sync(Reading(items=[item("I1")], read_at=NOON), state)
    for hours, sent in ((1, 1), (11, 1), (12, 2), (20, 2), (60, 3)):
        reading = Reading(items=[item("I1")], read_at=NOON + timedelta(hours=hours), erp_totals=[total])
        summary = sync(reading, state)
        assert (summary.submitted, summary.exit_status, len(ingestion.payloads)) == (0, 0, sent), hours
    empty = ingestion.payloads[1]
    assert [empty[table] for table in AMOUNTS] == [[], [], []]
    assert (empty["sync_from"], empty["sync_to"]) == ("2026-07-02T00:00:00Z", "2026-07-02T18:30:00Z")
    assert empty["erp_totals"] == [{"table": "invoices", "month": "2026-07", "count": 1, "amount_inr": 10.0}]


def claims(ingestion: Any) -> list[str]:
    return [payload["sync_to"] for payload in ingestion.payloads]


NOTHING = "2000-01-01T00:00:00Z"


def test_files_reach_to_the_end_of_their_newest_day(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    sync(Reading(items=[item("I1")]), state)
    sync(Reading(items=[item("I1")]), state)
    assert (claims(ingestion), state.mark("covered_on")) == (["2026-07-01T23:59:59Z"], "2026-07-01")


def test_files_read_in_portions_reach_to_their_newest_day_with_the_last_portion_alone(
    sync: Any, ingestion: Any
) -> None:
    state = State(":memory:")
    sync(Reading(items=[item("I1", on="2026-07-03")], has_more=True), state)
    sync(Reading(items=[item("I2", on="2026-07-02")], has_more=True), state)
    assert (claims(ingestion), state.mark("covered_on")) == ([NOTHING] * 2, None)
    sync(Reading(items=[item("I2", on="2026-07-02")]), state)
    assert (claims(ingestion)[2:], state.mark("covered_on")) == (["2026-07-03T23:59:59Z"], "2026-07-03")
    assert ingestion.payloads[-1]["invoices"] == [], "nothing was left to state but how far the files reach"


@pytest.mark.parametrize("more", [{"is_partial": True}, {"read_at": NOON, "has_more": True}])
def test_a_part_of_a_ledger_claims_no_day_that_was_not_claimed_before(
    sync: Any, ingestion: Any, more: dict[str, Any]
) -> None:
    state = State(":memory:")
    sync(Reading(items=[item("I1")], **more), state)
    sync(Reading(items=[item("I1")], **more), state)
    assert (claims(ingestion), state.mark("covered_on")) == ([NOTHING], None)
    sync(Reading(items=[item("I1")], read_at=NOON), state)
    sync(Reading(items=[item("I1"), item("I2", on="2026-07-05")], **more), state)
    assert claims(ingestion)[1:] == ["2026-07-02T06:30:00Z", "2026-07-01T18:29:59Z"]
    assert state.mark("covered_on") == "2026-07-01"


def test_a_batch_without_news_that_was_not_delivered_is_sent_again(sync: Any, ingestion: Any) -> None:
    state = State(":memory:")
    ingestion.faults = [(503, {})] * 5
    with pytest.raises(DeliveryError):
        sync(Reading(read_at=NOON), state)
    sync(Reading(read_at=NOON + timedelta(days=1)), state)
    assert [payload["sync_to"] for payload in ingestion.payloads][-1] == "2026-07-03T06:30:00Z"
    assert state.mark("covered_on") == "2026-07-02"


def test_the_sequence_only_grows_also_when_the_file_is_lost(tmp_path: Path) -> None:
    state = State(tmp_path / "s")
    assert state.next_sequence(1_000) == 1_000
    state.enqueue([(1_000, "b", b"x", [item("I1")])], Finished())
    assert state.next_sequence(5) == 1_001
    assert State(tmp_path / "t").next_sequence(2_000) == 2_000


def test_a_second_connector_on_the_same_file_says_so(tmp_path: Path) -> None:
    first = State(tmp_path / "s")
    with pytest.raises(StateError, match="another connector is running"):
        State(tmp_path / "s")
    first.close()
    State(tmp_path / "s").close()


def test_the_file_is_its_owners_alone_and_holds_no_plain_body(tmp_path: Path) -> None:
    state = State(tmp_path / "s", BodyCipher("secret"))
    state.enqueue([(1, "b", b'{"shop_name":"Secret Shop"}', [item("I1")])], Finished())
    for path in tmp_path.glob("s*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"Secret Shop" not in path.read_bytes()
    state.close()
    with pytest.raises(StateError, match="signing secret"):
        State(tmp_path / "s", BodyCipher("other")).queued()


def test_a_file_of_another_version_or_a_damaged_one_is_refused_in_a_sentence(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "old")
    old.execute("CREATE TABLE sent (table_name TEXT)")
    old.close()
    with pytest.raises(StateError, match="another version of the connector"):
        State(tmp_path / "old")
    (tmp_path / "damaged").write_bytes(b"no database" * 100)
    with pytest.raises(StateError, match="cannot be opened"):
        State(tmp_path / "damaged")
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be made"):
        State(tmp_path / "file" / "s")


def test_what_is_kept_of_a_record_has_no_name_and_no_number_of_a_person(sync: Any, tmp_path: Path) -> None:
    state = State(tmp_path / "s")
    record = {"retailer_ref": "r", "shop_name": "Secret Shop", "phone": "9000000000", "gst": "27AAACZ0000A1Z9"}
    sync(Reading(items=[Item("retailers", "r", record, document="r")]), state)
    known = state.known("retailers", "r")
    assert known is not None
    assert json.dumps(dict(known.record)) == '{"retailer_ref": "r"}'
