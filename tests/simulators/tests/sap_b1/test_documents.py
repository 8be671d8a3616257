"""Documents of the company: what they say, what happens to them, and that they tell the oracle's truth."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators_sap_b1.changes import apply_change, load_company
from simulators_sap_b1.entities import ENUMS, SETS, TYPES, entities
from simulators_sap_b1.ledger import BadChangeError, Company
from simulators_sap_b1.oracle import truth

from .conftest import Simulator, company


def rows(simulator: Simulator, name: str) -> dict[int, Any]:
    """All entities of a set by key."""
    key = SETS[name][1]
    return {row[key]: row for row in simulator.read(name, Prefer="odata.maxpagesize=0")["value"]}


def test_one_payment_settles_many_invoices(simulator: Simulator) -> None:
    [payment] = rows(simulator, "IncomingPayments").values()
    assert [(line["DocEntry"], line["SumApplied"]) for line in payment["PaymentInvoices"]] == [
        (1001, 11800.0),
        (1003, 500.0),
    ]
    invoices = rows(simulator, "Invoices")
    assert [(invoices[entry]["PaidToDate"], invoices[entry]["DocumentStatus"]) for entry in (1001, 1003)] == [
        (11800.0, "bost_Close"),
        (500.0, "bost_Open"),
    ]


def test_a_foreign_document_has_its_base_amount_too(simulator: Simulator) -> None:
    invoice = rows(simulator, "Invoices")[1004]
    assert (invoice["DocCurrency"], invoice["DocTotal"], invoice["DocTotalFc"]) == ("USD", 8300.0, 100.0)
    assert invoice["DocRate"] == 83.0


def test_a_cancelled_invoice_stays_and_gets_a_cancellation_document(simulator: Simulator) -> None:
    [entry] = simulator.change({"op": "cancel", "kind": "invoice", "entry": 1002, "on": "2026-08-03"})
    invoices = rows(simulator, "Invoices")
    statuses = {key: (row["Cancelled"], row["CancelStatus"]) for key, row in invoices.items()}
    assert statuses[1002] == ("tYES", "csYes")
    assert statuses[entry] == ("tNO", "csCancellation")
    assert invoices[entry]["DocTotal"] == 5250.5
    assert invoices[entry]["DocumentLines"][0]["BaseEntry"] == 1002
    assert invoices[1002]["UpdateTime"] > invoices[1001]["UpdateTime"]
    by_entry = {invoice["entry"]: invoice for invoice in simulator.oracle()["invoices"]}
    assert by_entry[1002]["is_cancelled"]
    assert entry not in by_entry


def test_a_cancelled_payment_leaves_a_posting_and_opens_the_invoice_again(simulator: Simulator) -> None:
    simulator.change({"op": "cancel", "kind": "payment", "entry": 501, "on": "2026-08-04"})
    assert rows(simulator, "IncomingPayments")[501]["Cancelled"] == "tYES"
    assert rows(simulator, "Invoices")[1001]["PaidToDate"] == 0.0
    [posting] = rows(simulator, "JournalEntries").values()
    assert (posting["OriginalJournal"], posting["Original"]) == ("ttReceipt", 501)
    [partner_line, bank_line] = posting["JournalEntryLines"]
    assert (partner_line["ShortName"], partner_line["Debit"], bank_line["Credit"]) == ("C00002", 12300.0, 12300.0)


def test_a_returned_cheque_can_be_a_mere_posting(simulator: Simulator) -> None:
    simulator.change({"op": "reverse", "kind": "payment", "entry": 501, "on": "2026-08-05"})
    assert rows(simulator, "IncomingPayments")[501]["Cancelled"] == "tNO"
    [posting] = rows(simulator, "JournalEntries").values()
    assert (posting["OriginalJournal"], posting["ReferenceDate"]) == ("ttJournalEntry", "2026-08-05")
    assert posting["Reference"] == str(rows(simulator, "IncomingPayments")[501]["DocNum"])
    [payment] = simulator.oracle()["payments"]
    assert payment["bounced_on"] == "2026-08-05"


def test_a_credit_note_can_be_netted_in_a_payment(simulator: Simulator) -> None:
    credit_note = {"op": "add", "kind": "credit_note", "partner": "C00003", "on": "2026-07-06", "amount": "100.00"}
    payment = {
        "op": "add",
        "kind": "payment",
        "partner": "C00003",
        "on": "2026-08-13",
        "cash": "900.00",
        "applied": [
            {"entry": 1002, "amount": "1000.00"},
            {"kind": "credit_note", "entry": 81, "amount": "-100.00"},
        ],
    }
    assert simulator.change(credit_note, payment) == [81, 502]
    lines = rows(simulator, "IncomingPayments")[502]["PaymentInvoices"]
    assert [(line["InvoiceType"], line["SumApplied"]) for line in lines] == [
        ("it_Invoice", 1000.0),
        ("it_CredItnote", -100.0),
    ]
    assert rows(simulator, "CreditNotes")[81]["PaidToDate"] == 100.0


def test_a_quiet_change_does_not_move_the_time_of_the_last_one(simulator: Simulator) -> None:
    before = rows(simulator, "Invoices")[1003]
    simulator.change({"op": "change", "kind": "invoice", "entry": 1003, "amount": "1280.00", "is_quiet": True})
    after = rows(simulator, "Invoices")[1003]
    assert (after["DocTotal"], after["UpdateTime"]) == (1280.0, before["UpdateTime"])


def test_what_is_not_there_cannot_be_changed(simulator: Simulator) -> None:
    response = simulator.control.post("/_control/changes", json={"op": "cancel", "kind": "invoice", "entry": 7})
    assert response.status_code == 400
    assert response.json() == {"error": "no invoice 7"}


def test_every_served_name_is_one_of_the_vendors(full_company: Company) -> None:
    checked = 0
    for name, (type_name, _) in SETS.items():
        for entity in entities(full_company, name):
            checked += assert_documented(entity, type_name)
    assert checked > 100


def assert_documented(entity: Mapping[str, Any], type_name: str) -> int:
    """Number of names that were held against the schema."""
    fields, checked = TYPES[type_name], 0
    for name, value in entity.items():
        assert name in fields, f"{type_name} has no {name}"
        checked += 1
        kind = fields[name]
        if kind in ENUMS:
            assert value in ENUMS[kind]
        for item in value if isinstance(value, list) else ():
            checked += assert_documented(item, kind.removeprefix("collection "))
    return checked


@pytest.fixture
def full_company() -> Company:
    """A company with one of everything."""
    changed = load_company(company())
    for change in (
        {"op": "add", "kind": "credit_note", "partner": "C00003", "on": "2026-07-06", "amount": "100.00"},
        {
            "op": "add",
            "kind": "payment",
            "partner": "C00003",
            "on": "2026-08-13",
            "cheques": [{"number": 7, "due_on": "2026-08-20", "amount": "90.00"}],
        },
        {"op": "cancel", "kind": "invoice", "entry": 1002},
        {"op": "reverse", "kind": "payment", "entry": 502, "on": "2026-08-25"},
    ):
        apply_change(changed, change)
    return changed


AMOUNTS = st.integers(1, 10**9).map(lambda paise: format(Decimal(paise).scaleb(-2), ".2f"))
ENTRIES = st.integers(1001, 1012)
CHANGES = st.one_of(
    st.builds(
        lambda kind, amount: {"op": "add", "kind": kind, "partner": "C00003", "on": "2026-07-09", "amount": amount},
        st.sampled_from(["invoice", "credit_note"]),
        AMOUNTS,
    ),
    st.builds(
        lambda entry, amount: {"op": "change", "kind": "invoice", "entry": entry, "amount": amount}, ENTRIES, AMOUNTS
    ),
    st.builds(lambda entry: {"op": "cancel", "kind": "invoice", "entry": entry}, ENTRIES),
    st.builds(
        lambda entry, amount, rest: {
            "op": "add",
            "kind": "payment",
            "partner": "C00002",
            "on": "2026-07-30",
            "cash": amount,
            "transfer": rest,
            "applied": [{"entry": entry, "amount": amount}],
        },
        ENTRIES,
        AMOUNTS,
        AMOUNTS,
    ),
    st.builds(lambda entry: {"op": "cancel", "kind": "payment", "entry": entry}, st.integers(501, 506)),
    st.builds(
        lambda entry: {"op": "reverse", "kind": "payment", "entry": entry, "on": "2026-08-02"}, st.integers(501, 506)
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(CHANGES, max_size=25))
def test_what_is_served_tells_the_truth_of_the_oracle(changes: list[dict[str, Any]]) -> None:
    changed = load_company(company())
    for change in changes:
        try:
            apply_change(changed, change)
        except BadChangeError:
            continue
    expected = truth(changed)
    live = [row for row in entities(changed, "Invoices") if row["CancelStatus"] == "csNo"]
    assert cents(row["DocTotal"] for row in live) == total(expected, "invoices")
    undone = {
        row["Reference"] for row in entities(changed, "JournalEntries") if row["OriginalJournal"] == "ttJournalEntry"
    }
    payments = [
        row
        for row in entities(changed, "IncomingPayments")
        if row["Cancelled"] == "tNO" and str(row["DocNum"]) not in undone
    ]
    sums = cents(row["CashSum"] + row["TransferSum"] for row in payments)
    assert sums == total(expected, "payments")


def cents(amounts: Any) -> Decimal:
    """The exact sum of doubles that stand for rupees and paise."""
    return sum((Decimal(f"{amount:.2f}") for amount in amounts), Decimal(0))


def total(expected: dict[str, Any], table: str) -> Decimal:
    """The oracle's sum of a table."""
    return sum((Decimal(row["amount_inr"]) for row in expected["totals"] if row["table"] == table), Decimal(0))
