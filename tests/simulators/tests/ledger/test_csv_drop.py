"""The drop of a generated ledger is read completely by the connector."""

from decimal import Decimal
from pathlib import Path

import numpy as np
from altscore_connector.config import CsvConfig
from altscore_connector.csvdrop.reader import read_drop
from altscore_connector.records import Reading, Table
from altscore_connector.state import State
from simulators_ledger.csv_drop import to_csv_drop
from simulators_ledger.model import rupees
from simulators_ledger.runs import demo_ledgers

from .test_ledger import options


def total(reading: Reading, table: Table) -> Decimal:
    return sum((item.amount for item in reading.items if item.table == table), Decimal(0))


def test_the_drop_of_a_generated_ledger_is_read_completely_to_the_paisa(tmp_path: Path) -> None:
    ledger = demo_ledgers(options())[1]
    names = to_csv_drop(ledger, tmp_path)
    reading = read_drop(CsvConfig(tmp_path, settle_s=0, payments="receipts"), ledger.distributor_id, State(":memory:"))
    assert reading.notes["files_read"] == reading.notes["totals_agree"] == len(reading.files) == len(names) > 30
    assert reading.findings == []
    alive = ~ledger.invoices.is_cancelled
    assert total(reading, "invoices") == rupees(int(ledger.invoices.paise[alive].sum()))
    assert total(reading, "payments") == rupees(int(ledger.payments.paise.sum()))
    assert total(reading, "returns") == rupees(int(ledger.returns.paise.sum()))
    bounced = sum(1 for item in reading.items if item.record.get("is_bounced"))
    assert bounced == int(np.count_nonzero(ledger.payments.is_bounced)) > 0
    assert len(reading.complete) == sum(2 if name.startswith("invoices") else 1 for name in names)
