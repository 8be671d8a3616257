"""XGBoost as we use it: margins and exact SHAP values from UBJSON bytes."""

from dataclasses import dataclass

import numpy as np
import xgboost
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.model.features import Feature

Floats = NDArray[np.float64]
CHUNK_ROWS = 20_000  # keeps the working set of pred_contribs near 0.25 GB


@dataclass(frozen=True)
class Booster:
    """A booster with the features it was trained on, in index order."""

    booster: xgboost.Booster
    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        """Feature names in index order."""
        return [feature.name for feature in self.features]

    def inputs(self, frame: GoldFrame) -> Floats:
        """The booster's columns of a frame, caps applied; unknown stays unknown."""
        caps = [np.inf if feature.cap is None else feature.cap for feature in self.features]
        rows: Floats = np.minimum(frame.matrix(self.names), caps)
        return rows

    def margins(self, rows: Floats) -> Floats:
        """Margin of default (log-odds before calibration) of each row."""
        margins = self.booster.inplace_predict(rows, predict_type="margin", missing=np.nan)
        return np.asarray(margins, dtype=np.float64)

    def contributions(self, rows: Floats, *, chunk_rows: int = CHUNK_ROWS) -> Floats:
        """Exact SHAP values on the margin: one column per feature, the last one the expectation (ADR-009)."""
        parts = [
            self.booster.predict(xgboost.DMatrix(rows[start : start + chunk_rows], missing=np.nan), pred_contribs=True)
            for start in range(0, len(rows), chunk_rows)
        ]
        return np.concatenate(parts).astype(np.float64) if parts else np.empty((0, len(self.features) + 1))

    def to_ubjson(self) -> bytes:
        """The booster as UBJSON; never pickle."""
        return bytes(self.booster.save_raw("ubj"))


def load_booster(raw: bytes, features: tuple[Feature, ...], *, threads: int = 1) -> Booster:
    """A booster of verified bytes.

    Raises:
        ValueError: the booster was trained on another number of features.
    """
    booster = xgboost.Booster({"nthread": threads})
    booster.load_model(bytearray(raw))
    if booster.num_features() != len(features):
        raise ValueError("the booster and the feature list disagree")
    return Booster(booster, features)
