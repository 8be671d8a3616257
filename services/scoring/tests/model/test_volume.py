"""Volume shifts worked out by hand: what is compared with what, and where there is nothing to compare."""

import math
from dataclasses import replace

import numpy as np
import pytest
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.tables import frame_of_table
from altscore_scoring.model.volume import SHIFTS, Peers, volume_shifts
from altscore_scoring.training.anomaly import fit_peers

from .. import synthetic
from ..worker_world import AS_OF

# 30,000 in the last three months, 45,000 in the last six, 99,000 in the year; 3, 9 and 18 invoices.
LEDGER = {
    "gmv_3m_inr": 30_000.0,
    "gmv_6m_monthly_inr": 7_500.0,
    "gmv_12m_inr": 99_000.0,
    "invoices_3m": 3.0,
    "invoices_6m": 9.0,
    "invoices_12m": 18.0,
    "order_days_3m": 3.0,
    "order_days_6m": 9.0,
    "order_days_12m": 18.0,
    "months_history": 20.0,
}
NO_COUNTS = {name: math.nan for name in LEDGER if name.startswith(("invoices", "order_days"))}
PEERS = Peers(intercept=5.0, slope=0.5)


def frame(**changes: float) -> GoldFrame:
    """A frame of one such ledger."""
    row = frame_of_table(synthetic.gold_table(1, seed=11, as_of_on=AS_OF))
    return replace(row, numbers={**row.numbers, **{k: np.array([v]) for k, v in {**LEDGER, **changes}.items()}})


def shifts(**changes: float) -> list[float]:
    """The seven shifts of that ledger, logarithms undone."""
    [row] = np.exp(volume_shifts(frame(**changes), PEERS)).tolist()
    return [float(value) for value in row]


def test_purchases_are_divided_by_the_retailers_own_and_by_those_of_peers() -> None:
    assert shifts() == pytest.approx(
        [
            (10_000 + 1_000) / (69_000 / 9 + 1_000),
            (7_500 + 1_000) / (54_000 / 6 + 1_000),
            (10_000 + 1_000) / (69_000 / 15 + 1_000),
            (5_000 + 1_000) / (54_000 / 9 + 1_000),
            1.0,
            1.0,
            (99_000 + 1_000) / (math.exp(5.0) * math.sqrt(18)),
        ]
    )


@pytest.mark.parametrize(
    ("months", "compared"), [(5.0, (False, False)), (6.0, (True, False)), (8.0, (True, False)), (9.0, (True, True))]
)
def test_three_earlier_months_are_a_past(months: float, compared: tuple[bool, bool]) -> None:
    assert tuple(value != 1.0 for value in shifts(months_history=months)[:2]) == compared


def test_the_earlier_months_of_a_young_ledger_are_those_it_has() -> None:
    assert shifts(months_history=7.0)[0] == pytest.approx(11_000 / (69_000 / 4 + 1_000))


@pytest.mark.parametrize("earlier", [0.0, -10.0])
def test_without_earlier_purchases_nothing_is_compared(earlier: float) -> None:
    assert shifts(gmv_12m_inr=30_000.0 + earlier)[0] == 1.0
    assert shifts(gmv_12m_inr=45_000.0 + earlier)[1] == 1.0
    assert shifts(gmv_12m_inr=30_000.0 + earlier)[2] == 1.0
    assert shifts(gmv_12m_inr=45_000.0 + earlier)[3] == 1.0


def test_the_least_earlier_purchase_is_a_past() -> None:
    assert shifts(gmv_12m_inr=30_000.5)[0] == pytest.approx(11_000 / (0.5 / 9 + 1_000), rel=1e-9)
    assert shifts(gmv_12m_inr=45_000.5)[1] == pytest.approx(8_500 / (0.5 / 6 + 1_000), rel=1e-9)
    assert shifts(gmv_12m_inr=30_000.5)[2] == pytest.approx(11_000 / (0.5 / 15 + 1_000), rel=1e-9)


def test_shifts_have_names_in_a_fixed_order() -> None:
    own = [f"{name}_{months}m" for name in ("monthly", "per_invoice", "bills_per_day") for months in (3, 6)]
    assert (*own, "peers_12m") == SHIFTS


def test_one_earlier_and_one_recent_invoice_are_enough() -> None:
    assert shifts(invoices_12m=4.0)[2] == pytest.approx(11_000 / 70_000)
    assert shifts(invoices_12m=3.0)[2] == 1.0
    assert shifts(invoices_3m=1.0)[2] == pytest.approx(31_000 / (69_000 / 17 + 1_000))
    assert shifts(invoices_3m=0.0)[2] == 1.0


def test_returns_beyond_purchases_count_as_none() -> None:
    assert shifts(gmv_3m_inr=-5_000.0)[0] == pytest.approx(1_000 / (104_000 / 9 + 1_000))
    assert shifts(gmv_12m_inr=-5_000.0)[6] == pytest.approx(1_000 / (math.exp(5.0) * math.sqrt(18)))


def test_unknown_purchases_count_as_none() -> None:
    values = shifts(gmv_3m_inr=math.nan, gmv_6m_monthly_inr=math.nan, gmv_12m_inr=math.nan, **NO_COUNTS)
    assert values == pytest.approx([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1_000 / math.exp(5.0)])


def test_bills_per_order_day_are_compared_with_those_of_the_rest_of_the_year() -> None:
    split_3m = {"invoices_3m": 12.0, "invoices_6m": 18.0, "invoices_12m": 27.0}  # four bills on each of three days
    assert shifts(**split_3m)[4:6] == pytest.approx([(12 + 3) / (3 + 3) / 1.0, (18 + 3) / (9 + 3) / 1.0])
    assert shifts(invoices_12m=36.0)[4:6] == pytest.approx([(15 + 3) / (33 + 3), (9 + 3) / (27 + 3)])


def test_without_earlier_order_days_bills_per_day_have_no_past() -> None:
    days = {"order_days_3m": 3.0, "order_days_6m": 3.0, "order_days_12m": 3.0}
    assert shifts(**days, invoices_3m=18.0)[4:6] == [1.0, 1.0]
    assert shifts(**{**days, "order_days_12m": 4.0}, invoices_3m=15.0)[4] == pytest.approx(3 / 1.5)


def test_peers_are_the_line_through_the_ledgers() -> None:
    table = frame_of_table(synthetic.gold_table(3, seed=11, as_of_on=AS_OF))
    columns = {"invoices_12m": np.array([1.0, 10.0, 100.0]), "gmv_12m_inr": np.array([0.0, 9_000.0, 99_000.0])}
    peers = fit_peers(replace(table, numbers={**table.numbers, **columns}))
    assert peers == pytest.approx((math.log(1_000), 1.0))
    level = replace(table, numbers={**table.numbers, **columns, "invoices_12m": np.full(3, 7.0)})
    assert fit_peers(level) == pytest.approx((math.log(10_000), 0.0))
