"""GR-2 on both routes (decision 96): a tenfold volume is noticed, honest ledgers are left alone, bytes repeat."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.tables import frame_of_table
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.anomaly import AnomalyModel, forests_npz, ranges_document
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.volume import BILLS_PER_DAY, SHIFTS
from altscore_scoring.scores.domain import anomaly_scores_of, routes_of
from altscore_scoring.training.anomaly import fit_anomalies, fit_anomaly
from numpy.typing import NDArray

from .. import synthetic

AS_OF = date(2026, 5, 19)
ROWS = 8_000


def ledgers(route: Route, seed: int) -> GoldFrame:
    """Honest retailers of one route; those of the Croston route order seldom and in uneven amounts."""
    frame = frame_of_table(synthetic.gold_table(ROWS, seed=seed, as_of_on=AS_OF))
    if route == "primary":
        steady = np.minimum(frame.numbers["croston_interval_months"], 1.3)
        return replace(frame, numbers={**frame.numbers, "croston_interval_months": steady})
    random, numbers = np.random.default_rng(seed), dict(frame.numbers)
    orders = [random.poisson(mean, ROWS) for mean in (1.5, 1.5, 3.0)]  # of the last, the second and the other months
    orders[0] = np.maximum(orders[0], 1)
    basket = numbers["basket_mean_inr"]
    spent = [n * basket * np.exp(random.normal(0, 0.3, ROWS)) for n in orders]
    for name in ("invoices", "order_days"):
        numbers |= dict(zip((f"{name}_3m", f"{name}_6m", f"{name}_12m"), np.cumsum(orders, axis=0) * 1.0, strict=True))
    numbers["gmv_3m_inr"], numbers["gmv_6m_monthly_inr"], numbers["gmv_12m_inr"] = (
        spent[0], (spent[0] + spent[1]) / 6, spent[0] + spent[1] + spent[2]
    )  # fmt: skip
    numbers["croston_interval_months"] = random.uniform(1.4, 3.0, ROWS)
    numbers["months_history"] = np.where(random.random(ROWS) < 0.3, 4.0, numbers["months_history"])
    return replace(frame, numbers=numbers)


def tenfold(frame: GoldFrame, months: int) -> GoldFrame:
    """The purchases of the last three, six or twelve months tenfold; as many invoices as before."""
    numbers = dict(frame.numbers)
    gmv_3m, gmv_6m, gmv_12m = numbers["gmv_3m_inr"], numbers["gmv_6m_monthly_inr"] * 6, numbers["gmv_12m_inr"]
    added = 9 * {3: gmv_3m, 6: gmv_6m, 12: gmv_12m}[months]
    numbers["gmv_3m_inr"] = gmv_3m + np.minimum(added, 9 * gmv_3m)
    numbers["gmv_6m_monthly_inr"] = (gmv_6m + np.minimum(added, 9 * gmv_6m)) / 6
    numbers["gmv_12m_inr"] = gmv_12m + added
    return replace(frame, numbers=numbers)


def split(frame: GoldFrame, months: int) -> GoldFrame:
    """Every purchase of the last three or six months on three bills of its day; days and amounts as before."""
    numbers = dict(frame.numbers)
    added = 2 * numbers[f"invoices_{months}m"]
    for name in ("invoices_3m", "invoices_6m", "invoices_12m"):
        numbers[name] = numbers[name] + np.minimum(added, 2 * numbers[name])
    return replace(frame, numbers=numbers)


def flagged(frame: GoldFrame, bundle: Bundle) -> NDArray[np.bool_]:
    """Which rows GR-2 blocks."""
    return np.array([score.is_anomalous for score in anomaly_scores_of(frame, bundle)])


@pytest.fixture(scope="module", params=["primary", "croston"])
def fitted(request: pytest.FixtureRequest, bundle: Bundle) -> tuple[Bundle, GoldFrame]:
    """A bundle whose anomaly model of one route learnt from such retailers, and other honest ones of that route."""
    route: Route = request.param
    model = fit_anomaly(ledgers(route, seed=21), bundle.boosters[route], seed=7)
    honest = ledgers(route, seed=22)
    assert set(routes_of(honest)) == {route}
    return replace(bundle, anomalies={**bundle.anomalies, route: model}), honest


def test_honest_ledgers_are_left_alone(fitted: tuple[Bundle, GoldFrame]) -> None:
    bundle, honest = fitted
    assert flagged(honest, bundle).mean() <= 0.03


@pytest.mark.parametrize("months", [3, 6, 12])
def test_a_tenfold_volume_is_noticed(fitted: tuple[Bundle, GoldFrame], months: int) -> None:
    bundle, honest = fitted
    assert flagged(tenfold(honest, months), bundle).mean() >= 0.90


@pytest.mark.parametrize("months", [3, 6])
def test_purchases_on_three_bills_each_are_noticed(fitted: tuple[Bundle, GoldFrame], months: int) -> None:
    bundle, honest = fitted
    frequent = honest.take(np.flatnonzero(honest.numbers[f"order_days_{months}m"] >= 2).tolist())
    assert len(frequent) > 1_000
    assert flagged(split(frequent, months), bundle).mean() >= 0.95


def test_more_orders_on_more_days_are_no_split(fitted: tuple[Bundle, GoldFrame]) -> None:
    bundle, honest = fitted
    names = [f"{name}_{months}m" for name in ("invoices", "order_days") for months in (3, 6, 12)]
    tripled = replace(honest, numbers={**honest.numbers, **{name: honest.numbers[name] * 3 for name in names}})
    inputs = bundle.anomalies[routes_of(honest)[0]].inputs(bundle.boosters[routes_of(honest)[0]], tripled)
    per_day = [SHIFTS.index(name) - len(SHIFTS) for name in BILLS_PER_DAY]
    assert np.abs(inputs[:, per_day]).max() < 1e-9


def test_perfect_payments_do_not_hide_a_tenfold_volume(fitted: tuple[Bundle, GoldFrame]) -> None:
    bundle, honest = fitted
    forged = tenfold(honest, 12)
    paid = {"delay_mean_days": 0.0, "on_time_ratio": 1.0, "overdue_amount_inr": 0.0, "overdue_to_gmv_ratio": 0.0}
    numbers = {**forged.numbers, **{name: np.full(len(forged), value) for name, value in paid.items()}}
    assert flagged(replace(forged, numbers=numbers), bundle).mean() >= 0.90


def test_a_falling_volume_is_no_forgery(fitted: tuple[Bundle, GoldFrame]) -> None:
    bundle, honest = fitted
    numbers = {**honest.numbers, "gmv_3m_inr": honest.numbers["gmv_3m_inr"] / 20}
    causes = {score.cause for score in anomaly_scores_of(replace(honest, numbers=numbers), bundle)}
    shifted = [score.cause == "volume_shift" for score in anomaly_scores_of(honest, bundle)]
    assert None in causes
    falling = [score.cause == "volume_shift" for score in anomaly_scores_of(replace(honest, numbers=numbers), bundle)]
    assert sum(falling) <= sum(shifted)


def both(frame: GoldFrame, boosters: dict[Route, Booster]) -> dict[Route, AnomalyModel]:
    """The models of both routes, fitted on this frame."""
    return fit_anomalies(frame, boosters, seed=7)


def joined(first: GoldFrame, second: GoldFrame, rows: int) -> GoldFrame:
    """The first frame and some rows of the second."""
    part = second.take(range(rows))
    numbers = {name: np.concatenate([first.numbers[name], part.numbers[name]]) for name in first.numbers}
    names = ("retailer_ids", "gmv_6m_inr", "data_as_of_on", "districts", "size_bands")
    return GoldFrame(numbers=numbers, **{name: getattr(first, name) + getattr(part, name) for name in names})


def test_each_route_learns_from_its_own_rows_alone(bundle: Bundle) -> None:
    boosters = dict(bundle.boosters)
    primary, sparse = ledgers("primary", seed=21), ledgers("croston", seed=21)
    models = both(joined(primary, sparse, 200), boosters)
    alone: dict[Route, AnomalyModel] = {
        "primary": fit_anomaly(primary, boosters["primary"], seed=7),
        "croston": fit_anomaly(sparse.take(range(200)), boosters["croston"], seed=7),
    }
    assert ranges_document(models) == ranges_document(alone)
    assert forests_npz(models) == forests_npz(alone)


def test_a_route_of_fewer_than_200_rows_learns_from_all(bundle: Bundle) -> None:
    boosters = dict(bundle.boosters)
    mixed = joined(ledgers("primary", seed=21), ledgers("croston", seed=21), 199)
    model = both(mixed, boosters)["croston"]
    assert ranges_document({"croston": model}) == ranges_document(
        {"croston": fit_anomaly(mixed, boosters["croston"], seed=7)}
    )


def test_the_bounds_are_a_thousandth_of_own_history_22_of_peers_and_a_rule_for_bills_per_day(bundle: Bundle) -> None:
    frame = ledgers("primary", seed=21)
    model = fit_anomaly(frame, bundle.boosters["primary"], seed=7)
    shifts = model.inputs(bundle.boosters["primary"], frame)[:, -len(SHIFTS) :]
    shares = (shifts > model.shift_bounds).mean(axis=0)
    assert shares == pytest.approx([0.001, 0.001, 0.001, 0.001, 0.0, 0.0, 0.022], abs=5e-4)
    assert np.exp(model.shift_bounds[4:6]) == pytest.approx([1.5, 1.5])
