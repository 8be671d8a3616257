"""Allocation holds its rules on any ledger: the compiled SQL against a two-pointer walk written differently."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.timeout(600)
TEXT, DAY, MONEY = pa.string(), pa.date32(), pa.decimal128(15, 2)
FIRST = date(2026, 1, 1)
INVOICE = {
    "retailer_id": TEXT,
    "distributor_id": TEXT,
    "invoice_id": TEXT,
    "bill_ref": TEXT,
    "invoice_on": DAY,
    "due_on": DAY,
    "amount_inr": MONEY,
}
PAYMENT = {
    "retailer_id": TEXT,
    "distributor_id": TEXT,
    "payment_id": TEXT,
    "line_no": pa.int32(),
    "invoice_id": TEXT,
    "bill_ref": TEXT,
    "paid_on": DAY,
    "amount_inr": MONEY,
    "is_bounced": pa.bool_(),
}
RETURN = {
    "retailer_id": TEXT,
    "distributor_id": TEXT,
    "return_id": TEXT,
    "invoice_id": TEXT,
    "returned_on": DAY,
    "amount_inr": MONEY,
}
SEEN_FROM = date(2027, 1, 1)
LEDGER = {"distributor_id": TEXT, "account_as_of_on": DAY}
RETAILERS, DISTRIBUTORS = ("r1", "r2"), ("d1", "d2")
Ledger = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]

amounts = st.integers(1, 30_000).map(lambda paise: Decimal(paise).scaleb(-2))
days = st.integers(0, 120).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def ledgers(draw: Any) -> Ledger:
    """Up to a dozen invoices and credits over four accounts; some credits name an invoice, some a foreign one."""
    owner = {"retailer_id": st.sampled_from(RETAILERS), "distributor_id": st.sampled_from(DISTRIBUTORS)}
    invoice = st.fixed_dictionaries({**owner, "invoice_on": days, "amount_inr": amounts})
    named = st.none() | st.integers(0, 12).map(lambda number: f"i{number}")
    credit = {**owner, "amount_inr": amounts, "invoice_id": named}
    payment = st.fixed_dictionaries({**credit, "paid_on": days, "is_bounced": st.booleans(), "line_no": st.just(1)})
    returned = st.fixed_dictionaries({**credit, "returned_on": days})
    invoices, payments, returns = (draw(st.lists(kind, max_size=12)) for kind in (invoice, payment, returned))
    for number, row in enumerate(invoices):
        row |= {"invoice_id": f"i{number}", "bill_ref": None, "due_on": row["invoice_on"]}
    for number, row in enumerate(payments):
        row |= {"payment_id": f"p{number:02d}", "bill_ref": None}
    for number, row in enumerate(returns):
        row |= {"return_id": f"q{number:02d}"}
    return invoices, payments, returns


@pytest.fixture(scope="module")
def allocate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Ledger], list[dict[str, Any]]]]:
    root = tmp_path_factory.mktemp("allocation")
    dbt = Dbt(PROJECT, root / "work", target="duckdb", environment=dict(os.environ))
    variables = {"lake_root": str(root), "run_id": "run_x", "as_of": SEEN_FROM.isoformat()}
    dbt.run([Invocation("compile", ["silver_allocation"], variables)])
    sql = (root / "work/target/compiled/altscore/models/silver/silver_allocation.sql").read_text()

    reach = [{"distributor_id": name, "account_as_of_on": SEEN_FROM} for name in DISTRIBUTORS]
    _write(root / "silver/run=run_x/ledger/part-0.parquet", reach, LEDGER)

    def run(ledger: Ledger) -> list[dict[str, Any]]:
        places = ("stage/invoice", "payment", "return")
        for place, rows, columns in zip(places, ledger, (INVOICE, PAYMENT, RETURN), strict=True):
            _write(root / f"silver/run=run_x/{place}/part-0.parquet", rows, columns)
        allocated: list[dict[str, Any]] = connection.execute(sql).to_arrow_table().to_pylist()
        return allocated

    # Each step of a run is a process: none remembers a file that was rewritten. So few rows are work for one thread.
    with duckdb.connect(config={"threads": 1, "enable_external_file_cache": False}) as connection:
        yield run


def _write(path: Path, rows: list[dict[str, Any]], columns: dict[str, pa.DataType]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = [pa.array([row[name] for row in rows], type=kind) for name, kind in columns.items()]
    pq.write_table(pa.table(arrays, names=list(columns)), path)


def expected(ledger: Ledger) -> dict[tuple[str, ...], Decimal]:
    """Each account walked by hand: returns then payments to the invoice they name, then oldest to oldest.

    A credit that names a bill which is not there pays nothing (decision 84).
    """
    invoices, payments, returns = ledger
    amounts: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for account in {(row["retailer_id"], row["distributor_id"]) for row in invoices}:
        owed = sorted(
            [row["invoice_on"], row["invoice_id"], row["amount_inr"]] for row in invoices if _of(row) == account
        )
        credit_rows = [
            ["return", r["returned_on"], r["return_id"], r["amount_inr"], r["invoice_id"]]
            for r in returns
            if _of(r) == account
        ]
        credit_rows += [
            ["payment", p["paid_on"], p["payment_id"], p["amount_inr"], p["invoice_id"]]
            for p in payments
            if _of(p) == account and not p["is_bounced"]
        ]
        credit_rows = [row for row in credit_rows if row[4] is None or any(invoice[1] == row[4] for invoice in owed)]
        for credit in sorted(credit_rows, key=lambda row: (row[0] != "return", row[1], row[2])):
            _pay([invoice for invoice in owed if invoice[1] == credit[4]], credit, method="named", paid=amounts)
        for credit in sorted(credit_rows, key=lambda row: (row[1], row[0] != "return", row[2])):
            _pay(owed, credit, method="fifo", paid=amounts)
    return dict(amounts)


def _of(row: dict[str, Any]) -> tuple[str, str]:
    return row["retailer_id"], row["distributor_id"]


def _pay(owed: list[list[Any]], credit: list[Any], method: str, paid: dict[tuple[str, ...], Decimal]) -> None:
    for invoice in owed:
        amount = min(invoice[2], credit[3])
        if amount > 0:
            paid[invoice[1], credit[0], credit[2], method] += amount
            invoice[2] -= amount
            credit[3] -= amount


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledger=ledgers())
def test_any_ledger_is_allocated_as_walked_by_hand(
    allocate: Callable[[Ledger], list[dict[str, Any]]], ledger: Ledger
) -> None:
    rows = allocate(ledger)
    allocated = {(r["invoice_id"], r["source"], r["source_id"], r["method"]): r["amount_inr"] for r in rows}
    assert len(allocated) == len(rows)
    assert allocated == expected(ledger)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledger=ledgers())
def test_per_account_as_much_is_allocated_as_was_paid_or_owed(
    allocate: Callable[[Ledger], list[dict[str, Any]]], ledger: Ledger
) -> None:
    invoices, payments, returns = ledger
    sums: dict[str, dict[tuple[str, str], Decimal]] = {side: defaultdict(Decimal) for side in ("owed", "paid", "used")}
    for row in invoices:
        sums["owed"][_of(row)] += row["amount_inr"]
    known = {(_of(row), row["invoice_id"]) for row in invoices}
    for row in [*returns, *(payment for payment in payments if not payment["is_bounced"])]:
        if row["invoice_id"] is None or (_of(row), row["invoice_id"]) in known:
            sums["paid"][_of(row)] += row["amount_inr"]
    allocated = allocate(ledger)
    for row in allocated:
        assert row["amount_inr"] > 0
        sums["used"][_of(row)] += row["amount_inr"]
    for account in sums["owed"].keys() | sums["paid"].keys():
        assert sums["used"][account] == min(sums["owed"][account], sums["paid"][account])


def test_a_bill_number_that_repeats_means_the_nearest_invoice_before_the_payment(
    allocate: Callable[[Ledger], list[dict[str, Any]]],
) -> None:
    owner = {"retailer_id": "r1", "distributor_id": "d1"}
    on = [FIRST, FIRST + timedelta(days=30), FIRST + timedelta(days=60)]
    invoices = [
        {
            **owner,
            "invoice_id": f"i{n}",
            "bill_ref": "7",
            "invoice_on": day,
            "due_on": day,
            "amount_inr": Decimal("10.00"),
        }
        for n, day in enumerate(on)
    ]
    payment = {
        **owner,
        "payment_id": "p",
        "line_no": 1,
        "invoice_id": None,
        "bill_ref": "7",
        "paid_on": FIRST + timedelta(days=59),
        "amount_inr": Decimal("4.00"),
        "is_bounced": False,
    }
    (row,) = allocate((invoices, [payment], []))
    assert (row["invoice_id"], row["method"]) == ("i1", "named")
