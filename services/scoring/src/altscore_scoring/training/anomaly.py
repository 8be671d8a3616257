"""Fits GR-2's model of each route on that route's own training rows (decision 96)."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.anomaly import AnomalyModel, Ranges
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.volume import BILLS_PER_DAY, SHIFTS, Peers, peer_coordinates, volume_shifts
from altscore_scoring.scores.domain import routes_of
from altscore_scoring.training.isolation_forest import fit_isolation

Floats = NDArray[np.float64]
ROUTE_ROWS_MIN = 200  # below it a tail says nothing; such a route learns from all rows


def fit_anomalies(frame: GoldFrame, boosters: Mapping[Route, Booster], *, seed: int) -> dict[Route, AnomalyModel]:
    """The model of each route, of the training rows; the same rows and seed give the same bytes."""
    routes = np.array(routes_of(frame))
    models = {}
    for route, booster in boosters.items():
        lines = np.flatnonzero(routes == route)
        models[route] = fit_anomaly(frame if len(lines) < ROUTE_ROWS_MIN else frame.take(lines), booster, seed=seed)
    return models


def fit_anomaly(frame: GoldFrame, booster: Booster, *, seed: int) -> AnomalyModel:
    """Forest, ranges, peers and bounds of these rows."""
    peers = fit_peers(frame)
    shifts = volume_shifts(frame, peers)
    rows = np.hstack([booster.inputs(frame), shifts])
    isolation = fit_isolation(rows, seed=seed)
    return AnomalyModel(
        isolation=isolation,
        ranges=trained_ranges(rows, isolation.scores(rows)),
        peers=peers,
        shift_bounds=np.array([_bound(name, shifts[:, index]) for index, name in enumerate(SHIFTS)]),
    )


def fit_peers(frame: GoldFrame) -> Peers:
    """Least squares of a year's purchases on its invoices, both as logarithms; rounded, so that bytes repeat."""
    size, count = peer_coordinates(frame)
    spread = count - count.mean()
    variance = float((spread**2).sum())
    slope = float((spread * size).sum()) / variance if variance > 0 else 0.0
    return Peers(intercept=round(float(size.mean()) - slope * float(count.mean()), 9), slope=round(slope, 9))


def trained_ranges(rows: Floats, anomaly_scores: Floats) -> Ranges:
    """What training saw of each input, and the anomaly score that only the most anomalous rows exceed."""
    is_known = ~np.isnan(rows).all(axis=0)
    lowest, highest = np.full(rows.shape[1], np.nan), np.full(rows.shape[1], np.nan)
    lowest[is_known], highest[is_known] = np.nanmin(rows[:, is_known], axis=0), np.nanmax(rows[:, is_known], axis=0)
    return Ranges(lowest, highest, float(np.quantile(anomaly_scores, 1.0 - c.ANOMALY_TRAINING_TAIL)))


def _bound(name: str, shifts: Floats) -> float:
    """What only a tail of the rows exceeds; of bills per day a rule, since honest ledgers hardly vary in them."""
    if name in BILLS_PER_DAY:
        return math.log(c.BILLS_PER_DAY_RATIO_MAX)
    tail = c.VOLUME_PEERS_TAIL if name == "peers_12m" else c.VOLUME_OWN_TAIL
    return float(np.quantile(shifts, 1.0 - tail))
