"""Drop files as they come: one answer for four encodings, and what is held back, refused or passed on broken."""

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.files import arrived
from altscore_connector.csvdrop.reader import archive, party_ref, read_drop
from altscore_connector.csvdrop.values import read_date, read_money
from altscore_connector.records import Reading
from altscore_connector.state import State

DATA = Path(__file__).parent / "data" / "csv-drop"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))


def read(folder: Path, *names: str, state: State | None = None, **settings: Any) -> Reading:
    for name in names:
        shutil.copy(DATA / name, folder / name)
        if (DATA / f"{name}.sha256").exists():
            shutil.copy(DATA / f"{name}.sha256", folder)
    return read_drop(CsvConfig(folder, settle_s=0, **settings), "dist_x", state or State(":memory:"))


def records(reading: Reading, table: str) -> list[dict[str, Any]]:
    return [dict(item.record) for item in reading.items if item.table == table]


@pytest.mark.parametrize("name", EXPECTED["applies_to"])
def test_four_encodings_give_the_one_expected_answer(tmp_path: Path, name: str) -> None:
    reading = read(tmp_path, name)
    invoices = {record["invoice_id"]: record for record in records(reading, "invoices")}
    payments = {record["invoice_id"]: record for record in records(reading, "payments")}
    retailers = {record["retailer_ref"]: record for record in records(reading, "retailers")}
    for line in EXPECTED["accepted"]:
        invoice = invoices[line["invoice_no"]]
        assert invoice["invoice_date"] == line["invoice_on"]
        assert invoice.get("due_date") == line["due_on"]
        assert invoice["amount_inr"] == Decimal(line["amount_inr"])
        assert retailers[invoice["retailer_ref"]].get("gst") == line["gstin"]
        paid = payments.get(line["invoice_no"])
        assert (paid or {}).get("amount_paid_inr", Decimal(0)) == Decimal(line["paid_inr"])
        assert (paid or {}).get("paid_date") == line.get("paid_on")
    found = [(record["return_id"], str(record["amount_inr"])) for record in records(reading, "returns")]
    assert found == [(line["invoice_no"], line["amount_inr"]) for line in EXPECTED["returns"]]
    assert invoices["SI/26-27/0005"]["due_date"] == "31-06-2026", "the broken date goes out as it was read"
    assert reading.notes["broken_rows"] == 1
    assert reading.notes["totals_agree"] == 1
    assert len(invoices) == len(EXPECTED["accepted"]) + len(EXPECTED["quarantined"])


def test_a_file_whose_digest_does_not_match_is_held_back(tmp_path: Path) -> None:
    reading = read(tmp_path, "truncated.csv")
    assert reading.items == []
    assert reading.notes["files_held_back"] == 1


def test_a_file_being_written_is_not_read(tmp_path: Path) -> None:
    shutil.copy(DATA / "utf8.csv", tmp_path / "utf8.csv.part")
    assert read(tmp_path).items == []


def test_a_file_that_still_grows_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Invoice No,Party\r\n")

    def grow(_seconds: float) -> None:
        path.write_text(path.read_text() + "1,x\r\n")

    assert arrived(tmp_path, settle_s=1, sleep=grow) == []


@pytest.mark.parametrize("name", ["missing_column.csv", "empty.csv"])
def test_a_file_without_its_columns_is_refused_whole(tmp_path: Path, name: str) -> None:
    reading = read(tmp_path, name)
    assert reading.items == []
    assert any(note.startswith("files_refused") for note in reading.notes)
    assert reading.files == []


def test_a_header_alone_is_an_empty_month(tmp_path: Path) -> None:
    reading = read(tmp_path, "header_only.csv")
    assert reading.items == []
    assert reading.notes["files_read"] == 1


def test_a_formula_is_text(tmp_path: Path) -> None:
    reading = read(tmp_path, "formula_cells.csv")
    assert [record["return_id"] for record in records(reading, "returns")] == ["=1+1"]
    assert records(reading, "retailers")[0]["shop_name"] == "@SUM(A1)"


def test_a_line_break_inside_quotes_is_a_blank_in_the_name(tmp_path: Path) -> None:
    reading = read(tmp_path, "multiline_quoted.csv")
    assert records(reading, "retailers")[0]["shop_name"] == "Ram Sons"
    assert records(reading, "invoices")[0]["retailer_ref"] == party_ref("dist_x", "Ram Sons")


@pytest.mark.parametrize("invisible", ["\u200b", "\u200d", "\u202a", "\ufeff", "\u2060"])
def test_a_party_is_one_retailer_whatever_invisible_characters_its_name_holds(invisible: str) -> None:
    assert party_ref("dist_x", f"Ram{invisible} Sons{invisible}") == party_ref("dist_x", "Ram Sons")


@pytest.mark.parametrize("name", ["excel_serial_dates.csv", "us_dates_ambiguous.csv"])
def test_a_date_in_another_form_is_never_guessed(tmp_path: Path, name: str) -> None:
    reading = read(tmp_path, name)
    assert reading.notes["broken_rows"] == 1
    assert read_date(records(reading, "invoices")[0]["invoice_date"], "yyyy-mm-dd") is None


def test_a_repeated_row_is_read_once_and_a_changed_one_is_a_correction(tmp_path: Path) -> None:
    state = State(":memory:")
    fresh = state.unsent(read(tmp_path, "duplicate_rows.csv", state=state).items)
    amounts = [item.record["amount_inr"] for item in fresh if item.table == "invoices"]
    assert amounts == [Decimal("118000.00"), Decimal("119000.00")]


def test_a_wrong_total_line_refuses_the_file(tmp_path: Path) -> None:
    text = (DATA / "utf8.csv").read_text(encoding="utf-8").replace("1,31,620.50", "1,31,620.51")
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read(tmp_path).items == []


def test_default_terms_are_flagged(tmp_path: Path) -> None:
    reading = read(tmp_path, "utf8.csv", default_credit_days=21)
    invoice = next(record for record in records(reading, "invoices") if record["invoice_id"] == "0003")
    assert (invoice["due_date"], invoice["due_date_is_default"]) == ("2026-07-28", True)


def test_receipts_carry_lines_on_account_and_bounces(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "Receipt No,Receipt Date,Party,GSTIN,Phone,Invoice No,Amount,Mode\r\n"
        "R1,01-07-2026,A,,,SI/1,100,UPI\r\nR1,01-07-2026,A,,,SI/2,200,UPI\r\n"
        "R2,02-07-2026,A,,,,50,Cash\r\nR3,03-07-2026,A,,,SI/1,75,Cheque Bounced\r\n,,Total,,,,425.00,\r\n"
    )
    found = records(read(tmp_path), "payments")
    assert [(line["payment_id"], line["line_no"], line.get("invoice_id")) for line in found] == [
        ("R1", 1, "SI/1"),
        ("R1", 2, "SI/2"),
        ("R2", 1, None),
        ("R3", 1, "SI/1"),
    ]
    assert [line.get("is_bounced") for line in found] == [None, None, None, True]
    assert [line["payment_method"] for line in found] == ["upi", "upi", "cash", "cheque"]


def test_a_sent_file_moves_to_the_archive_by_digest(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    reading = read(folder, "utf8.csv")
    archive(CsvConfig(folder, archive=tmp_path / "done"), reading)
    assert list(folder.iterdir()) == []
    assert [path.name for path in (tmp_path / "done").iterdir()] == [f"{reading.files[0][0][:16]}-utf8.csv"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,18,000.00", "118000.00"),
        ("(1,180.00)", "-1180.00"),
        ("₹ 2,500/-", "2500.00"),
        ("Rs. 2,500/-", "2500.00"),
        ("500", "500.00"),
        ("-5", "-5.00"),
        ("9.00E+09", None),
        ("1.234", None),
        ("1,2", None),
        ("१००", None),
        ("=1+1", None),
        ("", None),
    ],
)
def test_an_amount_is_read_for_certain_or_not_at_all(text: str, amount: str | None) -> None:
    assert read_money(text) == (None if amount is None else Decimal(amount))
