"""A synthetic Gold frame: retailers with a hidden quality that their ledgers show and their defaults follow."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

REPOSITORY = Path(__file__).parents[3]
FEATURES_FILE = REPOSITORY / "dbt" / "models" / "gold" / "feature_groups.yml"
SCHEMAS = REPOSITORY / "schemas"
DISTRICTS = ("Jaipur", "Kota")
INTEGERS = (
    *("bounce_count", "overdue_count", "invoices_3m", "invoices_6m", "invoices_12m", "active_months"),
    *("order_days_3m", "order_days_6m", "order_days_12m"),
)


def retailer_id(number: int) -> str:
    """The same id for the same number."""
    return f"ret_{number:016x}"


def gold_table(rows: int, *, seed: int, as_of_on: date, label: bool = False) -> pa.Table:
    """A Gold table of `rows` retailers; with `label`, also whether each goes bad after the snapshot."""
    random = np.random.default_rng(seed)
    quality = np.random.default_rng(1).normal(size=rows)  # a retailer's nature is the same in all snapshots
    ranks = np.argsort(np.argsort(quality))
    columns = _payments(random, quality) | _orders(random, quality) | _relationship(random, quality)
    columns |= {
        "retailer_id": [retailer_id(i) for i in range(rows)],
        "as_of_on": [as_of_on] * rows,
        "data_as_of_on": [as_of_on] * rows,
        "ledger_late_days": pa.array([0] * rows, pa.int32()),
        "district": [DISTRICTS[rank % 2] for rank in ranks],  # alike in quality, so that a fair model looks fair
        "size_band": [("small", "medium")[rank // 2 % 2] for rank in ranks],
        "completeness": random.uniform(72, 98, rows).round(1),
    }
    columns["gmv_6m_inr"] = pa.array(
        [Decimal(f"{6 * v:.2f}") for v in columns["gmv_6m_monthly_inr"]], pa.decimal128(15, 2)
    )
    if label:
        margin = -3.4 - 2.6 * quality + 0.02 * (columns["delay_mean_days"] - 8)
        columns["label_bad"] = (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.int32)
    return pa.table({name: _integers(name, values) for name, values in columns.items()})


def _integers(name: str, values: Any) -> Any:
    return np.asarray(values).astype(np.int32) if name in INTEGERS else values


def _payments(random: np.random.Generator, quality: Any) -> dict[str, Any]:
    n = len(quality)
    mean = np.maximum(8 - 6 * quality + random.normal(0, 3, n), -2)
    std = np.maximum(5 - 2 * quality + random.normal(0, 1, n), 0.5)
    late = np.clip(mean / 40 + 0.1, 0, 1)
    overdue = np.maximum(random.normal(0.05 - 0.05 * quality, 0.04), 0)
    return {
        "delay_mean_days": mean,
        "delay_p50_days": mean - 1,
        "delay_p90_days": mean + 1.3 * std,
        "delay_max_days": mean + 3 * std,
        "on_time_ratio": 1 - np.clip(late * 2, 0, 1),
        "late_15_ratio": late,
        "late_30_ratio": late / 2,
        "delay_std_days": std,
        "bounce_count": random.poisson(np.exp(-0.5 - 0.6 * quality)),
        "bounce_ratio": np.clip(0.03 - 0.02 * quality, 0, 1),
        "digital_share": np.clip(0.5 + 0.1 * quality + random.normal(0, 0.2, n), 0, 1),
        "delay_trend_days": random.normal(-1.0 * quality, 4),
        "paid_ratio": np.clip(0.95 - overdue, 0, 1),
        "partial_payment_ratio": np.clip(random.normal(0.15 - 0.08 * quality, 0.08), 0, 1),
        "overdue_amount_inr": overdue * 200_000,
        "overdue_90_amount_inr": np.zeros(n),
        "overdue_count": random.poisson(1 + 10 * overdue),
        "overdue_max_age_days": overdue * 300,
        "overdue_to_gmv_ratio": overdue,
        "exposure_inr": (0.6 + overdue) * 60_000,
        "exposure_to_monthly_gmv_ratio": np.maximum(random.normal(0.9 - 0.3 * quality, 0.3), 0.05),
        "credit_days_mean": random.normal(21, 5, n),
        "credit_days_trend": random.normal(0, 2, n),
    }


def _orders(random: np.random.Generator, quality: Any) -> dict[str, Any]:
    n = len(quality)
    monthly = np.exp(random.normal(10.8 + 0.2 * quality, 0.5))
    interval = np.maximum(random.normal(1.05 - 0.03 * quality, 0.05), 1.0)
    gap = np.maximum(random.normal(9 - 1.5 * quality, 2), 2)
    cv = np.maximum(random.normal(0.7 - 0.15 * quality, 0.2), 0.1)
    return {
        "invoices_3m": 91 / gap,
        "invoices_6m": np.maximum(182 / gap, 6),
        "invoices_12m": 365 / gap,
        "order_days_3m": 91 / gap,
        "order_days_6m": np.maximum(182 / gap, 6),
        "order_days_12m": 365 / gap,
        "gap_mean_days": gap,
        "gap_std_days": gap * cv,
        "cadence_cv": cv,
        "active_months": np.clip(random.normal(11 + quality, 1), 6, 12),
        "basket_cv": np.maximum(random.normal(0.5, 0.1, n), 0.1),
        "gap_max_days": gap * (2 + cv),
        "recency_days": gap * random.uniform(0.2, 1.5, n),
        "basket_mean_inr": monthly / 3,
        "basket_slope_ratio": random.normal(0.01 * quality, 0.03),
        "lines_mean": np.maximum(random.normal(4 + 0.5 * quality, 1), 1),
        "lines_slope_ratio": random.normal(0, 0.02, n),
        "sku_category_count": np.round(np.clip(random.normal(5 + quality, 1.5), 1, 10)),
        "return_rate": np.clip(random.normal(0.03 - 0.01 * quality, 0.015), 0, 1),
        "return_count_ratio": np.clip(random.normal(0.05, 0.02, n), 0, 1),
        "gmv_3m_inr": monthly * 3,
        "gmv_6m_monthly_inr": monthly,
        "gmv_12m_inr": monthly * 11,
        "gmv_per_active_month_inr": monthly,
        "gmv_growth_ratio": np.exp(random.normal(0.05 * quality, 0.2)),
        "gmv_slope_ratio": random.normal(0.01 * quality, 0.03),
        "gmv_cv": np.maximum(random.normal(0.35 - 0.05 * quality, 0.1), 0.05),
        "peak_month_index": np.maximum(random.normal(1.7 - 0.15 * quality, 0.3), 1),
        "festive_share": np.clip(random.normal(0.22, 0.05, n), 0, 1),
        "active_month_ratio": np.clip(random.normal(0.95 + 0.02 * quality, 0.04), 0, 1),
        "croston_interval_months": interval,
        "croston_size_inr": monthly * interval,
        "croston_rate_inr": monthly * 0.9,
    }


def _relationship(random: np.random.Generator, quality: Any) -> dict[str, Any]:
    n = len(quality)
    tenure = np.clip(random.normal(500 + 120 * quality, 200), 190, 1200)
    count = 1 + (random.random(n) < 0.35).astype(float)
    return {
        "tenure_days": tenure,
        "months_history": np.floor(tenure / 30.44),
        "active_distributors_count": count,
        "distributors_count": count,
        "largest_distributor_share": np.where(count > 1, random.uniform(0.5, 0.95, n), 1.0),
    }


def training_table(*, retailers: int = 1800, seed: int = 13) -> pa.Table:
    """Ten quarterly snapshots of the same retailers with their labels."""
    days = [date(year, month, 1) for year in (2023, 2024, 2025) for month in (1, 4, 7, 10)][:10]
    return pa.concat_tables(
        gold_table(retailers, seed=seed + i, as_of_on=day, label=True) for i, day in enumerate(days)
    )
