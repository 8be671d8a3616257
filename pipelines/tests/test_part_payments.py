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
RETAILERS = ("asha", "chand", "dev")


class Payment(NamedTuple):
    """A payment; `names` None: on account."""

    day: int
    paise: int
    names: int | None


def ledger() -> Batch:
    """A row in every table; the retailers of a test are for it to add."""
    batch = Batch("dist_one", 1).master("bina").invoice("bina", "B1", "2026-05-01", amount="10.00")
    return batch.payment("bina", "BP", "2026-05-02", amount="1.00").returned("bina", "BR", "2026-05-02", amount="1.00")


def add(batch: Batch, name: str, invoices: Sequence[int], *, payments: Sequence[Payment]) -> None:
    """Invoices of so many paise, one every ten days, and the payments of one retailer, whose account is its own."""
    for number, paise in enumerate(invoices):
        on = FIRST + timedelta(days=10 * number)
        due_on = (on + timedelta(days=15)).isoformat()
        batch.invoice(name, f"{name} I{number}", on.isoformat(), amount=rupees(paise), due=due_on)
    for number, payment in enumerate(payments):
        on = FIRST + timedelta(days=payment.day)
        named = None if payment.names is None else f"{name} I{payment.names}"
        batch.payment(name, f"{name} P{number}", on.isoformat(), amount=rupees(payment.paise), invoice_id=named)


def rupees(paise: int) -> str:
    return f"{Decimal(paise) / 100:.2f}"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSql:
    return LakeSql(tmp_path_factory.mktemp("part-payments"), [ledger()], (*RETAILERS, *CASES, "bina"))


def ratios(lake: LakeSql, batch: Batch) -> dict[str, float | None]:
    """Share of part payments by retailer's id."""
    assert lake.run([batch]) == []
    return {row["retailer_id"]: row["partial_payment_ratio"] for row in lake.table("gold", "retailer_features")}


def test_money_on_account_that_straddles_invoices_is_no_part_payment(lake: LakeSql) -> None:
    """Two invoices of 100 paid by 60, 60 and 80: the second meets both of them."""
    on_account, batch = [Payment(5, 6000, None), Payment(12, 6000, None), Payment(20, 8000, None)], ledger()
    add(batch, "asha", [10_000, 10_000], payments=on_account)
    assert ratios(lake, batch)[retailer_id("asha")] is None


CASES: dict[str, tuple[list[Payment], float]] = {
    "in full": ([Payment(5, 10_000, 0)], 0),
    "in two parts on two days": ([Payment(5, 6000, 0), Payment(8, 4000, 0)], 1 / 2),
    "in two parts on one day": ([Payment(5, 6000, 0), Payment(5, 4000, 0)], 0),
    "in part, never the rest": ([Payment(5, 6000, 0)], 1),
    "the rest of what money on account began": ([Payment(3, 6000, None), Payment(5, 4000, 0)], 0),
    "the rest came on account": ([Payment(5, 6000, 0), Payment(8, 4000, None)], 1),
    "more than was open": ([Payment(5, 12_000, 0)], 0),
}


@pytest.fixture(scope="module")
def of_cases(lake: LakeSql) -> dict[str, float | None]:
    """Every case is a retailer of one lake."""
    batch = ledger()
    for case, (payments, _) in CASES.items():
        add(batch, case, [10_000], payments=payments)
    return ratios(lake, batch)


@pytest.mark.parametrize("case", CASES)
def test_a_payment_that_names_its_invoice_and_leaves_a_part_open_is_one(
    of_cases: dict[str, float | None], case: str
) -> None:
    assert of_cases[retailer_id(case)] == CASES[case][1]


def test_goods_that_came_back_are_not_to_be_paid(lake: LakeSql) -> None:
    batch = ledger()
    add(batch, "asha", [10_000], payments=[Payment(5, 6000, 0)])
    batch.returned("asha", "R", "2026-02-10", amount="40.00", invoice_id="asha I0")
    assert ratios(lake, batch)[retailer_id("asha")] == 0


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
    paid, more = (data.draw(payments(len(invoices))) for _ in range(2))
    on_account = [payment._replace(names=None) for payment in more]
    unreferenced = [payment._replace(names=None) for payment in paid]
    batch = ledger()
    for name, stated in zip(RETAILERS, (paid, unreferenced, [*paid, *on_account]), strict=True):
        add(batch, name, invoices, payments=stated)
    shares = ratios(lake, batch)
    before, unnamed, after = (shares[retailer_id(name)] for name in RETAILERS)
    assert unnamed is None
    assert after == before or (before is not None and after is not None and after < before)
