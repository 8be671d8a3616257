"""Drop files as they come: one answer for four encodings, which files are read, and what a record holds."""

import json
import os
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.documents import party_ref
from altscore_connector.csvdrop.files import arrivals
from altscore_connector.csvdrop.reader import archive
from altscore_connector.state import Finished, State

from .csv_site import DATA, INVOICES, NOW_S, RECEIPTS, faults, put, read, records, rules

EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
NOW_MS = int(NOW_S * 1000)


@pytest.mark.parametrize("name", EXPECTED["applies_to"])
def test_four_encodings_give_the_same_expected_answer(tmp_path: Path, name: str) -> None:
    reading = read(tmp_path, name)
    invoices = {record["bill_ref"]: record for record in records(reading, "invoices")}
    payments = {record["invoice_id"]: record for record in records(reading, "payments")}
    retailers = {record["retailer_ref"]: record for record in records(reading, "retailers")}
    for line in EXPECTED["accepted"]:
        invoice = invoices[line["invoice_no"]]
        assert invoice["invoice_date"] == line["invoice_on"]
        assert invoice.get("due_date") == line["due_on"]
        assert invoice["amount_inr"] == Decimal(line["amount_inr"])
        assert retailers[invoice["retailer_ref"]].get("gst") == line["gstin"]
        paid = payments.get(invoice["invoice_id"])
        assert (paid or {}).get("amount_paid_inr", Decimal(0)) == Decimal(line["paid_inr"])
        assert (paid or {}).get("paid_date") == line.get("paid_on")
    returns = [(record["return_id"].split("@")[0], str(record["amount_inr"])) for record in records(reading, "returns")]
    assert returns == [(line["invoice_no"], line["amount_inr"]) for line in EXPECTED["returns"]]
    assert len(invoices) == len(EXPECTED["accepted"]) + len(EXPECTED["quarantined"])
    assert reading.notes["totals_agree"] == 1
    assert faults(reading) == []


def test_bad_optional_cells_are_dropped_with_a_finding_and_the_record_stays(tmp_path: Path) -> None:
    reading = read(tmp_path, "utf8.csv")
    invoice = next(record for record in records(reading, "invoices") if record["bill_ref"] == "SI/26-27/0005")
    assert "due_date" not in invoice
    assert invoice["amount_inr"] == Decimal("500.00")
    noted = {(finding.rule, finding.file, finding.row, finding.field) for finding in reading.findings}
    assert ("optional_date_dropped", "utf8.csv", 6, "due_date") in noted
    assert ("phone_unreadable", "utf8.csv", 6, "phone") in noted


def test_a_file_whose_digest_does_not_match_is_held(tmp_path: Path) -> None:
    reading = read(tmp_path, "truncated.csv")
    assert list(reading.items) == []
    assert rules(reading.findings, "held") == {"digest_differs"}


def test_a_file_being_written_is_not_read(tmp_path: Path) -> None:
    shutil.copy(DATA / "utf8.csv", tmp_path / "utf8.csv.part")
    assert list(read(tmp_path).items) == []


def test_a_file_that_still_grows_is_held(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Invoice No,Party\r\n")

    def grow(_seconds: float) -> None:
        path.write_text(path.read_text() + "1,x\r\n")

    looked = arrivals(tmp_path, settle_s=1, now_ms=NOW_MS * 2, sleep=grow)
    assert looked.files == []
    assert rules(looked.findings, "held") == {"file_still_grows"}


def test_a_file_that_cannot_be_opened_stops_no_other(tmp_path: Path) -> None:
    put(tmp_path, "good.csv", INVOICES + "1,01-07-2026,,Om Traders,,,10.00,,\n")
    put(tmp_path, "locked.csv", INVOICES)
    with pytest.MonkeyPatch.context() as patch:
        true_open = Path.open

        def locked(path: Path, *arguments: Any, **options: Any) -> Any:
            if path.name == "locked.csv":
                raise PermissionError(13, "used by another process")
            return true_open(path, *arguments, **options)

        patch.setattr(Path, "open", locked)
        reading = read(tmp_path)
    assert len(records(reading, "invoices")) == 1
    assert [(part.kind, part.rule, part.file) for part in reading.findings if part.kind != "note"] == [
        ("held", "file_locked", "locked.csv")
    ]


@pytest.mark.parametrize("day", ["1981-01-01", "2026-11-30"])
def test_a_file_whose_time_cannot_be_true_is_held(tmp_path: Path, day: str) -> None:
    put(tmp_path, "a.csv", INVOICES + "1,01-07-2026,,Om Traders,,,10.00,,\n", at=day)
    reading = read(tmp_path)
    assert (list(reading.items), faults(reading)) == ([], [("file_time_impossible", None, "")])


def test_a_header_alone_is_an_empty_month(tmp_path: Path) -> None:
    reading = read(tmp_path, "header_only.csv")
    assert list(reading.items) == []
    assert reading.notes["files_read"] == 1
    assert faults(reading) == []


def test_a_formula_is_text(tmp_path: Path) -> None:
    reading = read(tmp_path, "formula_cells.csv")
    assert [record["return_id"].split("@")[0] for record in records(reading, "returns")] == ["=1+1"]
    assert records(reading, "retailers")[0]["shop_name"] == "@SUM(A1)"


def test_a_line_break_inside_quotes_is_a_blank_in_the_name(tmp_path: Path) -> None:
    reading = read(tmp_path, "multiline_quoted.csv")
    assert records(reading, "retailers")[0]["shop_name"] == "Ram Sons"
    assert records(reading, "invoices")[0]["retailer_ref"] == party_ref("dist_x", "Ram Sons")


@pytest.mark.parametrize("invisible", ["\u200b", "\u200d", "\u202a", "\ufeff", "\u2060"])
def test_a_party_is_the_same_retailer_whatever_invisible_characters_its_name_holds(invisible: str) -> None:
    assert party_ref("dist_x", f"Ram{invisible} Sons{invisible}") == party_ref("dist_x", "Ram Sons")


def test_default_terms_are_flagged(tmp_path: Path) -> None:
    reading = read(tmp_path, "utf8.csv", default_credit_days=21)
    invoice = next(record for record in records(reading, "invoices") if record["bill_ref"] == "0003")
    assert (invoice["due_date"], invoice["due_date_is_default"]) == ("2026-07-28", True)


def test_receipts_carry_lines_on_account_and_bounces(tmp_path: Path) -> None:
    put(
        tmp_path,
        "r.csv",
        RECEIPTS + "R1,01-07-2026,A,,,SI/1,100,UPI\nR1,01-07-2026,A,,,si/2,200,UPI\n"
        "R2,02-07-2026,A,,,,50,Cash\nR3,03-07-2026,A,,,SI/1,75,Cheque Bounced\n,,Total,,,,425.00,\n",
        at="2026-07-10",
    )
    payments = records(read(tmp_path, payments="receipts"), "payments")
    assert [(line["payment_id"].split("@")[0], line["line_no"], line.get("bill_ref")) for line in payments] == [
        ("R1", 1, "SI/1"),
        ("R1", 2, "SI/2"),
        ("R2", 1, None),
        ("R3", 1, "SI/1"),
    ]
    assert [line.get("is_bounced") for line in payments] == [None, None, None, True]
    assert [line.get("bounced_on") for line in payments] == [None, None, None, "2026-07-10"]
    assert [line["payment_method"] for line in payments] == ["upi", "upi", "cash", "cheque"]


def test_a_finished_file_moves_to_the_archive_by_digest(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    reading = read(folder, "utf8.csv")
    assert archive(CsvConfig(folder, settle_s=0, archive=tmp_path / "done"), reading) == []
    assert list(folder.iterdir()) == []
    [name] = [path.name for path in (tmp_path / "done").iterdir()]
    assert name.endswith("-utf8.csv")


def test_a_file_with_something_set_aside_stays_and_is_reported_again(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    put(folder, "a.csv", INVOICES + "1,01-07-2026,,Om Traders,,,ten,,\n")
    state = State(":memory:")
    for _ in range(2):
        reading = read(folder, state=state)
        archive(CsvConfig(folder, archive=tmp_path / "done"), reading)
        state.enqueue([], Finished(marks=reading.marks, files=reading.files, seen=[]))
        assert faults(reading) == [("amount_no_number", 2, "amount")]
    assert [path.name for path in folder.iterdir()] == ["a.csv"]


def test_an_archive_that_cannot_be_written_is_a_finding(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    reading = read(folder, "utf8.csv")
    (tmp_path / "done").write_text("a file where the archive should be")
    findings = archive(CsvConfig(folder, archive=tmp_path / "done"), reading)
    assert rules(findings, "note") == {"file_not_archived"}
    assert (folder / "utf8.csv").exists()


def test_a_renamed_file_is_known_and_the_same_content_dropped_again_later_is_a_new_statement(tmp_path: Path) -> None:
    state = State(":memory:")
    path = put(tmp_path, "a.csv", INVOICES + "1,01-07-2026,,Om Traders,,,10.00,,\n")
    reading = read(tmp_path, state=state)
    state.enqueue([], Finished(marks=reading.marks, files=reading.files, seen=[]))
    path.rename(tmp_path / "b.csv")
    assert read(tmp_path, state=state).notes == {"files_known": 1}
    os.utime(tmp_path / "b.csv", (NOW_S - 60, NOW_S - 60))
    assert read(tmp_path, state=state).notes["files_read"] == 1


def test_a_finished_file_that_a_crash_left_behind_is_archived_at_the_next_sync(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    config = CsvConfig(folder, settle_s=0, archive=tmp_path / "done")
    state = State(":memory:")
    reading = read(folder, "utf8.csv", state=state, archive=config.archive)
    state.enqueue([], Finished(marks=reading.marks, files=reading.files, seen=[]))
    assert archive(config, read(folder, state=state, archive=config.archive)) == []
    assert list(folder.iterdir()) == []
