"""A generated ledger as a company of SAP Business One: the same count and sum of everything."""

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from simulators_ledger.behaviour import make_population
from simulators_ledger.identities import make_shops
from simulators_ledger.model import Ledger
from simulators_ledger.sap_company import to_sap_company
from simulators_ledger.trade import Habits, make_ledger
from simulators_ledger.truth import totals
from simulators_sap_b1.changes import load_company
from simulators_sap_b1.oracle import truth


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """A small ledger with bounces, corrections and cancellations."""
    shops = make_shops(3, 40)
    population = make_population(3, 40, as_of=date(2026, 8, 21), months=6, shops=shops)
    return make_ledger(3, population, np.arange(40), distributor_id="dist_s", habits=Habits())


def test_the_company_tells_what_the_ledger_holds(ledger: Ledger, tmp_path: Path) -> None:
    count = to_sap_company(ledger, tmp_path / "company.json", database="DB", user="u", password="p")
    content = json.loads((tmp_path / "company.json").read_text(encoding="utf-8"))
    assert len(content["changes"]) == count
    sums: dict[str, Decimal] = defaultdict(Decimal)
    counts: dict[str, int] = defaultdict(int)
    for total in truth(load_company(content))["totals"]:
        sums[total["table"]] += Decimal(total["amount_inr"])
        counts[total["table"]] += total["count"]
    expected = totals(ledger)
    assert expected["bounced_lines"] > 0
    assert expected["cancelled"] > 0
    assert expected["corrected"] > 0
    assert {table: str(amount) for table, amount in sums.items()} == {
        "invoices": expected["invoices_inr"],
        "payments": expected["payments_inr"],
        "returns": expected["returns_inr"],
    }
    assert (counts["invoices"], counts["returns"]) == (expected["invoices"], expected["returns"])
