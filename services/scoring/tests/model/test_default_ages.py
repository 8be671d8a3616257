"""PD never falls as an open default ages (decision 94): booster, calibration and rounding together, on both routes."""

from collections.abc import Mapping

import numpy as np
import pytest
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.features import load_features

from .. import synthetic
from ..worker_world import AS_OF

DAYS = np.array([0.0, 1.0, 7.0, 15.0, 30.0, 45.0, 60.0, 90.0, 91.0, 120.0, 180.0, 270.0, 365.0, 400.0, 730.0, 1500.0])
# What is sure of a debtor whose open invoice ages while nothing else happens: each of these grows or stands still.
AGEING = (
    *("overdue_max_age_days", "delay_mean_days", "delay_p50_days", "delay_p90_days", "delay_max_days"),
    *("recency_days", "gap_max_days", "overdue_to_gmv_ratio", "late_15_ratio", "late_30_ratio"),
)
ROUTES: tuple[Route, ...] = ("primary", "croston")


@pytest.fixture(scope="module")
def debtors() -> GoldFrame:
    """Fifty ledgers, good and bad ones."""
    return columns_of(synthetic.gold_table(50, seed=8, as_of_on=AS_OF))


def rounded_pds(frame: GoldFrame, bundle: Bundle, route: Route) -> list[float]:
    """PD of each row as it is signed."""
    booster = bundle.boosters[route]
    margins = booster.margins(booster.inputs(frame))
    return [float(checks.rounded_pd(pd)) for pd in bundle.calibrations[route].probabilities(margins)]


def with_numbers(frame: GoldFrame, numbers: Mapping[str, np.ndarray]) -> GoldFrame:
    """The frame with other values of some features."""
    return GoldFrame(
        retailer_ids=frame.retailer_ids,
        numbers={**frame.numbers, **numbers},
        gmv_6m_inr=frame.gmv_6m_inr,
        data_as_of_on=frame.data_as_of_on,
        districts=frame.districts,
        size_bands=frame.size_bands,
    )


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "name", ["overdue_max_age_days", "overdue_amount_inr", "overdue_to_gmv_ratio", "delay_mean_days", "late_30_ratio"]
)
def test_pd_never_falls_along_one_feature_of_an_open_default(
    debtors: GoldFrame, bundle: Bundle, route: Route, name: str
) -> None:
    scale = 1.0 if name.endswith("days") else (1_000.0 if name.endswith("inr") else 1 / 1500.0)
    pds = [rounded_pds(with_numbers(debtors, {name: np.full(50, day * scale)}), bundle, route) for day in DAYS]
    assert (np.diff(pds, axis=0) >= 0).all()


@pytest.mark.parametrize("route", ROUTES)
def test_pd_never_falls_while_an_unpaid_invoice_grows_older_and_nothing_is_bought(
    debtors: GoldFrame, bundle: Bundle, route: Route
) -> None:
    pds = []
    for day in DAYS:
        older = {
            name: debtors.numbers[name] + (day if name.endswith("days") else day / 1500.0)
            for name in AGEING
            if name in debtors.numbers
        }
        pds.append(rounded_pds(with_numbers(debtors, older), bundle, route))
    assert (np.diff(pds, axis=0) >= 0).all()
    assert (np.array(pds[-1]) > np.array(pds[0])).any(), "somebody's PD must rise, or nothing is tested"


def test_every_feature_of_an_open_default_is_held_to_its_direction() -> None:
    directions = {feature.name: feature.direction for feature in load_features(synthetic.FEATURES_FILE)}
    certain = {*AGEING, "overdue_amount_inr", "overdue_count", "exposure_inr", "exposure_to_monthly_gmv_ratio"}
    assert {directions[name] for name in certain} == {1}
