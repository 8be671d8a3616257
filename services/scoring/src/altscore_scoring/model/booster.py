"""XGBoost as we use it: margins and exact SHAP values from UBJSON bytes."""

import logging
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xgboost
from numpy.typing import NDArray
from prometheus_client import Counter

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.model.contribution_tables import ContributionTables, NotCovered
from altscore_scoring.model.features import Feature

_log = logging.getLogger(__name__)
_fallbacks = Counter(
    "altscore_scoring_explainer_fallbacks_total", "Times XGBoost explained because the tables could not.", ["why"]
)
Floats = NDArray[np.float64]
CHUNK_ROWS = 20_000  # keeps the working set of pred_contribs near 0.25 GB
PROBE_ROWS = 512  # held against XGBoost when a model is loaded
CHECKED_EVERY = 100  # one row in so many is held against XGBoost, the first of a chunk among them


@dataclass(frozen=True)
class Booster:
    """A booster with the features it was trained on, in index order.

    Attributes:
        tables: explain its rows in XGBoost's place; None while it is trained, and where they were refused.
    """

    booster: xgboost.Booster
    features: tuple[Feature, ...]
    tables: ContributionTables | None = None

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
        """Exact SHAP values on the margin: one column per feature, the last one the expectation (ADR-009).

        Every hundredth row is computed by XGBoost too; where it differs, XGBoost explains all of these rows.
        """
        if self.tables is not None:
            own, checked = self.tables.contributions(rows), rows[::CHECKED_EVERY]
            if not self.tables.differ_from(self._by_xgboost(checked, chunk_rows), own[::CHECKED_EVERY]):
                return own
            _fall_back("row")
        return self._by_xgboost(rows, chunk_rows)

    def _by_xgboost(self, rows: Floats, chunk_rows: int) -> Floats:
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
    return Booster(booster, features, tables=_verified_tables(bytes(raw)))


@lru_cache(maxsize=4)  # both routes of two models: replaying many scores builds them once
def _verified_tables(raw: bytes) -> ContributionTables | None:
    """Tables that agree with XGBoost on rows around every threshold; None where there are none."""
    reference = Booster(xgboost.Booster({"nthread": 1}, model_file=bytearray(raw)), ())
    try:
        tables = ContributionTables(reference.booster)
    except NotCovered as error:
        _fall_back(str(error))
        return None
    rows = tables.probes(PROBE_ROWS)
    if tables.differ_from(reference.contributions(rows), tables.contributions(rows)):
        _fall_back("model")
        return None
    return tables


def _fall_back(why: str) -> None:
    _fallbacks.labels(why).inc()
    _log.error("contribution tables are not used", extra={"reason": why})
