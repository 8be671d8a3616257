"""Single cells: amounts, dates, phone numbers, and the normal forms of text."""

from datetime import date
from decimal import Decimal

import pytest
from altscore_connector import text
from altscore_connector.config import DATE_FORMATS
from altscore_connector.csvdrop.values import date_fault, read_date, read_money
from altscore_connector.phones import is_fixed_line, read_phone
from altscore_libs import text as platform_text
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("1,18,000.00", "118000.00"),
        ("118,000.00", "118000.00"),
        ("(1,180.00)", "-1180.00"),
        ("₹ 2,500/-", "2500.00"),
        ("Rs. 2,500/-", "2500.00"),
        ("₹\u00a01,000", "1000.00"),
        ("\u200b500\u200e", "500.00"),
        ("-5", "-5.00"),
        ("9.00E+09", None),
        ("1.234", None),
        ("1,2", None),
        ("1,23,456,789.00", None),
        ("12,34", None),
        ("1,234.00 Dr", None),
        ("500-", None),
        ("१००", None),
        ("1000²", None),
        ("①000", None),
        ("=1+1", None),
        ("", None),
    ],
)
def test_an_amount_is_read_for_certain_or_not_at_all(cell: str, amount: str | None) -> None:
    assert read_money(cell) == (None if amount is None else Decimal(amount))


@given(paise=st.integers(-(10**14), 10**14), is_indian=st.booleans(), mark=st.sampled_from(".,"))
def test_every_amount_comes_back_in_both_groupings(paise: int, is_indian: bool, mark: str) -> None:
    whole, rest = divmod(abs(paise), 100)
    groups: list[str] = []
    digits, last = str(whole)[:-3], str(whole)[-3:]
    size = 2 if is_indian else 3
    while digits:
        digits, group = digits[:-size], digits[-size:]
        groups.insert(0, group)
    cell = ",".join([*groups, last]) + f".{rest:02d}"
    if mark == ",":
        cell = cell.translate({ord(","): ".", ord("."): ","})
    amount = Decimal(paise).scaleb(-2)
    assert read_money(f"({cell})" if paise < 0 else cell, mark) == amount
    assert read_money(f"-{cell}" if paise < 0 else cell, mark) == amount


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), form=st.sampled_from(DATE_FORMATS))
def test_a_date_is_read_in_its_declared_form_and_no_other_separator(day: date, form: str) -> None:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    cell = form.replace("yyyy", f"{day.year}").replace("yy", f"{day.year % 100:02d}")
    cell = cell.replace("mmm", months[day.month - 1]).replace("mm", f"{day.month:02d}").replace("dd", f"{day.day:02d}")
    assert read_date(cell, form) == day
    for other in DATE_FORMATS:
        if read_date(cell, other) not in (None, day):
            assert {form, other} == {"dd/mm/yyyy", "mm/dd/yyyy"}, "only these two cannot be told apart"
    assert date_fault(cell, "dd-mm-yyyy") in ("date_in_another_form", "date_unreadable")


@pytest.mark.parametrize(
    ("cell", "mobile"),
    [
        ("\u202a+91 98765 43210\u202c", "919876543210"),
        ("\u200e9876543210", "919876543210"),
        ("9876543210\u200b", "919876543210"),
        ("98765\u00a043210", "919876543210"),
        ("+91\u201198765\u201143210", "919876543210"),
        ("98765\t43210", "919876543210"),
        ("\ufeff9876543210", "919876543210"),
        ("+91 90000 00000", "919000000000"),
        ("09000000000", "919000000000"),
        ("0091-90000-00000", "919000000000"),
        ("9100000000", "919100000000"),
        ("(+91)90000 00000", "919000000000"),
        ("022-26543210 / 9876543210", "919876543210"),
        ("7000012345", "917000012345"),
        ("6200012345", "916200012345"),
        ("8000012345", "918000012345"),
    ],
)
def test_a_mobile_number_is_read_through_what_cannot_be_seen(cell: str, mobile: str) -> None:
    assert read_phone(cell) == (mobile, "")


@pytest.mark.parametrize(
    "cell",
    [
        *("011-23456789", "022 2654 3210", "033-24567890", "080-23456789", "08023456789", "+91 80 4123 4567"),
        *("0612-2234567", "0731-2512345", "0821-2412345", "0674-2301234", "0755 2551234"),
    ],
)
def test_a_landline_is_never_taken_for_a_mobile(cell: str) -> None:
    assert read_phone(cell) == (None, "phone_is_landline")


@pytest.mark.parametrize("cell", ["90000 0000", "+1 650 555 0123", "12345", "९०००००००००", "9.00E+09"])
def test_what_is_no_indian_number_is_dropped(cell: str) -> None:
    assert read_phone(cell) == (None, "phone_unreadable")


def test_the_ranges_of_fixed_lines_are_those_of_the_numbering_plan() -> None:
    """Counts by first digit, as libphonenumber 9.0.43 lists them, of the five-digit ranges that are fixed line only."""
    counts = {
        first: sum(is_fixed_line(f"{prefix}00000") for prefix in range(first * 10_000, (first + 1) * 10_000))
        for first in range(6, 10)
    }
    assert counts == {6: 3116, 7: 1756, 8: 1203, 9: 0}


@given(cell=st.text())
def test_the_normal_forms_are_those_of_the_platform(cell: str) -> None:
    assert text.visible_text(cell) == platform_text.visible_text(cell)
    assert text.comparison_text(cell) == platform_text.comparison_text(cell)
    assert text.display_text(cell) == platform_text.display_text(cell)
    assert text.comparison_text(text.comparison_text(cell)) == text.comparison_text(cell)
