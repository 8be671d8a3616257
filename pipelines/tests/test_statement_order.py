"""Silver holds the newest statement of every document, from files of both schema versions (decisions 79, 80, 83)."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_sql import LakeSql
from ledgers import AS_OF, Batch

pytestmark = pytest.mark.timeout(900)
DISTRIBUTOR = "dist_one"
VERSIONS = (1, 2, 2)
DOCUMENTS = ("I1", "I2", "P1", "P2", "R1")
KEY = {"invoice": "invoice_id", "payment": "payment_id", "return": "return_id"}


class Statement(NamedTuple):
    """What the ledger says of a document."""

    document: str
    source_order: int
    sequence: int
    paise: int
    is_cancelled: bool


def statements(schema_version: int) -> st.SearchStrategy[list[Statement]]:
    """Statements that a file can hold: version 1 has no order, and only its invoices are cancelled."""
    orders = st.just(0) if schema_version == 1 else st.integers(0, 3)
    cancelled = st.just(False) if schema_version == 1 else st.booleans()
    fields = {"source_order": orders, "sequence": orders, "paise": st.integers(1, 5), "is_cancelled": cancelled}
    return st.lists(st.builds(Statement, document=st.sampled_from(DOCUMENTS), **fields), max_size=6)


class Ledger:
    """The newest statement of every document, and Bronze as ingestion fills it."""

    def __init__(self) -> None:
        self.newest: dict[str, tuple[tuple[int, int, int], Statement]] = {}
        self._arrivals = 0

    def batch(self, number: int, stated: Sequence[Statement]) -> Batch:
        batch = Batch(DISTRIBUTOR, number, schema_version=VERSIONS[number - 1])
        for letter in ("I", "P", "R"):
            self._add(batch, Statement(f"{letter}-{number}", 0, sequence=0, paise=7, is_cancelled=False))
        for statement in stated:
            self._add(batch, statement)
        return batch.master("asha", district="Pune")

    def _add(self, batch: Batch, statement: Statement) -> None:
        self._arrivals += 1
        order = (statement.source_order, statement.sequence, self._arrivals)
        is_outdated = statement.document in self.newest and order < self.newest[statement.document][0]
        if not is_outdated:
            self.newest[statement.document] = (order, statement)
        values: dict[str, Any] = {"amount": f"{Decimal(statement.paise) / 100:.2f}", "version": self._arrivals}
        if batch.schema_version > 1:
            values |= {"source_order": statement.source_order, "sequence": statement.sequence}
            values |= {"is_outdated": is_outdated, "is_cancelled": statement.is_cancelled}
        add = {"I": batch.invoice, "P": batch.payment, "R": batch.returned}[statement.document[0]]
        add("asha", statement.document, "2026-05-10", **values)

    def live(self) -> dict[str, Decimal]:
        """Amounts of the documents that stand."""
        return {
            document: Decimal(statement.paise) / 100
            for document, (_, statement) in self.newest.items()
            if not statement.is_cancelled
        }


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    ledger = Ledger()
    return LakeSql(tmp_path_factory.mktemp("order"), [ledger.batch(number, []) for number in (1, 2, 3)], ("asha",))


def live_of(lake: LakeSql) -> dict[str, Decimal]:
    """Amounts in Silver by document."""
    return {row[key]: row["amount_inr"] for name, key in KEY.items() for row in lake.table("silver", name)}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(stated=st.tuples(*(statements(version) for version in VERSIONS)))
def test_silver_is_the_newest_statement_of_every_document(lake: LakeSql, stated: tuple[list[Statement], ...]) -> None:
    ledger = Ledger()
    batches = [ledger.batch(number, batch) for number, batch in enumerate(stated, 1)]
    assert lake.run(batches) == []
    assert live_of(lake) == ledger.live()
    totals = lake.table("silver", "control/totals")
    cancelled = [statement for _, statement in ledger.newest.values() if statement.is_cancelled]
    assert sum(row["cancelled_count"] for row in totals) == len(cancelled)
    assert sum(row["cancelled_inr"] for row in totals) == sum(Decimal(statement.paise) for statement in cancelled) / 100


def test_a_cancelled_payment_or_return_settles_nothing(lake: LakeSql) -> None:
    ledger = Ledger()
    first, second, third = (ledger.batch(number, []) for number in (1, 2, 3))
    second.invoice("asha", "I9", "2026-05-01", amount="100.00", due="2026-05-11")
    for letter, add in (("P", second.payment), ("R", second.returned)):
        add("asha", f"{letter}9", "2026-05-02", amount="40.00", invoice_id="I9")
    assert lake.run([first, second, third]) == []
    assert open_inr(lake, "I9") == Decimal("19.58")  # 80.00 named, 0.42 of the batches' own credits by FIFO
    third.payment("asha", "P9", "2026-05-02", amount="40.00", invoice_id="I9", version=2, is_cancelled=True)
    third.returned("asha", "R9", "2026-05-02", amount="40.00", invoice_id="I9", version=2, is_cancelled=True)
    assert lake.run([first, second, third]) == []
    assert open_inr(lake, "I9") == Decimal("99.58")


def test_before_the_day_on_which_a_bounce_became_known_the_payment_stands(lake: LakeSql) -> None:
    ledger = Ledger()
    first, second, third = (ledger.batch(number, []) for number in (1, 2, 3))
    for number, known_on in enumerate((AS_OF - timedelta(days=1), AS_OF, None)):
        second.invoice("asha", f"I{number}", "2026-05-01", amount="100.00", due="2026-05-11")
        second.payment(
            "asha",
            f"P{number}",
            "2026-05-02",
            amount="100.00",
            invoice_id=f"I{number}",
            is_bounced=True,
            bounced_on=known_on,
        )
    assert lake.run([first, second, third]) == []
    bounced = {row["payment_id"]: row["is_bounced"] for row in lake.table("silver", "payment")}
    assert [bounced[f"P{number}"] for number in range(3)] == [True, False, True]
    settled = {row["invoice_id"]: row["settled_on"] for row in lake.table("silver", "invoice")}
    assert [settled[f"I{number}"] is not None for number in range(3)] == [False, True, False]


def open_inr(lake: LakeSql, invoice_id: str) -> Decimal:
    (row,) = [row for row in lake.table("silver", "invoice") if row["invoice_id"] == invoice_id]
    amount: Decimal = row["open_inr"]
    return amount


def test_what_was_outdated_when_it_arrived_is_never_live(lake: LakeSql) -> None:
    """The live content was stated again at order 9 and not written again; a statement of order 6 came later."""
    ledger = Ledger()
    first, second, third = (ledger.batch(number, []) for number in (1, 2, 3))
    second.invoice("asha", "I8", "2026-05-01", amount="10.00", source_order=3)
    third.invoice("asha", "I8", "2026-05-01", amount="20.00", source_order=6, version=2, is_outdated=True)
    assert lake.run([first, second, third]) == []
    assert live_of(lake)["I8"] == Decimal("10.00")
