"""What people write into a status, a type, a currency or a way of paying decides what counts, or sets the row aside."""

from pathlib import Path

import pytest

from .csv_site import faults, put, read, records

HEADER = "Invoice No,Invoice Date,Party,Amount,Status,Voucher Type,Currency\n"
RECEIPTS = "Receipt No,Receipt Date,Party,Amount,Mode,Bounced On,Status\n"


def test_a_status_withdraws_or_says_nothing_or_sets_the_row_aside(tmp_path: Path) -> None:
    withdrawn = [
        "Cancelled",
        "CANCELLED BY PARTY",
        "cancelled - duplicate",
        "Void.",
        "Deleted by admin",
        "Reversed",
        "रद्द",
    ]
    standing = ["", "-", "Paid", "Partially paid", "OPEN", "Overdue"]
    unknown = ["Draft", "Inactive", "Not cancelled", "Uncancelled", "X"]
    rows = [
        f"S/{number},01-07-2026,Om,1{number},{text},,\n" for number, text in enumerate(withdrawn + standing + unknown)
    ]
    put(tmp_path, "july.csv", HEADER + "".join(rows))
    reading = read(tmp_path)
    first = len(withdrawn)
    assert [r["bill_ref"] for r in records(reading, "invoices")] == [f"S/{first + n}" for n in range(len(standing))]
    assert faults(reading) == [
        ("status_unknown", 2 + first + len(standing) + number, "status") for number in range(len(unknown))
    ]


def test_a_credit_note_is_one_by_its_type_whatever_its_sign_and_what_is_no_invoice_is_set_aside(tmp_path: Path) -> None:
    rows = (
        "S/1,01-07-2026,Om,1000,,Tax Invoice,\nC/1,02-07-2026,Om,200,,Credit Note,\n"
        "C/2,02-07-2026,Om,-50,,Sales Return,\nR/1,03-07-2026,Om,700,,Receipt,\nO/1,03-07-2026,Om,900,,Sales Order,\n"
    )
    for total, fault in (("2750", []), ("2350", []), ("2349", [("total_differs", 7, "amount")])):
        put(tmp_path, "july.csv", f"{HEADER}{rows}Grand Total,,,{total},,,\n")
        reading = read(tmp_path)
        others = [("row_is_no_invoice", row, "voucher_type") for row in (5, 6)]
        assert faults(reading) == (fault or others), total
        if not fault:
            assert [str(r["amount_inr"]) for r in records(reading, "invoices")] == ["1000.00"]
            assert [str(r["amount_inr"]) for r in records(reading, "returns")] == ["200.00", "50.00"]


@pytest.mark.parametrize("amounts", [("200", "-20"), ("-200", "20")])
def test_items_of_a_credit_note_are_summed_with_their_signs(tmp_path: Path, amounts: tuple[str, str]) -> None:
    rows = "".join(f"C/1,02-07-2026,Om,{amount},,Credit Note,\n" for amount in amounts)
    mixed = "C/2,02-07-2026,Om,5,,Credit Note,\nC/2,02-07-2026,Om,6,,Tax Invoice,\n"
    put(tmp_path, "july.csv", HEADER + rows + mixed)
    reading = read(tmp_path, rows="items")
    assert [str(r["amount_inr"]) for r in records(reading, "returns")] == ["180.00"]
    assert (records(reading, "invoices"), faults(reading)) == ([], [("heads_differ", 5, "")])


def test_an_amount_in_another_currency_is_set_aside(tmp_path: Path) -> None:
    rows = "".join(f"S/{n},01-07-2026,Om,10,,,{text}\n" for n, text in enumerate(["INR", "", "Rs.", "₹", "USD", "$"]))
    put(tmp_path, "july.csv", HEADER + rows)
    reading = read(tmp_path)
    assert len(records(reading, "invoices")) == 4
    assert faults(reading) == [("currency_foreign", row, "currency") for row in (6, 7)]


@pytest.mark.parametrize(
    ("mode", "day", "status"),
    [
        ("Cheque", "25-07-2026", ""),
        ("Cheque", "", "Dishonoured"),
        *((mode, "", "") for mode in ("Chq Rtn", "Insufficient funds", "Cheque - payment stopped", "चेक बाउंस")),
    ],
)
def test_money_that_did_not_come_is_no_payment_however_the_file_says_so(
    tmp_path: Path, mode: str, day: str, status: str
) -> None:
    put(
        tmp_path,
        "receipts.csv",
        f"{RECEIPTS}R/1,20-07-2026,Om,1000,{mode},{day},{status}\nR/2,20-07-2026,Om,5,Cheque,,\n",
    )
    reading = read(tmp_path, payments="receipts")
    assert [r.get("is_bounced") for r in records(reading, "payments")] == [True, None]
    assert records(reading, "payments")[0]["bounced_on"] == ("2026-07-25" if day else "2026-08-01")
    assert faults(reading) == []


def test_a_cheque_that_came_back_before_it_was_paid_in_or_later_than_today_has_no_such_day(tmp_path: Path) -> None:
    rows = "".join(f"R/{n},20-07-2026,Om,1000,Cheque,{day},\n" for n, day in enumerate(["19-07-2026", "29-11-2026"]))
    put(tmp_path, "receipts.csv", RECEIPTS + rows)
    reading = read(tmp_path, payments="receipts")
    assert [r["bounced_on"] for r in records(reading, "payments")] == ["2026-08-01"] * 2
    dropped = [(f.row, f.field) for f in reading.findings if f.rule == "optional_date_dropped"]
    assert dropped == [(2, "bounced_on"), (3, "bounced_on")]


@pytest.mark.parametrize("text", ["Total", "Grand Total:", "TOTAL"])
@pytest.mark.parametrize("rows", ["documents", "items"])
def test_a_total_in_the_column_of_numbers_is_a_total(tmp_path: Path, text: str, rows: str) -> None:
    put(tmp_path, "july.csv", f"{HEADER}S/1,01-07-2026,Om,1000,,,\n{text},,,1000,,,\n")
    assert faults(read(tmp_path, rows=rows)) == []
    put(tmp_path, "july.csv", f"{HEADER}S/1,01-07-2026,Om,1000,,,\n{text},,,1001,,,\n")
    assert faults(read(tmp_path, rows=rows)) == [("total_differs", 3, "amount")]
