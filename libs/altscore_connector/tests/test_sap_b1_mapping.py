"""SAP Business One: values, netting and reversals, without a service."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from altscore_connector.config import SapB1Config, load_config
from altscore_connector.errors import ConfigError
from altscore_connector.records import Reading
from altscore_connector.sap_b1.errors import UnreadableDocumentError
from altscore_connector.sap_b1.mapping import Money, Scope, document_item, money_of, payment_items, retailer_item
from altscore_connector.sap_b1.reversals import bounces, read_postings
from altscore_connector.sap_b1.service_layer import Access, quoted
from altscore_connector.sap_b1.source import SapB1Source
from altscore_connector.sap_b1.values import amount_of, day_of, order_of
from altscore_connector.state import State
from hypothesis import given
from hypothesis import strategies as st

SCOPE = Scope(company_db="DB", today=date(2026, 8, 31), partners=frozenset({"C1", "C2"}))


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (Decimal("11800.0"), "11800.00"),
        (Decimal("1180.0000000000002"), "1180.00"),
        (Decimal("0.07"), "0.07"),
        (5, "5.00"),
        (None, "0.00"),
    ],
)
def test_a_double_is_rupees_with_two_places(value: object, amount: str) -> None:
    assert str(amount_of({"DocTotal": value}, "DocTotal")) == amount


@pytest.mark.parametrize("value", [Decimal("1.005"), Decimal("1e400"), Decimal("NaN"), True, "12", [1]])
def test_what_is_no_amount_of_rupees_is_refused(value: object) -> None:
    with pytest.raises(UnreadableDocumentError):
        amount_of({"DocTotal": value}, "DocTotal")


def test_a_midnight_in_utc_does_not_move_the_day() -> None:
    assert day_of({"DocDate": "2026-07-02T00:00:00Z"}, "DocDate") == date(2026, 7, 2)
    assert order_of({"UpdateDate": "2026-07-02", "UpdateTime": "09:05:07"}) == 20260702090507
    assert order_of({"UpdateDate": "2026-07-02T00:00:00Z", "UpdateTime": None}) == 20260702000000
    for value in (None, "", "yesterday", 20260702):
        with pytest.raises(UnreadableDocumentError):
            day_of({"DocDate": value}, "DocDate")


def test_a_quote_in_a_key_stays_inside_its_literal() -> None:
    assert quoted("C1' or '1' eq '1") == "'C1'' or ''1'' eq ''1'"


def test_a_password_is_not_shown() -> None:
    access = Access(url="https://127.0.0.1", company_db="DB", user="u", password="a-secret-word")
    assert "a-secret-word" not in repr(access)


def invoice(**changes: Any) -> dict[str, Any]:
    """A row of Invoices."""
    row = {"DocEntry": 7, "CardCode": "C1", "DocDate": "2026-07-02", "DocDueDate": "2026-08-01", "CancelStatus": "csNo"}
    amounts = {"DocTotal": Decimal("100.0"), "DocTotalFc": Decimal(0), "DocCurrency": "INR"}
    return row | amounts | {"UpdateDate": "2026-07-02", "UpdateTime": "10:00:00"} | changes


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"DocCurrency": "USD"}, "sap_amount_unreadable"),
        ({"DocTotal": Decimal("-1.0")}, "sap_amount_unreadable"),
        ({"CardCode": "S9"}, "sap_partner_unknown"),
        ({"UpdateDate": None}, "sap_date_unreadable"),
        ({"CancelStatus": None}, "sap_status_unknown"),
        ({"CancelStatus": "csAny"}, "sap_status_unknown"),
        ({"DocEntry": "7"}, "sap_key_unreadable"),
        ({"DocEntry": 2**63}, "sap_key_unreadable"),
    ],
)
def test_a_document_without_a_right_value_is_set_aside_by_name(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        document_item(invoice(**changes), table="invoices", scope=SCOPE, reading=Reading())
    assert caught.value.rule == rule


def test_a_foreign_invoice_has_its_base_amount() -> None:
    row = invoice(DocCurrency="USD", DocTotalFc=Decimal("1.2"))
    item = document_item(row, table="invoices", scope=SCOPE, reading=Reading())
    assert item is not None
    assert (item.amount, item.key, item.source_order) == (Decimal("100.00"), "13-7", 20260702100000)


@pytest.mark.parametrize("status", ["csNo", "csYes", "csCancellation"])
def test_a_cancelled_document_is_stated_and_the_one_that_cancels_it_is_none(status: str) -> None:
    row = invoice(CancelStatus=status)
    item = document_item(row, table="invoices", scope=SCOPE, reading=Reading())
    assert (item is None) == (status == "csCancellation")
    assert item is None or bool(item.record.get("is_cancelled")) == (status == "csYes")


def payment(total: Decimal, lines: list[tuple[str, int, Decimal]], **changes: Any) -> dict[str, Any]:
    """A row of IncomingPayments; lines are (type, entry, amount)."""
    applied = [{"InvoiceType": kind, "DocEntry": entry, "SumApplied": amount} for kind, entry, amount in lines]
    row = {"DocEntry": 5, "DocNum": 50, "CardCode": "C1", "DocDate": "2026-07-20", "DocCurrency": "INR"}
    return row | {"CashSum": total, "TransferSum": 0, "Cancelled": "tNO", "PaymentInvoices": applied} | changes


def test_a_due_date_that_cannot_be_true_costs_no_invoice_and_a_document_of_nothing_is_none() -> None:
    reading = Reading()
    for due in (None, "2036-01-01"):
        item = document_item(invoice(DocDueDate=due), table="invoices", scope=SCOPE, reading=reading)
        assert item is not None
        assert "due_date" not in item.record
    rules = [(finding.kind, finding.rule, finding.key) for finding in reading.findings]
    assert rules == [("note", "optional_date_dropped", "13-7"), ("note", "due_date_implausible", "13-7")]
    assert document_item(invoice(DocTotal=Decimal(0)), table="invoices", scope=SCOPE, reading=reading) is None


def test_a_partner_keeps_what_can_be_used_of_its_fields() -> None:
    reading = Reading()
    address = {"AddressType": "bo_BillTo", "AddressName": "B", "GSTIN": "27AAPFU0939F1ZV (Regd.)"}
    partner = {"CardCode": "C1", "CardName": "Shiv\r\nDairy", "BilltoDefault": "B", "BPAddresses": [address]}
    numbers = {"Cellular": "-", "Phone1": "98765 43210 / 022-26543210"}
    for changes, expected, rules in (
        (numbers, ("Shiv Dairy", "27AAPFU0939F1ZV", "919876543210"), []),
        ({"Cellular": "022 26543210", "BPAddresses": []}, ("Shiv Dairy", None, None), ["phone_is_landline"]),
    ):
        item = retailer_item(partner | changes, "DB", reading)
        assert item is not None
        assert tuple(item.record.get(name) for name in ("shop_name", "gst", "phone")) == expected
        assert [finding.rule for finding in reading.findings] == rules


def test_a_payment_whose_money_is_not_shown_or_that_may_be_cancelled_is_set_aside() -> None:
    for row, rule in (
        (payment(Decimal(0), []), "sap_payment_does_not_add_up"),
        (payment(Decimal(5), [], Cancelled=None), "sap_status_unknown"),
    ):
        with pytest.raises(UnreadableDocumentError) as caught:
            money_of(row, invoices=frozenset())
        assert caught.value.rule == rule
    assert money_of(payment(Decimal(0), [], Cancelled="tYES"), invoices=frozenset()).is_cancelled


AMOUNTS = st.integers(1, 10**8).map(lambda paise: Decimal(paise).scaleb(-2))


@given(st.lists(AMOUNTS, max_size=5), st.lists(AMOUNTS, max_size=3), st.integers(0, 10**6), st.sampled_from([1, -1]))
def test_lines_add_up_to_the_money_and_no_invoice_gets_more_than_was_applied(
    applied: list[Decimal], netted: list[Decimal], rest: int, sign: int
) -> None:
    total = sum(applied, Decimal(0)) - sum(netted, Decimal(0)) + Decimal(rest).scaleb(-2)
    lines = [("it_Invoice", number, amount) for number, amount in enumerate(applied)]
    lines += [("it_CredItnote", 100 + number, sign * amount) for number, amount in enumerate(netted)]
    row = payment(total, lines)
    is_empty = not total and not applied
    if is_empty or total < 0 or sum(netted, Decimal(0)) > sum(applied, Decimal(0)):
        with pytest.raises(UnreadableDocumentError):
            money_of(row, invoices=frozenset(range(100)))
        return
    money = money_of(row, invoices=frozenset(range(100)))
    assert sum((line.amount for line in money.lines), Decimal(0)) == total
    assert all(line.amount > 0 for line in money.lines)
    for line in money.lines:
        assert line.invoice is None or line.amount <= applied[line.invoice]
    items = payment_items(money, scope=SCOPE)
    assert sum((item.amount for item in items), Decimal(0)) == total
    assert len({item.key for item in items}) == len(items)


def test_what_is_no_invoice_of_ours_settles_nothing_and_is_named() -> None:
    lines = [
        ("it_Invoice", 1, Decimal("5.0")),
        ("it_JournalEntry", 8, Decimal("2.0")),
        ("it_Invoice", 2, Decimal("3.0")),
    ]
    money = money_of(payment(Decimal("11.0"), lines), invoices=frozenset({2}))
    assert [(line.invoice, line.bill_ref, str(line.amount)) for line in money.lines] == [
        (None, "it_Invoice 1", "5.00"),
        (None, "it_JournalEntry 8", "2.00"),
        (2, None, "3.00"),
        (None, None, "1.00"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        payment(Decimal("5.0"), [("it_Invoice", 1, Decimal("6.0"))]),
        payment(Decimal("5.0"), [("it_Invoice", 1, Decimal("-1.0"))]),
        payment(Decimal("5.0"), [("it_Invoice", 1, Decimal("4.0"))], DocCurrency="USD"),
    ],
)
def test_a_payment_that_does_not_add_up_is_set_aside(row: dict[str, Any]) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        money_of(row, invoices=frozenset({1}))
    assert caught.value.rule == "sap_payment_does_not_add_up"


def posting(number: int, on: str, *, reference: str = "50", debit: str = "11.0", partner: str = "C1") -> dict[str, Any]:
    """A row of JournalEntries with the customer's line and the bank's."""
    lines = [
        {"ShortName": partner, "Debit": Decimal(debit), "Credit": Decimal(0)},
        {"ShortName": "_SYS1", "Debit": Decimal(0), "Credit": Decimal(debit)},
    ]
    return {"JdtNum": number, "ReferenceDate": on, "Reference": reference, "JournalEntryLines": lines}


def undone(*rows: dict[str, Any], payments: list[Money]) -> tuple[dict[int, date], list[str]]:
    """Which payments the rows undo, and the rules of the findings."""
    reading = Reading()
    result = bounces(read_postings(rows, SCOPE, reading), payments, reading)
    return dict(result), [finding.rule for finding in reading.findings]


def test_a_posting_undoes_the_one_payment_that_fits() -> None:
    money = money_of(payment(Decimal("11.0"), []), invoices=frozenset())
    assert undone(posting(1, "2026-07-25"), payments=[money]) == ({5: date(2026, 7, 25)}, [])
    again = undone(posting(1, "2026-07-25"), posting(2, "2026-07-26"), payments=[money])
    assert again == ({5: date(2026, 7, 25)}, ["reversal_without_receipt"])


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        (posting(1, "2026-07-25", reference="51"), ["reversal_without_receipt"]),
        (posting(1, "2026-07-25", debit="10.0"), ["reversal_without_receipt"]),
        (posting(1, "2026-07-25", partner="C2"), ["reversal_without_receipt"]),
        (posting(1, "2026-07-19"), ["reversal_without_receipt"]),
        (posting(1, "2026-09-01"), ["post_dated"]),
        (posting(1, "someday"), ["sap_date_unreadable"]),
        (posting(1, "2026-07-25", partner="_SYS2"), []),
    ],
)
def test_a_posting_that_does_not_fit_undoes_nothing(row: dict[str, Any], rules: list[str]) -> None:
    money = money_of(payment(Decimal("11.0"), []), invoices=frozenset())
    assert undone(row, payments=[money]) == ({}, rules)


CONFIG = """
distributor_id = "dist_x"
state_file = "state.sqlite"
[ingestion]
url = "https://127.0.0.1:1"
ca_file = "ca.pem"
certificate_file = "client.crt"
key_file = "client.key"
[keystore]
file = "keystore.json"
[sap_b1]
url = "https://127.0.0.1:50000/"
company_db = "SBODEMOIN"
user = "altscore"
password_file = "password"
"""


def test_the_configuration_names_a_company_and_where_its_password_is(tmp_path: Path) -> None:
    (tmp_path / "connector.toml").write_text(CONFIG + "history_from = 2025-04-01\n", encoding="utf-8")
    config = load_config(tmp_path / "connector.toml")
    assert config.erp_type == "sap_b1"
    assert config.sap_b1 is not None
    assert (config.sap_b1.url, config.sap_b1.history_from) == ("https://127.0.0.1:50000", date(2025, 4, 1))


@pytest.mark.parametrize(
    "text",
    [
        CONFIG.replace("https://127.0.0.1:50000", "http://127.0.0.1:50000"),
        CONFIG + 'version = "v3"\n',
        CONFIG + 'pasword = "x"\n',
        CONFIG + '[csv]\nfolder = "drop"\n',
    ],
)
def test_a_configuration_that_is_wrong_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "connector.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load_config(tmp_path / "connector.toml")


def test_a_password_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "password"
    config = SapB1Config(url="https://127.0.0.1:1", company_db="DB", user="u", password_file=path)
    for content, mode in (("a-password\n", 0o644), ("\n", 0o600)):
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
        with pytest.raises(ConfigError):
            SapB1Source(config, State(":memory:")).read()
    path.unlink()
    with pytest.raises(ConfigError):
        SapB1Source(config, State(":memory:")).read()
