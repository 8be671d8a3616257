"""Replies of a real Tally: what is read from them, exactly, and what is refused."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from altscore_connector.errors import TallyError
from altscore_connector.tally.bills import bills_of
from altscore_connector.tally.masters import companies_of, ledgers_of, reserved_groups
from altscore_connector.tally.values import number, rupees
from altscore_connector.tally.vouchers import voucher_of
from altscore_connector.tally.wire import collection_request, decode_reply, objects, parse

DATA = Path(__file__).parents[3] / "tests/simulators/simulators_tally/captures"


def capture(name: str) -> Element:
    data = (DATA / name).read_bytes()
    return parse(decode_reply(data, is_wide="utf16" in name))


@pytest.mark.parametrize(
    ("name", "tag", "count"),
    [
        ("unit_a_invalid_char_ref_live.xml", "LEDGER", 27),
        ("ledgers_native_aarav.utf16le.xml", "LEDGER", 88),
        ("ledgers_native_bvl.utf16le.xml", "LEDGER", 13),
        ("ledgers_native_wr2_core_window.utf16le.xml", "LEDGER", 9),
        ("group_snapshot_aarav_with_identity.utf16le.xml", "GROUP", 28),
        ("group_snapshot_wr2_with_identity.utf16le.xml", "GROUP", 29),
        ("voucher_types_native_wr2.xml", "VOUCHERTYPE", 24),
        ("unit_a_vouchers_wildcard_live.xml", "VOUCHER", 75),
        ("unit_a_optional_voucher_live.xml", "VOUCHER", 2),
        ("vouchers_native_wr2.xml", "VOUCHER", 3),
        ("empty_voucher_window_wr2.utf16le.xml", "VOUCHER", 0),
        ("company_extent_9000.xml", "COMPANY", 3),
    ],
)
def test_every_object_of_a_capture_is_read_and_no_counter_is(name: str, tag: str, count: int) -> None:
    assert len(objects(capture(name), tag)) == count


def test_a_debtor_in_a_sub_group_is_found_by_climbing() -> None:
    groups = reserved_groups(capture("group_snapshot_wr2_with_identity.utf16le.xml"))
    ledgers = ledgers_of(capture("ledgers_native_wr2_core_window.utf16le.xml"), groups)
    assert groups["Bridge Nested Debtors WR4"] == "Sundry Debtors"
    assert {ledger.name for ledger in ledgers if ledger.is_debtor} >= {"Bridge Nested Debtor WR4", "नमस्ते ट्रेडर्स"}


def test_groups_in_a_circle_make_nobody_a_debtor() -> None:
    groups = "".join(
        f'<GROUP NAME="{name}" RESERVEDNAME=""><PARENT>{parent}</PARENT></GROUP>' for name, parent in ("AB", "BA", "CC")
    )
    reserved = reserved_groups(
        parse(f"<ENVELOPE><BODY><DATA><COLLECTION>{groups}</COLLECTION></DATA></BODY></ENVELOPE>")
    )
    assert set(reserved) == {"A", "B", "C"}
    assert "Sundry Debtors" not in reserved.values()


def test_aarav_has_forty_debtors_of_which_twenty_five_have_a_gstin() -> None:
    groups = reserved_groups(capture("group_snapshot_aarav_with_identity.utf16le.xml"))
    debtors = [ledger for ledger in ledgers_of(capture("ledgers_native_aarav.utf16le.xml"), groups) if ledger.is_debtor]
    assert len(debtors) == 40
    assert sum(1 for ledger in debtors if any(ledger.gstins)) == 25


def test_bill_allocations_of_the_wildcard_capture_are_all_read() -> None:
    vouchers = [voucher_of(item) for item in objects(capture("unit_a_vouchers_wildcard_live.xml"), "VOUCHER")]
    kinds = Counter(bill.kind for voucher in vouchers for entry in voucher.entries for bill in entry.bills)
    assert kinds["New Ref"] == 28
    assert kinds["Agst Ref"] == 24


def test_money_on_account_has_no_name_and_devanagari_survives() -> None:
    vouchers = [voucher_of(item) for item in objects(capture("vouchers_native_wr2.xml"), "VOUCHER")]
    entry = vouchers[0].entries[0]
    assert (entry.ledger, entry.is_debit, entry.amount) == ("नमस्ते ट्रेडर्स", True, Decimal("101.01"))
    assert [(bill.name, bill.kind) for bill in entry.bills] == [("", "On Account")]
    assert vouchers[2].entries[0].bills == ()


def test_an_optional_voucher_is_known_by_its_flag() -> None:
    vouchers = [voucher_of(item) for item in objects(capture("unit_a_optional_voucher_live.xml"), "VOUCHER")]
    assert [voucher.is_optional for voucher in vouchers] == [False, True]


def test_a_part_of_a_paisa_is_not_rounded_away_and_no_length_of_digits_is_an_error() -> None:
    assert [rupees(text) for text in ("100.500", "-$ 1 @ I₹ 86/$ = -I₹ 86.10")] == [
        Decimal("100.50"),
        Decimal("-86.10"),
    ]
    assert [rupees(text) for text in ("100.005", "$ 1 = I₹ 86.005", "9" * 40, "1,000.00", "(-)5.00")] == [None] * 5
    assert [number(text) for text in (" 75 ", "²", "9" * 5_000, "7.5")] == [75, None, None, None]


def test_a_padded_high_water_mark_is_a_number() -> None:
    assert [company.last_alter_id for company in companies_of(capture("company_extent_9000.xml"))] == [101603, 14, 252]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("bills_receivable_aarav.xml", 22),
        ("bills_receivable_ageing_lab.xml", 5),
        ("bills_receivable_billwise_lab.xml", 48),
        ("bills_receivable_validation_lab.xml", 5),
        ("bills_payable_billwise_lab_empty.xml", 0),
        ("bills-utf16.bin", 5),
    ],
)
def test_open_bills_are_counted_exactly(name: str, count: int) -> None:
    assert len(list(bills_of(capture(name)))) == count


def test_thirty_days_of_credit_show_in_the_due_date() -> None:
    bills = {bill.name: bill for bill in bills_of(capture("bills_receivable_ageing_lab.xml"))}
    bill = bills["CREDIT-30"]
    assert (bill.on, bill.due_on, bill.open_inr) == (date(2026, 5, 1), date(2026, 5, 31), Decimal("4000.00"))


def test_an_error_line_is_no_empty_result() -> None:
    with pytest.raises(TallyError, match="error line"):
        capture("bills_receivable_unloaded_company_failure.xml")


def test_a_cut_reply_is_refused_though_its_status_is_1() -> None:
    text = (DATA / "vouchers_native_wr2.xml").read_text(encoding="utf-8")
    assert "<STATUS>1</STATUS>" in text
    with pytest.raises(TallyError, match="no end tag"):
        parse(text[: len(text) // 2])


def test_a_bare_response_means_the_request_was_not_understood() -> None:
    with pytest.raises(TallyError, match="does not understand"):
        parse("<RESPONSE>Unknown Request, cannot be processed</RESPONSE>")


def test_a_document_type_is_never_expanded() -> None:
    with pytest.raises(TallyError, match="document type"):
        parse('<!DOCTYPE x [<!ENTITY a "b">]><ENVELOPE>&a;</ENVELOPE>')


def test_an_undeclared_prefix_does_not_stop_the_parser() -> None:
    root = parse("<ENVELOPE><UDF:BEAT>7</UDF:BEAT></ENVELOPE>")
    assert root.findtext("UDF_BEAT") == "7"


def test_the_other_charset_is_noticed() -> None:
    with pytest.raises(TallyError):
        parse(decode_reply((DATA / "bills-ascii.bin").read_bytes() + b"\n", is_wide=True))


def test_names_in_requests_are_escaped() -> None:
    assert "<SVCURRENTCOMPANY>A &amp; B &lt;1&gt;</SVCURRENTCOMPANY>" in collection_request(
        "Ledger", company="A & B <1>", fetch=("Name",)
    )
