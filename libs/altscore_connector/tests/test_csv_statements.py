"""Documents over several files: what is newest, what is complete, part payments, repaired settings."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.csvdrop.part_payments import PartPayment, next_parts
from altscore_connector.csvdrop.period import DeclaredPeriod, declared_period
from altscore_connector.records import Finding
from altscore_connector.state import State
from altscore_connector.summary import Summary
from altscore_connector.sync import deliver
from hypothesis import given
from hypothesis import strategies as st

from .csv_site import INVOICES, RECEIPTS, Receiver, faults, put, read


class Site:
    """A folder that is read again and again, and what lives after each reading."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.settings, self.state = folder, settings, State(":memory:")

    def sync(self, **changed: Any) -> list[Finding]:
        self.settings |= changed
        reading = read(self.folder, state=self.state, **self.settings)
        summary = Summary("dist_x", "csv")
        assert deliver(reading, Receiver(), self.state, summary=summary, progress=lambda _line: None)
        return [finding for finding in reading.findings if finding.kind != "note"]

    def live(self, table: Any, *fields: str) -> list[Any]:
        """The live records: number, amount and further fields."""
        rows = []
        for part in self.state.live(table, "csv"):
            record = part.record
            number = str(record.get("invoice_id") or record.get("payment_id") or record.get("return_id")).split("@")[0]
            amount = record.get("amount_paid_inr", record.get("amount_inr"))
            rows.append((number, str(amount), *(record.get(field) for field in fields)))
        return sorted(rows)


def row(
    number: str = "SI/1", *, on: str = "01-07-2026", amount: str = "1000.00", paid: str = ",", party: str = "A"
) -> str:
    return f"{number},{on},,{party},,,{amount},{paid}\n"


def test_numbers_that_begin_anew_each_april_are_two_documents(tmp_path: Path) -> None:
    site = Site(tmp_path, payments="receipts")
    put(tmp_path, "fy25.csv", INVOICES + row("1", on="05-04-2025", party="Om Traders"))
    put(tmp_path, "fy26.csv", INVOICES + row("1", on="04-04-2026", amount="5000.00", party="Ganesh Kirana"))
    put(tmp_path, "receipts25.csv", RECEIPTS + "1,05-05-2025,Om Traders,,,1,1000.00,UPI\n")
    put(tmp_path, "receipts26.csv", RECEIPTS + "1,05-05-2026,Ganesh Kirana,,,1,5000.00,UPI\n")
    assert site.sync() == []
    assert site.live("invoices", "invoice_date") == [("1", "1000.00", "2025-04-05"), ("1", "5000.00", "2026-04-04")]
    assert [part[:2] for part in site.live("payments")] == [("1", "1000.00"), ("1", "5000.00")]


def test_an_invoice_a_credit_note_and_a_receipt_of_one_number_are_three_documents(tmp_path: Path) -> None:
    site = Site(tmp_path, payments="receipts")
    put(tmp_path, "i.csv", INVOICES + row("1") + row("1", amount="(100.00)"))
    put(tmp_path, "r.csv", RECEIPTS + "1,05-07-2026,A,,,1,500.00,UPI\n")
    assert site.sync() == []
    assert (len(site.live("invoices")), len(site.live("returns")), len(site.live("payments"))) == (1, 1, 1)


@pytest.mark.parametrize("names", [("export (2).csv", "export (10).csv"), ("b.csv", "a.csv")])
@pytest.mark.parametrize("is_late", [False, True])
def test_the_newest_file_wins_by_its_time_never_by_name_or_arrival(
    tmp_path: Path, names: tuple[str, str], is_late: bool
) -> None:
    site = Site(tmp_path)
    put(tmp_path, names[1], INVOICES + row(amount="1500.00"), at="2026-08-02")
    if is_late:
        site.sync()
    put(tmp_path, names[0], INVOICES + row(amount="1000.00"), at="2026-08-01")
    assert site.sync() == []
    assert site.live("invoices") == [("SI/1", "1500.00")]


def test_two_files_of_the_same_time_that_differ_are_both_named(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "a.csv", INVOICES + row(amount="1.00") + row("SI/2"))
    put(tmp_path, "b.csv", INVOICES + row(amount="2.00") + row("SI/2"))
    assert {(part.rule, part.file) for part in site.sync()} == {
        ("two_files_of_one_time", "a.csv"),
        ("two_files_of_one_time", "b.csv"),
    }
    assert site.live("invoices") == [("SI/2", "1000.00")]


def test_a_value_that_swings_back_arrives(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for day, amount in enumerate(("1000.00", "1500.00", "1000.00", "1500.00"), start=1):
        put(tmp_path, "export.csv", INVOICES + row(amount=amount), at=f"2026-08-0{day}")
        assert site.sync() == []
        assert site.live("invoices") == [("SI/1", amount)]


def test_a_receipt_exported_again_with_a_line_less_loses_it(tmp_path: Path) -> None:
    site = Site(tmp_path, payments="receipts")
    second = "R1,01-07-2026,Om Traders,,,SI/2,200.00,UPI\n"
    put(tmp_path, "first.csv", RECEIPTS + "R1,01-07-2026,Om Traders,,,SI/1,100.00,UPI\n" + second, at="2026-08-01")
    assert site.sync() == []
    put(tmp_path, "second.csv", RECEIPTS + second, at="2026-08-02")
    assert site.sync() == []
    assert site.live("payments") == [("R1", "200.00")]


@pytest.mark.parametrize("is_late", [False, True])
def test_a_receipt_whose_lines_stand_in_two_files_is_named_until_a_file_holds_it_whole(
    tmp_path: Path, is_late: bool
) -> None:
    site = Site(tmp_path, payments="receipts")
    lines = [f"R1,01-07-2026,A,,,SI/{bill},{bill}00.00,UPI\n" for bill in (1, 2)]
    put(tmp_path, "one.csv", RECEIPTS + lines[0], at="2026-08-01")
    if is_late:
        assert site.sync() == []
    put(tmp_path, "two.csv", RECEIPTS + lines[1], at="2026-08-02")
    for _ in range(2):
        assert [(part.rule, part.file, part.row) for part in site.sync()] == [("receipt_over_two_files", "two.csv", 2)]
        assert site.live("payments") == [("R1", "100.00")]
    put(tmp_path, "whole.csv", RECEIPTS + lines[0] + lines[1], at="2026-08-03")
    assert site.sync() == []
    assert site.live("payments") == [("R1", "100.00"), ("R1", "200.00")]


def test_a_file_that_is_complete_for_a_month_withdraws_what_it_lacks_there_and_nowhere_else(tmp_path: Path) -> None:
    site = Site(tmp_path)
    paid = "400.00,02-07-2026"
    rows = row(paid=paid) + row("SI/2", paid=paid) + row("SI/3", on="01-08-2026") + row("CN/1", amount="(5.00)")
    put(tmp_path, "all.csv", INVOICES + rows, at="2026-08-01")
    assert site.sync() == []
    put(tmp_path, "invoices_complete_2026-07.csv", INVOICES + row(paid=paid), at="2026-08-02")
    assert site.sync() == []
    assert site.live("invoices") == [("SI/1", "1000.00"), ("SI/3", "1000.00")]
    assert (site.live("payments"), site.live("returns")) == ([("SI/1", "400.00")], [])


def test_a_file_that_declares_no_period_withdraws_nothing_and_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "a.csv", INVOICES + row() + row("SI/2"), at="2026-08-01")
    site.sync()
    put(tmp_path, "b.csv", INVOICES + row(), at="2026-08-02")
    reading = read(tmp_path, state=site.state)
    assert [part.rule for part in reading.findings] == ["period_not_declared"]
    assert len(site.live("invoices")) == 2


def test_a_complete_file_of_which_a_row_is_unknown_withdraws_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "a.csv", INVOICES + row() + row("SI/2"), at="2026-08-01")
    site.sync()
    put(tmp_path, "complete_2026-07.csv", INVOICES + row() + row("SI/2", on="2026-07-01"), at="2026-08-02")
    assert {part.rule for part in site.sync()} == {"date_in_another_form", "period_not_complete"}
    assert len(site.live("invoices")) == 2


def test_a_document_that_is_held_or_set_aside_with_a_known_identity_is_not_withdrawn(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "a.csv", INVOICES + row() + row("SI/2") + row("SI/3"), at="2026-08-01")
    site.sync()
    put(tmp_path, "complete_2026-07.csv", INVOICES + row() + row("SI/2") + row("SI/2", amount="5"), at="2026-08-02")
    assert {part.rule for part in site.sync()} == {"number_repeated"}
    assert [number for number, _ in site.live("invoices")] == ["SI/1", "SI/2"]


def test_an_older_file_that_comes_late_brings_nothing_back(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "complete_2026-07.csv", INVOICES + row(), at="2026-08-02")
    site.sync()
    put(
        tmp_path,
        "older.csv",
        INVOICES + row(amount="7.00") + row("SI/2") + row("SI/3", on="01-06-2026"),
        at="2026-08-01",
    )
    assert site.sync() == []
    assert site.live("invoices") == [("SI/1", "1000.00"), ("SI/3", "1000.00")]


def test_an_older_complete_file_that_comes_late_withdraws_nothing_newer(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "new.csv", INVOICES + row("SI/2"), at="2026-08-02")
    site.sync()
    put(tmp_path, "complete_2026-07.csv", INVOICES + row(), at="2026-08-01")
    assert site.sync() == []
    assert [number for number, _ in site.live("invoices")] == ["SI/1", "SI/2"]


def test_a_cancelled_document_goes_and_comes_back(tmp_path: Path) -> None:
    site = Site(tmp_path)
    header = "Invoice No,Invoice Date,Party,Amount,Status\n"
    for day, status, count in ((1, "", 1), (2, "Cancelled", 0), (3, "Open", 1)):
        put(tmp_path, "a.csv", f"{header}1,01-07-2026,A,5.00,{status}\n", at=f"2026-08-0{day}")
        assert site.sync() == []
        assert len(site.live("invoices")) == count


def test_a_document_that_was_cancelled_before_it_was_ever_sent_is_not_revived_by_an_older_file(tmp_path: Path) -> None:
    site = Site(tmp_path)
    header = "Invoice No,Invoice Date,Party,Amount,Status\n"
    put(tmp_path, "a.csv", f"{header}1,01-07-2026,A,5.00,Cancelled\n", at="2026-08-02")
    site.sync()
    put(tmp_path, "b.csv", f"{header}1,01-07-2026,A,5.00,\n", at="2026-08-01")
    site.sync()
    assert site.live("invoices") == []


def test_a_growing_paid_is_a_new_part_payment_and_the_earlier_one_keeps_its_day(tmp_path: Path) -> None:
    site = Site(tmp_path)
    steps = [
        ("2026-07-05", "400.00,03-07-2026", [("400.00", "2026-07-03")]),
        ("2026-07-09", "400.00,03-07-2026", [("400.00", "2026-07-03")]),
        ("2026-07-20", "1000.00,18-07-2026", [("400.00", "2026-07-03"), ("600.00", "2026-07-18")]),
        ("2026-07-21", "1000.00,", [("400.00", "2026-07-03"), ("600.00", "2026-07-18")]),
        ("2026-07-25", "500.00,", [("100.00", "2026-07-18"), ("400.00", "2026-07-03")]),
        ("2026-07-30", "700.00,", [("100.00", "2026-07-18"), ("200.00", "2026-07-30"), ("400.00", "2026-07-03")]),
        ("2026-07-31", "0.00,", []),
    ]
    for at, paid, parts in steps:
        put(tmp_path, "export.csv", INVOICES + row(paid=paid), at=at)
        assert site.sync() == []
        assert [part[1:] for part in site.live("payments", "paid_date")] == parts


def test_a_bounce_keeps_the_day_on_which_it_became_known(tmp_path: Path) -> None:
    site = Site(tmp_path, payments="receipts")
    for at, mode, bounced_on in (
        ("2026-07-05", "Cheque", None),
        ("2026-07-09", "Cheque Bounced", "2026-07-09"),
        ("2026-07-31", "Cheque Bounced", "2026-07-09"),
    ):
        put(tmp_path, "r.csv", RECEIPTS + f"R1,01-07-2026,A,,,SI/1,100.00,{mode}\n", at=at)
        assert site.sync() == []
        assert site.live("payments", "bounced_on") == [("R1", "100.00", bounced_on)]


def test_a_repaired_date_format_reads_the_same_file_again_and_withdraws_what_was_misread(tmp_path: Path) -> None:
    site = Site(tmp_path, date_format="mm/dd/yyyy")
    put(tmp_path, "a.csv", INVOICES + row(on="04/03/2026") + row("SI/2", on="25/03/2026"))
    assert [part.rule for part in site.sync()] == ["date_in_another_form"]
    assert site.live("invoices", "invoice_date") == [("SI/1", "1000.00", "2026-04-03")]
    assert site.sync(date_format="dd/mm/yyyy") == []
    assert site.live("invoices", "invoice_date") == [
        ("SI/1", "1000.00", "2026-03-04"),
        ("SI/2", "1000.00", "2026-03-25"),
    ]
    assert read(tmp_path, state=site.state, date_format="dd/mm/yyyy").notes == {"files_known": 1}


def test_a_file_that_was_read_without_a_finding_is_read_again_under_other_settings(tmp_path: Path) -> None:
    site = Site(tmp_path, date_format="mm/dd/yyyy")
    put(tmp_path, "a.csv", INVOICES + row(on="04/03/2026"))
    assert site.sync() == site.sync(date_format="dd/mm/yyyy") == []
    assert site.live("invoices", "invoice_date") == [("SI/1", "1000.00", "2026-03-04")]


def test_another_source_of_payments_withdraws_those_of_the_former_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "i.csv", INVOICES + row(paid="1000.00,02-07-2026"))
    put(tmp_path, "r.csv", RECEIPTS + "R1,02-07-2026,A,,,SI/1,1000.00,UPI\n")
    site.sync()
    assert site.live("payments") == [("SI/1", "1000.00")]
    site.sync(payments="receipts")
    assert site.live("payments") == [("R1", "1000.00")]
    site.sync(payments="none")
    assert site.live("payments") == []


def test_rows_that_are_items_after_all_are_read_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    put(tmp_path, "a.csv", INVOICES + row(amount="1.00") + row(amount="2.00"))
    assert [part.rule for part in site.sync()] == ["number_repeated"]
    assert site.sync(rows="items") == []
    assert site.live("invoices") == [("SI/1", "3.00")]


def test_a_post_dated_receipt_is_held_and_the_rest_of_its_file_is_sent(tmp_path: Path) -> None:
    site = Site(tmp_path, payments="receipts")
    put(tmp_path, "r.csv", RECEIPTS + "R1,29-11-2026,A,,,SI/1,100,Cheque\nR2,28-11-2026,A,,,SI/1,50,Cash\n")
    for _ in range(2):
        assert [(part.kind, part.rule, part.row) for part in site.sync()] == [("held", "post_dated", 2)]
        assert site.live("payments") == [("R2", "50.00")]


def test_an_unreadable_declaration_is_named(tmp_path: Path) -> None:
    put(tmp_path, "complete_july.csv", INVOICES + row())
    assert faults(read(tmp_path)) == [("period_unreadable", None, "")]


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("invoices_complete_2026-07.csv", ("2026-07-01", "2026-07-31")),
        ("complete-2026-02 (3).csv", ("2026-02-01", "2026-02-28")),
        ("r complete 2026-07-05.csv", ("2026-07-05", "2026-07-05")),
        ("complete_2026-04_2027-03_sales.csv", ("2026-04-01", "2027-03-31")),
        ("Complete_2026-07-01_to_2026-07-15.CSV", ("2026-07-01", "2026-07-15")),
        ("incomplete_2026-07.csv", None),
        ("complete_2026-13.csv", None),
        ("complete_2026-07_2026-06.csv", None),
        ("invoices_2026-07.csv", None),
    ],
)
def test_a_period_is_declared_in_the_name(name: str, period: tuple[str, str] | None) -> None:
    expected = None if period is None else DeclaredPeriod(*map(date.fromisoformat, period))
    assert declared_period(name) == expected


@given(
    steps=st.lists(st.tuples(st.integers(0, 50_000), st.none() | st.integers(0, 60), st.integers(0, 60)), max_size=12)
)
def test_part_payments_add_up_to_paid_and_reading_a_file_twice_changes_nothing(
    steps: list[tuple[int, int | None, int]],
) -> None:
    first, parts = date(2026, 7, 1), tuple[PartPayment, ...]()
    for paise, paid_day, file_day in steps:
        before, paid_inr = parts, Decimal(paise).scaleb(-2)
        paid_on = None if paid_day is None else first + timedelta(days=paid_day)
        file_on = first + timedelta(days=file_day)
        parts = next_parts(before, paid_inr=paid_inr, paid_on=paid_on, file_on=file_on)
        assert sum((part.amount_inr for part in parts), Decimal(0)) == paid_inr
        assert all(part.amount_inr > 0 for part in parts)
        if paid_inr > sum((part.amount_inr for part in before), Decimal(0)):
            assert parts[:-1] == before
        assert [part.on for part in parts] == sorted(part.on for part in parts)
        assert next_parts(parts, paid_inr=paid_inr, paid_on=paid_on, file_on=file_on) == parts
