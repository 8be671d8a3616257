"""Ambiguity is refused audibly: what is set aside names its file and row, and nothing is guessed."""

import random
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.state import State
from hypothesis import given, settings
from hypothesis import strategies as st

from .csv_site import INVOICES, RECEIPTS, faults, put, read, records, rules

ROW = "SI/1,01-07-2026,22-07-2026,Om Traders,,,1180.00,,\n"


def amounts(folder: Path, table: str = "invoices", **settings: Any) -> list[tuple[str, str]]:
    reading = read(folder, **settings)
    number = {"invoices": "bill_ref", "payments": "payment_id", "returns": "return_id"}[table]
    field = "amount_paid_inr" if table == "payments" else "amount_inr"
    return [(record[number].split("@")[0], str(record[field])) for record in records(reading, table)]


def test_a_row_longer_than_its_header_is_set_aside_and_no_cell_of_it_is_used(tmp_path: Path) -> None:
    long = "SI/1,01-07-2026,22-07-2026,Sharma & Sons, Nashik,27AAPFU0939F1ZV,919876543210,1180.00,,\n"
    put(tmp_path, "jul.csv", INVOICES + long + "SI/2,02-07-2026,23-07-2026,Gupta Stores,,,2000.00,,\n")
    assert faults(read(tmp_path)) == [("row_length", 2, "")]
    assert amounts(tmp_path) == [("SI/2", "2000.00")]


def test_an_eway_bill_number_is_never_an_amount(tmp_path: Path) -> None:
    header = "Invoice No,Invoice Date,Due Date,Party,GSTIN,Phone,Transporter,Eway Bill No,Amount\n"
    row = "SI/1,01-07-2026,22-07-2026,Om Traders,27AAPFU0939F1ZV,9876543210,VRL, Hubballi,331000012345,1180.00\n"
    put(tmp_path, "eway.csv", header + row)
    reading = read(tmp_path)
    assert (list(reading.items), faults(reading)) == ([], [("row_length", 2, "")])


def test_a_shorter_row_is_set_aside_too(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", INVOICES + "SI/1,01-07-2026,,Om Traders,,,1180.00\n")
    assert faults(read(tmp_path)) == [("row_length", 2, "")]


def test_a_broken_row_takes_its_whole_receipt_with_it(tmp_path: Path) -> None:
    rows = "R1,01-07-2026,A,,,SI/1,100,UPI\nR1,01-07-2026,A,,,SI/2,2,00,UPI\nR2,01-07-2026,A,,,SI/2,50,UPI\n"
    put(tmp_path, "r.csv", RECEIPTS + rows)
    assert amounts(tmp_path, "payments", payments="receipts") == [("R2", "50.00")]
    assert faults(read(tmp_path, payments="receipts")) == [("row_length", 3, "")]


def test_a_broken_row_that_may_belong_to_any_receipt_refuses_the_file(tmp_path: Path) -> None:
    put(tmp_path, "r.csv", RECEIPTS + "R1,01-07-2026,A,,,SI/1,100,UPI\nA, B,R1,01-07-2026,A,,,SI/2,200,UPI\n")
    reading = read(tmp_path, payments="receipts")
    assert (list(reading.items), rules(reading.findings, "refused")) == ([], {"row_length"})


@pytest.mark.parametrize(
    "header", ["Invoice No,Invoice Date,Party,Amount,Amount", "Invoice No,Bill No,Invoice Date,Party,Amount"]
)
def test_a_column_that_stands_twice_refuses_the_file(tmp_path: Path, header: str) -> None:
    put(tmp_path, "a.csv", f"{header}\nSI/1,01-07-2026,A,1,2\n")
    assert rules(read(tmp_path).findings, "refused") == {"column_twice"}


def test_mixed_encodings_refuse_the_file(tmp_path: Path) -> None:
    good = ROW.replace("Om Traders", "Café Naïve")
    put(tmp_path, "a.csv", INVOICES.encode() + good.encode("utf-8") + good.replace("SI/1", "SI/2").encode("cp1252"))
    reading = read(tmp_path)
    assert [(part.rule, part.row) for part in reading.findings] == [("mixed_encodings", 2)]


def test_utf16_without_a_byte_order_mark_refuses_the_file(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", (INVOICES + ROW).encode("utf-16-le"))
    assert rules(read(tmp_path).findings, "refused") == {"encoding_unreadable"}


def test_lines_above_the_header_are_skipped_and_rows_are_counted_from_the_first_line(tmp_path: Path) -> None:
    titles = "Shree Distributors\nSales Register\n1-Jul-26 to 31-Jul-26\n\n"
    put(tmp_path, "jul.csv", titles + INVOICES + ROW + "SI/2,2026-07-02,,Om Traders,,,1.00,,\n")
    reading = read(tmp_path)
    assert reading.notes["title_lines"] == 3
    assert faults(reading) == [("date_in_another_form", 7, "invoice_date")]
    assert amounts(tmp_path) == [("SI/1", "1180.00")]


def test_a_delimiter_may_be_declared_and_a_header_may_be_repeated(tmp_path: Path) -> None:
    text = (INVOICES + ROW + INVOICES + ROW.replace("SI/1", "SI/2")).replace(",", ";")
    put(tmp_path, "a.csv", "sep=;\n" + text)
    assert amounts(tmp_path) == [("SI/1", "1180.00"), ("SI/2", "1180.00")]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", ("file_empty", None, "")),
        ("\n\n", ("file_empty", None, "")),
        ("a,b\n1,2\n", ("no_header", 1, "")),
        ("Report\nInvoice No,Party,Amount\n", ("column_missing", 2, "invoice_date")),
        (INVOICES + 'SI/1,01-07-2026,,"Om Traders,,,1.00,,\n', ("quotes_unbalanced", None, "")),
    ],
)
def test_a_file_that_is_no_table_is_refused_and_says_what_is_missing(
    tmp_path: Path, text: str, finding: tuple[str, int | None, str]
) -> None:
    put(tmp_path, "a.csv", text)
    for _ in range(2):
        reading = read(tmp_path)
        assert (list(reading.items), reading.files, faults(reading)) == ([], [], [finding])


@pytest.mark.parametrize(
    ("date_format", "cell", "rule"),
    [
        ("dd-mm-yyyy", "2026-07-01", "date_in_another_form"),
        ("dd-mm-yyyy", "07/05/2026", "date_in_another_form"),
        ("dd-mm-yyyy", "46208", "date_unreadable"),
        ("dd-mm-yyyy", "31-06-2026", "date_unreadable"),
        ("dd-mm-yyyy", "", "date_missing"),
        ("dd-mm-yyyy", "01-07-1926", "date_out_of_range"),
        ("dd-mm-yyyy", "31-12-9999", "date_out_of_range"),
        ("mm/dd/yyyy", "13/01/2026", "date_in_another_form"),
    ],
)
def test_a_date_in_another_form_than_declared_is_never_guessed(
    tmp_path: Path, date_format: str, cell: str, rule: str
) -> None:
    put(tmp_path, "a.csv", INVOICES + ROW.replace("01-07-2026", cell).replace("22-07-2026", ""))
    reading = read(tmp_path, date_format=date_format)
    assert (records(reading, "invoices"), faults(reading)) == ([], [(rule, 2, "invoice_date")])


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("1.234", "amount_ambiguous"),
        ('"1,23,456,78"', "amount_ambiguous"),
        ("9.00E+09", "amount_no_number"),
        ("$ 100", "amount_no_number"),
        ("1180.00 Dr", "amount_no_number"),
        ("", "amount_missing"),
        ("331000012345", "amount_out_of_range"),
    ],
)
def test_an_amount_that_is_not_certain_is_set_aside(tmp_path: Path, cell: str, rule: str) -> None:
    put(tmp_path, "a.csv", INVOICES + ROW.replace("1180.00", cell))
    reading = read(tmp_path)
    assert (records(reading, "invoices"), faults(reading)) == ([], [(rule, 2, "amount")])


@pytest.mark.parametrize("party", ["", "-", "N/A", "\u200b", ".", " \u00a0"])
def test_a_row_without_a_party_makes_no_retailer(tmp_path: Path, party: str) -> None:
    put(tmp_path, "a.csv", INVOICES + ROW.replace("Om Traders", party))
    reading = read(tmp_path)
    assert (list(reading.items), faults(reading)) == ([], [("party_missing", 2, "party")])


@pytest.mark.parametrize(
    ("number", "rule"),
    [("", "number_missing"), ("1.23457E+11", "number_in_scientific_form"), ("9" * 41, "number_too_long")],
)
def test_a_row_without_a_certain_number_is_set_aside(tmp_path: Path, number: str, rule: str) -> None:
    put(tmp_path, "a.csv", INVOICES + ROW.replace("SI/1", number))
    assert faults(read(tmp_path)) == [(rule, 2, "invoice_no")]


def test_one_number_twice_with_other_content_is_set_aside_where_a_row_is_a_document(tmp_path: Path) -> None:
    rows = "".join(f"SI/7,01-07-2026,22-07-2026,Om Traders,,,{amount}.00,,\n" for amount in (1000, 2000, 3000))
    put(tmp_path, "jul.csv", INVOICES + rows + ",,,Total,,,6000.00,,\n" + ROW + ROW)
    assert faults(read(tmp_path)) == [("number_repeated", 3, "")]
    assert amounts(tmp_path) == [("SI/1", "1180.00")], "an identical row is the same row"
    assert amounts(tmp_path, rows="items") == [("SI/7", "6000.00"), ("SI/1", "2360.00")], "items are summed"


def test_items_of_one_document_agree_on_their_head(tmp_path: Path) -> None:
    rows = "SI/7,01-07-2026,,Om Traders,,,10.00,,\nSI/7,02-07-2026,,Om Traders,,,20.00,,\n"
    put(tmp_path, "jul.csv", INVOICES + rows + "SI/8,02-07-2026,,Om Traders,,,5.00,,\nSI/8,02-07-2026,,Ram,,,5.00,,\n")
    reading = read(tmp_path, rows="items")
    assert [(part.rule, part.row, part.key) for part in reading.findings if part.kind == "set_aside"] == [
        ("heads_differ", 3, "SI/7"),
        ("heads_differ", 5, "SI/8"),
    ]


def test_a_repeated_line_of_a_receipt_is_set_aside(tmp_path: Path) -> None:
    row = "R1,01-07-2026,A,,,SI/1,100,UPI\n"
    put(tmp_path, "r.csv", RECEIPTS + row + row)
    assert faults(read(tmp_path, payments="receipts")) == [("row_repeated", 3, "")]


def test_totals_and_subtotals_are_compared_and_sections_are_skipped(tmp_path: Path) -> None:
    parts = [",,,Om Traders,,,,,\n", ROW, ",,,Sub Total,,,1180.00,,\n", ROW.replace("SI/1", "SI/2")]
    parts += [",,,Sub-total,,,1180.00,,\n", ",,,Grand Total,,,2360.00,,\n"]
    put(tmp_path, "a.csv", INVOICES + "".join(parts))
    reading = read(tmp_path)
    assert (reading.notes["totals_agree"], reading.notes["section_lines"], faults(reading)) == (3, 1, [])
    put(tmp_path, "a.csv", INVOICES + "".join(parts).replace("2360.00", "2360.01"))
    reading = read(tmp_path)
    assert (list(reading.items), faults(reading)) == ([], [("total_differs", 7, "amount")])


def test_payments_never_come_from_two_sources(tmp_path: Path) -> None:
    put(tmp_path, "i.csv", INVOICES + ROW.replace(",,\n", ",1180.00,02-07-2026\n"))
    put(tmp_path, "r.csv", RECEIPTS + "R1,02-07-2026,Om Traders,,,SI/1,1180.00,UPI\n")
    assert amounts(tmp_path, "payments", payments="paid_column") == [("paid:SI/1", "1180.00")]
    assert faults(read(tmp_path, payments="paid_column")) == [("receipts_not_expected", 1, "")]
    assert amounts(tmp_path, "payments", payments="receipts") == [("R1", "1180.00")]
    assert faults(read(tmp_path, payments="receipts")) == [("paid_beside_receipts", 2, "paid")]
    assert faults(read(tmp_path, payments="receipts", ignored_columns=("Paid", "paid date"))) == []
    assert amounts(tmp_path, "payments", payments="none") == []


def test_a_paid_cell_that_cannot_be_read_sets_the_payment_aside_and_keeps_the_invoice(tmp_path: Path) -> None:
    put(tmp_path, "i.csv", INVOICES + ROW.replace(",,\n", ",1180.00,2026-07-02\n"))
    reading = read(tmp_path)
    assert (records(reading, "payments"), len(records(reading, "invoices"))) == ([], 1)
    assert faults(reading) == [("payment_unreadable", 2, "paid_date")]


def test_a_document_of_a_later_day_is_held_until_that_day(tmp_path: Path) -> None:
    put(tmp_path, "r.csv", RECEIPTS + "R1,29-11-2026,A,,,SI/1,100,Cheque\nR2,28-11-2026,A,,,SI/1,50,Cash\n")
    reading = read(tmp_path, payments="receipts")
    assert [(part.rule, part.row) for part in reading.findings if part.kind == "held"] == [("post_dated", 2)]
    assert [record["amount_paid_inr"] for record in records(reading, "payments")] == [Decimal("50.00")]
    assert reading.files == [], "it is read again"


def test_a_negative_receipt_is_set_aside(tmp_path: Path) -> None:
    put(tmp_path, "r.csv", RECEIPTS + "R1,01-07-2026,A,,,SI/1,(100),UPI\n")
    assert faults(read(tmp_path, payments="receipts")) == [("receipt_negative", 2, "amount")]


def test_headers_are_compared_by_letters_and_may_be_named_by_the_settings(tmp_path: Path) -> None:
    put(
        tmp_path,
        "a.csv",
        "\ufeffinvoice_no,INVOICE  DATE,party\u00a0name,Amount\u200b,Cost Price\n1,01-07-2026,A,5,3\n",
    )
    reading = read(tmp_path)
    assert (len(records(reading, "invoices")), reading.notes["columns_not_read"]) == (1, 1)
    put(tmp_path, "a.csv", "Vch No,Dt,Customer,Net\n1,01-07-2026,A,5\n")
    names = (("amount", ("Net",)), ("invoice_date", ("Dt",)), ("invoice_no", ("Vch No",)), ("party", ("Customer",)))
    assert rules(read(tmp_path).findings, "refused") == {"no_header"}
    assert amounts(tmp_path, columns=names) == [("1", "5.00")]


def test_numbers_may_have_a_decimal_comma(tmp_path: Path) -> None:
    put(
        tmp_path, "a.csv", "Invoice No;Invoice Date;Party;Amount\n1;01-07-2026;A;1.18.000,50\n2;01-07-2026;A;1,180.00\n"
    )
    assert amounts(tmp_path, decimal_mark=",") == [("1", "118000.50")]
    assert faults(read(tmp_path, decimal_mark=",")) == [("amount_ambiguous", 3, "amount")]


def test_three_spellings_of_one_party_are_one_retailer(tmp_path: Path) -> None:
    names = ("श्री गणेश किराना", "श्\u200dरी गणेश किराना", "श्री गणेश किराना\u200b")
    rows = [f"SI/{n},0{n}-07-2026,,{name},,9876543210,100.00,,\n" for n, name in enumerate(names, start=1)]
    put(tmp_path, "jul.csv", INVOICES + "".join(rows))
    reading = read(tmp_path)
    assert len(records(reading, "retailers")) == 1
    assert len({record["retailer_ref"] for record in records(reading, "invoices")}) == 1


def test_no_finding_holds_a_cell(tmp_path: Path) -> None:
    secret = "Zzyzx"
    rows = [ROW.replace(cell, secret) for cell in ("01-07-2026", "22-07-2026", "1180.00")]
    rows += [ROW.replace("Traders,,", f"Traders,{secret},{secret}")]
    put(tmp_path, "a.csv", INVOICES + "".join(rows) + secret + "\n")
    reading = read(tmp_path)
    assert len(reading.findings) >= 6
    assert secret not in repr(reading.findings)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), damage=st.sampled_from(["cell", "amount", "date", "party", "number", "cut"]))
def test_whatever_is_damaged_the_other_rows_are_read_and_the_damaged_one_is_named(
    tmp_path_factory: pytest.TempPathFactory, seed: int, damage: str
) -> None:
    rng = random.Random(seed)
    rows = [[f"SI/{n}", "01-07-2026", "", f"Party {n}", "", "", f"{n}.00", "", ""] for n in range(1, 9)]
    place = rng.randrange(len(rows))
    row = rows[place]
    cells = {"amount": (6, "1,2"), "date": (1, "2026-07-01"), "party": (3, " "), "number": (0, "")}
    if damage in cells:
        row[cells[damage][0]] = cells[damage][1]
    elif damage == "cell":
        row.insert(rng.randrange(len(row)), "x")
    else:
        del row[rng.randrange(1, len(row)) :]
    folder = tmp_path_factory.mktemp("drop")
    text = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    put(folder, "a.csv", INVOICES + text)
    reading = read(folder, state=State(":memory:"))
    [fault] = faults(reading)
    assert fault[1] == place + 2
    expected = [Decimal(n) for n in range(1, 9) if n != place + 1]
    assert [record["amount_inr"] for record in records(reading, "invoices")] == expected


@pytest.mark.parametrize("digits", [30, 5_000])
def test_an_amount_of_any_length_is_set_aside_and_stops_no_other_row(tmp_path: Path, digits: int) -> None:
    put(tmp_path, "a.csv", INVOICES + ROW.replace("1180.00", "1" * digits) + ROW.replace("SI/1", "SI/2"))
    assert faults(read(tmp_path)) == [("amount_out_of_range", 2, "amount")]
    assert amounts(tmp_path) == [("SI/2", "1180.00")]


def test_a_due_date_at_the_end_of_the_calendar_stops_no_row(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", INVOICES + ROW.replace("22-07-2026", "31-12-9999"))
    assert rules(read(tmp_path).findings, "note") >= {"optional_date_dropped"}
    assert amounts(tmp_path) == [("SI/1", "1180.00")]


def test_the_rows_of_one_document_are_compared_in_linear_time(tmp_path: Path) -> None:
    row = ROW.replace(",1180.00,,", ",{amount},,")
    put(tmp_path, "a.csv", INVOICES + "".join(row.format(amount=number) for number in range(1, 6_001)))
    began = time.process_time()
    assert amounts(tmp_path, rows="items") == [("SI/1", "18003000.00")]
    assert time.process_time() - began < 5, "a comparison of every pair takes ten"
