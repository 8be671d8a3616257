"""A part payment is one that names its invoice and leaves a part of it open; money on account tells of none."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_sql import LakeSql
from ledgers import Batch, retailer_id

pytestmark = pytest.mark.timeout(900)
FIRST = date(2026, 2, 1)


class Payment(NamedTuple):
    """A payment of asha; `names` None: on account."""

    day: int
    paise: int
    names: int | None


def ledger(invoices: Sequence[int], payments: Sequence[Payment]) -> Batch:
    """Invoices of so many paise, one every ten days, and the payments; every table has a row."""
    batch = Batch("dist_one", 1).master("bina").invoice("bina", "B1", "2026-05-01", amount="10.00")
    batch.payment("bina", "BP", "2026-05-02", amount="1.00").returned("bina", "BR", "2026-05-02", amount="1.00")
    for number, paise in enumerate(invoices):
        on = FIRST + timedelta(days=10 * number)
        due_on = (on + timedelta(days=15)).isoformat()
        batch.invoice("asha", f"I{number}", on.isoformat(), amount=rupees(paise), due=due_on)
    for number, payment in enumerate(payments):
        on = FIRST + timedelta(days=payment.day)
        named = None if payment.names is None else f"I{payment.names}"
        batch.payment("asha", f"P{number}", on.isoformat(), amount=rupees(payment.paise), invoice_id=named)
    return batch


def rupees(paise: int) -> str:
    return f"{Decimal(paise) / 100:.2f}"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    return LakeSql(tmp_path_factory.mktemp("part-payments"), [ledger([1], [])], ("asha", "bina"))


def ratio(lake: LakeSql, batch: Batch) -> float | None:
    """Asha's share of part payments."""
    assert lake.run([batch]) == []
    rows = lake.table("gold", "retailer_features")
    (value,) = [row["partial_payment_ratio"] for row in rows if row["retailer_id"] == retailer_id("asha")]
    share: float | None = value
    return share


def test_money_on_account_that_straddles_invoices_is_no_part_payment(lake: LakeSql) -> None:
    """Two invoices of 100 paid by 60, 60 and 80: the second meets both of them."""
    on_account = [Payment(5, 6000, None), Payment(12, 6000, None), Payment(20, 8000, None)]
    assert ratio(lake, ledger([10_000, 10_000], on_account)) is None


CASES: dict[str, tuple[list[Payment], float]] = {
    "in full": ([Payment(5, 10_000, 0)], 0),
    "in two parts on two days": ([Payment(5, 6000, 0), Payment(8, 4000, 0)], 1 / 2),
    "in two parts on one day": ([Payment(5, 6000, 0), Payment(5, 4000, 0)], 0),
    "in part, never the rest": ([Payment(5, 6000, 0)], 1),
    "the rest of what money on account began": ([Payment(3, 6000, None), Payment(5, 4000, 0)], 0),
    "the rest came on account": ([Payment(5, 6000, 0), Payment(8, 4000, None)], 1),
    "more than was open": ([Payment(5, 12_000, 0)], 0),
}


@pytest.mark.parametrize("case", CASES)
def test_a_payment_that_names_its_invoice_and_leaves_a_part_open_is_one(lake: LakeSql, case: str) -> None:
    payments, expected = CASES[case]
    assert ratio(lake, ledger([10_000], payments)) == expected


def test_goods_that_came_back_are_not_to_be_paid(lake: LakeSql) -> None:
    batch = ledger([10_000], [Payment(5, 6000, 0)])
    assert ratio(lake, batch.returned("asha", "R", "2026-02-10", amount="40.00", invoice_id="I0")) == 0


amounts = st.integers(1, 20_000)


@st.composite
def payments(draw: Any, invoices: int) -> list[Payment]:
    names = st.none() | st.integers(0, invoices - 1)
    kinds = st.builds(Payment, day=st.integers(0, 90), paise=amounts, names=names)
    return list(draw(st.lists(kinds, min_size=1, max_size=8)))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), invoices=st.lists(amounts, min_size=1, max_size=5))
def test_without_references_and_with_more_money_on_account_nobody_looks_more_like_a_part_payer(
    lake: LakeSql, data: st.DataObject, invoices: list[int]
) -> None:
    paid = data.draw(payments(len(invoices)))
    before = ratio(lake, ledger(invoices, paid))
    assert ratio(lake, ledger(invoices, [payment._replace(names=None) for payment in paid])) is None
    more = [payment._replace(names=None) for payment in data.draw(payments(len(invoices)))]
    after = ratio(lake, ledger(invoices, [*paid, *more]))
    assert after == before or (before is not None and after is not None and after < before)
