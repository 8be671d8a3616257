"""GR-2's model of one route: isolation forest, trained ranges and bounds of volume shifts (decision 96)."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import Route
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.isolation_forest import ARRAYS, Isolation
from altscore_scoring.model.volume import SHIFTS, Peers, volume_shifts

Floats = NDArray[np.float64]
ROUTES: tuple[Route, ...] = ("primary", "croston")


@dataclass(frozen=True)
class Ranges:
    """What training saw: lowest and highest value per input, and the threshold of its most anomalous tail."""

    lowest: Floats
    highest: Floats
    anomaly_cut: float

    def out_of_range_share(self, rows: Floats) -> Floats:
        """Share of a row's inputs that lie beyond the trained range widened by half its span; unknowns never do."""
        slack = (self.highest - self.lowest) * c.OUT_OF_RANGE_SPAN_SHARE
        is_outside = (rows < self.lowest - slack) | (rows > self.highest + slack)
        shares: Floats = is_outside.mean(axis=1)
        return shares


@dataclass(frozen=True)
class AnomalyModel:
    """Inputs are the booster's features and the volume shifts; a shift also has a bound of its own, upwards alone."""

    isolation: Isolation
    ranges: Ranges
    peers: Peers
    shift_bounds: Floats

    def inputs(self, booster: Booster, frame: GoldFrame) -> Floats:
        """The forest's columns of a frame."""
        return np.hstack([booster.inputs(frame), volume_shifts(frame, self.peers)])

    def volume_excess(self, rows: Floats) -> Floats:
        """By what factor the row's largest volume shift exceeds its bound; 1 is on the bound."""
        excess: Floats = np.exp((rows[:, -len(SHIFTS) :] - self.shift_bounds).max(axis=1))
        return excess


def forests_npz(anomalies: Mapping[Route, AnomalyModel]) -> bytes:
    """The forests of both routes in one archive; equal arrays give equal bytes."""
    arrays = {f"{r}_{name}": getattr(anomalies[r].isolation, name) for r in ROUTES for name in ARRAYS}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def ranges_document(anomalies: Mapping[Route, AnomalyModel]) -> dict[str, Any]:
    """Everything but the forests as JSON values; a column that was unknown throughout has no range."""
    return {
        route: {
            "lowest": [_finite(value) for value in model.ranges.lowest],
            "highest": [_finite(value) for value in model.ranges.highest],
            "anomaly_cut": model.ranges.anomaly_cut,
            "peers": model.peers._asdict(),
            "shift_bounds": dict(zip(SHIFTS, model.shift_bounds.tolist(), strict=True)),
        }
        for route, model in anomalies.items()
    }


def load_anomalies(forests: bytes, ranges: bytes, boosters: Mapping[Route, Booster]) -> dict[Route, AnomalyModel]:
    """The models of verified bytes; object arrays (pickle) are refused by numpy.

    Raises:
        ValueError: an array is missing, or the ranges are not those of the boosters' features and the shifts.
        KeyError: a route or field is missing.
    """
    documents = json.loads(ranges)
    with np.load(io.BytesIO(forests), allow_pickle=False) as stored:
        if sorted(stored.files) != sorted(f"{route}_{name}" for route in ROUTES for name in ARRAYS):
            raise ValueError("the isolation forests lack an array")
        isolations = {r: Isolation(**{name: stored[f"{r}_{name}"] for name in ARRAYS}) for r in ROUTES}
    models: dict[Route, AnomalyModel] = {}
    for route in ROUTES:
        document, width = documents[route], len(boosters[route].features) + len(SHIFTS)
        lowest, highest = (np.array(document[name], dtype=float) for name in ("lowest", "highest"))
        bounds = np.array([document["shift_bounds"][name] for name in SHIFTS], dtype=float)
        if not len(lowest) == len(highest) == len(isolations[route].medians) == width:
            raise ValueError("the ranges and the features disagree")
        if not (np.isfinite(bounds).all() and np.isfinite(document["anomaly_cut"])):
            raise ValueError("a bound is not a number")
        models[route] = AnomalyModel(
            isolation=isolations[route],
            ranges=Ranges(lowest, highest, float(document["anomaly_cut"])),
            peers=Peers(**document["peers"]),
            shift_bounds=bounds,
        )
    return models


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
