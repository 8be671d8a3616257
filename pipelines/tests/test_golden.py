"""Features of a ledger small enough to be worked out by hand."""

from decimal import Decimal
from math import sqrt
from typing import Any

import pytest
from conftest import GoldenRun, Pipeline
from ledgers import retailer_id

pytestmark = pytest.mark.timeout(600)

# asha on 1 June 2026. Allocation: P1→I1 1000, P2→I2 2000 (by bill number), P6→I4 1000, R1→I4 500, then on account
# P3→I3 1500, P4→I3 1500 and I4 2000; P5 bounced. So I1, I2, I3 settled 0, 5, 20 days late; I4 lacks 500 (37 days
# overdue), I5 lacks 5000 (7 days overdue), I6 is not due. Delays: 0, 5, 20, 37, 7.
ASHA = {
    "delay_mean_days": 69 / 5,
    "delay_p50_days": 7,
    "delay_p90_days": 20 + 0.6 * 17,
    "delay_max_days": 37,
    "on_time_ratio": 1 / 5,
    "late_15_ratio": 2 / 5,
    "late_30_ratio": 1 / 5,
    "delay_std_days": sqrt((1843 - 69 * 69 / 5) / 4),
    "bounce_count": 1,
    "bounce_ratio": 1 / 6,
    "digital_share": 3 / 5,
    "delay_trend_days": 64 / 3 - 5 / 2,
    "paid_ratio": 9000 / 14500,
    "partial_payment_ratio": 1
    / 3,  # of P1, P2 and P6, which name an invoice, P6 left 500 of it open; P3 and P4 name none
    "overdue_amount_inr": 5500,
    "overdue_90_amount_inr": 0,
    "overdue_count": 2,
    "overdue_max_age_days": 37,
    "overdue_to_gmv_ratio": 5500 / 15100,
    "invoices_3m": 4,
    "invoices_6m": 6,
    "invoices_12m": 6,
    "order_days_3m": 4,
    "order_days_6m": 6,
    "order_days_12m": 6,
    "gap_mean_days": 27,
    "gap_std_days": sqrt(46.5),
    "cadence_cv": sqrt(46.5) / 27,
    "active_months": 5,
    "basket_cv": sqrt((55_360_000 - 15600**2 / 6) / 5) / 2600,
    "gap_max_days": 31,
    "recency_days": 7,
    "basket_mean_inr": 2600,
    # x: −142 −111 −83 −52 −22 −7 days; (n·Σxy − Σx·Σy) ÷ (n·Σx² − (Σx)²)
    "basket_slope_ratio": 30 * (6 * -935_200 + 417 * 15_600) / (6 * 42_611 - 417**2) / 2600,
    "lines_mean": 3,
    "lines_slope_ratio": 30 * (2 / 31) / 3,
    "sku_category_count": 2,
    "return_rate": 500 / 15600,
    "return_count_ratio": 1 / 6,
    "gmv_3m_inr": 12100,
    "gmv_6m_monthly_inr": 15100 / 6,
    "gmv_12m_inr": 15100,
    "gmv_per_active_month_inr": 3020,
    "gmv_growth_ratio": 12100 / 3000,
    "gmv_slope_ratio": 1070 / 3020,
    "gmv_cv": sqrt(5 * 57_610_000 - 15100**2) / 15100,
    "peak_month_index": 5600 / 3020,
    "festive_share": None,
    "active_month_ratio": 1,
    "croston_interval_months": 1,
    "croston_size_inr": 2678.4,
    "croston_rate_inr": 2410.56,
    "tenure_days": 142,
    "active_distributors_count": 1,
    "largest_distributor_share": 1,
    "credit_days_mean": 17.5,
    "credit_days_trend": 18.75 - 15,
    "exposure_inr": 6100,
    "exposure_to_monthly_gmv_ratio": 6100 * 6 / 15100,
    "completeness": 40 * 5 / 6 + 25 + 25 * 8000 / 9000 + 10,
    "gmv_6m_inr": Decimal("15100.00"),
    "months_history": 4,
    "district": "Pune",
    "size_band": "micro",
    "distributors_count": 1,
}
# dev: an advance of 150 pays D1 and half of D2 (on the invoices' days); D5 counts as 10 × the median of 100 = 1000 in
# features; D6 was returned whole; D7, DX and DY were cancelled; E1 was corrected to 300 and over-paid by 700, which
# stays unallocated.
DEV = {
    "invoices_12m": 7,
    "delay_max_days": 20,  # D2, due 12 May, has 50 of 100
    "overdue_count": 3,
    "overdue_amount_inr": 250,
    "exposure_inr": 50250,  # exposure is the raw amount: what is owed is owed
    "gmv_6m_inr": Decimal("1700.00"),  # 4 × 100 + 1000 + 100 + 300 − 100
    "return_count_ratio": 1 / 7,
    "distributors_count": 2,
    "active_distributors_count": 2,
    "largest_distributor_share": 1500 / 1800,
    "credit_days_mean": 10,
    "months_history": 1,
    # months 1 of 6; 2 stated + 4 default of 7 dates; of 1150 received 300 named and 150 FIFO
    "completeness": 40 / 6 + 25 * (2 + 2) / 7 + 25 * (300 + 120) / 1150,
}
# bina is known by a master record alone: counts are 0, ratios of nothing NULL.
BINA = {
    "invoices_12m": 0,
    "order_days_12m": 0,
    "overdue_amount_inr": None,
    "overdue_90_amount_inr": 0,
    "delay_mean_days": None,
    "bounce_count": 0,
    "bounce_ratio": None,
    "recency_days": None,
    "completeness": 0,
    "gmv_6m_inr": Decimal("0.00"),
    "months_history": 0,
    "district": "Nashik",
}


@pytest.fixture(scope="module")
def golden(golden_run: GoldenRun) -> tuple[Pipeline, str]:
    return golden_run.after_gold(), golden_run.run_id


@pytest.mark.parametrize(("name", "expected"), [("asha", ASHA), ("dev", DEV), ("bina", BINA)])
def test_features_are_those_worked_out_by_hand(
    golden: tuple[Pipeline, str], name: str, expected: dict[str, Any]
) -> None:
    pipeline, run_id = golden
    row = pipeline.gold(run_id)[retailer_id(name)]
    features = {feature: row[feature] for feature in expected}
    by_hand = {k: pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for k, v in expected.items()}
    assert features == by_hand
