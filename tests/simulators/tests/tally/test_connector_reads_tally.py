"""The connector against the simulator: exact numbers of the captured companies, the whole of the generated one."""

import json
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from altscore_connector.batching import cut
from altscore_connector.config import TallyConfig
from altscore_connector.errors import TallyError
from altscore_connector.planning import plan
from altscore_connector.records import Item, Reading
from altscore_connector.state import Finished, State
from altscore_connector.tally.bills import read_bills
from altscore_connector.tally.reader import read_tally
from altscore_connector.tally.wire import TallyPort
from altscore_libs.testing_postgres import HANG_S
from simulators_ledger.model import NONE, Ledger, rupees
from simulators_ledger.tally_company import to_tally_company

COMPANY = "Test & Sons Distributors"
GUID = "0b1f0f3e-8a60-4a0e-9d4f-1c2d3e4f5a6b"


def read(tally: str, *companies: str, state: State | None = None, **settings: Any) -> Reading:
    return read_tally(TallyConfig(tally, companies, **settings), state or State(":memory:"))


def settle(reading: Reading, state: State) -> list[Item]:
    """Acknowledges what a reading asks for and finishes it; returns what was sent."""
    todo = plan(reading, state)
    batches = cut(todo.items, distributor_id="dist_t", today=date(2026, 11, 28), sequence=state.next_sequence(1))
    rows = [(batch.sequence, batch.batch_id, batch.body, batch.items) for batch in batches]
    state.enqueue(rows, Finished(marks=reading.marks, seen=todo.seen))
    while (queued := state.queued()) is not None:
        state.acknowledge(queued)
    return list(todo.items)


def of(reading: Reading, table: str) -> list[Item]:
    return [item for item in reading.items if item.table == table]


def total(items: list[Item]) -> Decimal:
    return sum((item.amount for item in items), Decimal(0))


def test_aarav_is_read_exactly(tally: str) -> None:
    reading = read(tally, "Aarav Trading Company Demo")
    counts = Counter(item.table for item in reading.items)
    assert counts == {"retailers": 40, "invoices": 12, "payments": 13, "returns": 2}
    assert total(of(reading, "invoices")) == Decimal("1320420.00")
    assert total(of(reading, "returns")) == Decimal("22420.00")
    assert sum(1 for item in of(reading, "retailers") if "gst" in item.record) == 25
    assert Counter(str(item.record.get("bill_ref"))[:2] for item in of(reading, "payments")) == {"SI": 12, "No": 1}
    assert reading.notes["cancelled_or_optional"] == 1
    assert reading.notes["amounts_with_odd_sign"] == 26, "the ledger was imported with turned signs; the flag decides"


def test_wr2_keeps_devanagari_and_sales_on_account(tally: str) -> None:
    reading = read(tally, "Bridge WR2 Lab")
    assert [str(item.amount) for item in of(reading, "invoices")] == ["101.01", "102.02", "103.03"]
    assert all("bill_ref" not in item.record for item in of(reading, "invoices"))
    assert "नमस्ते ट्रेडर्स" in {item.record["shop_name"] for item in of(reading, "retailers")}


def test_a_company_without_identities_gives_no_retailer(tally: str) -> None:
    reading = read(tally, "Bridge Billwise Lab")
    assert list(reading.items) == []
    assert reading.notes["debtors_without_guid"] > 0


def test_the_generated_ledger_arrives_to_the_paisa(tally: str, ledger: Ledger) -> None:
    reading = read(tally, COMPANY)
    alive = ~ledger.invoices.is_cancelled
    good = ~ledger.payments.is_bounced
    invoices, payments, returns = (of(reading, table) for table in ("invoices", "payments", "returns"))
    kept = [item for item in payments if not item.record.get("is_bounced")]
    assert len(invoices) == int(alive.sum())
    assert total(invoices) == rupees(int(ledger.invoices.paise[alive].sum()))
    assert total(kept) == rupees(int(ledger.payments.paise[good].sum()))
    assert total(payments) - total(kept) == rupees(int(ledger.payments.paise[~good].sum()))
    assert total(returns) == rupees(int(ledger.returns.paise.sum()))
    assert len(of(reading, "retailers")) == 60
    for table, records in (("invoices", invoices), ("payments", payments), ("returns", returns)):
        assert sum(part.amount_inr for part in reading.erp_totals if part.table == table) == total(records)


def test_a_month_in_which_tally_names_the_bank_as_party_of_a_receipt_has_no_total_of_payments(tally: str) -> None:
    reading = read(tally, "Aarav Trading Company Demo", COMPANY)
    aarav = {f"{item.on:%Y-%m}" for item in of(reading, "payments") if item.scope != GUID}
    told = {part.month for part in reading.erp_totals if part.table == "payments"}
    assert aarav
    assert told
    assert told.isdisjoint(aarav)
    for part in reading.erp_totals:
        assert part.amount_inr == total([i for i in of(reading, part.table) if f"{i.on:%Y-%m}" == part.month])


def test_the_generated_ledger_agrees_with_tally_month_by_month_and_leaves_nothing_out(tally: str) -> None:
    state = State(":memory:")
    reading = read(tally, COMPANY, "Aarav Trading Company Demo", state=state)
    settle(reading, state)
    ours = state.live_totals()
    told = {(total.table, total.month): (total.count, total.amount_inr) for total in reading.erp_totals}
    assert len(told) > 15
    assert {month: ours.get(month) for month in told} == told
    assert reading.findings == []


def test_lines_on_account_and_named_ones_are_told_apart(tally: str, ledger: Ledger) -> None:
    payments = of(read(tally, COMPANY), "payments")
    on_account = sum(1 for item in payments if "bill_ref" not in item.record)
    assert on_account == int((ledger.payments.invoice == NONE).sum())


def test_due_dates_come_from_the_bill_or_are_flagged(tally: str, ledger: Ledger) -> None:
    invoices = of(read(tally, COMPANY, default_credit_days=21), "invoices")
    flagged = sum(1 for item in invoices if item.record.get("due_date_is_default"))
    assert 0 < flagged < int((~ledger.invoices.has_terms & ~ledger.invoices.is_cancelled).sum())


def test_history_begins_where_it_is_told(tally: str, ledger: Ledger) -> None:
    on = ledger.on(100)
    invoices = of(read(tally, COMPANY, history_from=on), "invoices")
    assert len(invoices) == int(((ledger.invoices.day >= 100) & ~ledger.invoices.is_cancelled).sum())
    assert min(str(item.record["invoice_date"]) for item in invoices) >= on.isoformat()


def test_a_second_look_reads_only_what_was_altered(tally: str) -> None:
    state = State(":memory:")
    first = read(tally, COMPANY, state=state)
    settle(first, state)
    again = read(tally, COMPANY, state=state)
    assert {item.table for item in again.items} == {"retailers"}
    assert list(plan(again, state).items) == []


def test_a_company_that_is_not_loaded_is_an_error_and_not_an_empty_ledger(tally: str) -> None:
    with pytest.raises(TallyError, match="not loaded"):
        read(tally, "Nobody Ltd")


def test_open_bills_of_the_generated_ledger_are_owed(tally: str) -> None:
    port = TallyPort(tally)
    bills = read_bills(port, COMPANY)
    port.close()
    assert len(bills) > 20
    assert all(bill.open_inr > 0 for bill in bills)


def test_a_deleted_and_a_cancelled_invoice_are_sent_again_as_cancelled(tmp_path: Path, ledger: Ledger) -> None:
    path = tmp_path / "company.json"
    to_tally_company(ledger, path, name=COMPANY, guid=GUID)
    state = State(":memory:")
    with served(tmp_path) as url:
        first = read(url, COMPANY, state=state)
    settle(first, state)
    company = json.loads(path.read_text(encoding="utf-8"))
    sales = [v for v in company["vouchers"] if v["type"] in {"Sales", "Tax Invoice"} and not v["cancelled"]]
    company["vouchers"].remove(sales[0])
    sales[1]["cancelled"], sales[1]["alter_id"] = True, 10**6
    sales[2]["entries"][0]["paise"], sales[2]["alter_id"] = -5_00, 10**6 + 1
    sales[2]["entries"][0]["bills"], sales[2]["entries"][1]["paise"] = [], 5_00
    path.write_text(json.dumps(company), encoding="utf-8")
    with served(tmp_path) as url:
        fresh = settle(read(url, COMPANY, state=state), state)
    changed = {item.key: (item.record.get("is_cancelled"), item.amount) for item in fresh}
    assert set(changed) == {sale["guid"] for sale in sales[:3]}
    assert [changed[sale["guid"]][0] for sale in sales[:3]] == [True, True, None]
    assert changed[sales[2]["guid"]][1] == Decimal("5.00")


class served:  # noqa: N801 - reads as a word
    """A simulator for the length of a block."""

    def __init__(self, folder: Path) -> None:
        self._command = [sys.executable, "-m", "simulators_tally", "--port", "0", "--data-dir", str(folder)]

    def __enter__(self) -> str:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        return f"http://127.0.0.1:{self._process.stdout.readline().strip().rsplit(':', 1)[1]}"

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=HANG_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


def test_bounced_cheques_are_flagged_on_their_receipts(tally: str, ledger: Ledger) -> None:
    payments = of(read(tally, COMPANY), "payments")
    bounced = {str(item.record["payment_id"]) for item in payments if item.record.get("is_bounced")}
    assert len(bounced) == np.unique(ledger.payments.receipt[ledger.payments.is_bounced]).size > 0
