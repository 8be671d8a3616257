"""A training set: Gold rows at past snapshots with their label, verified, and split out of time and by retailer."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from altscore_scoring.digests import sha256_hex
from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.gold.tables import REQUIRED, columns_of, read_parquet

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
LABEL, SNAPSHOT = "label_bad", "as_of_on"
FOLDS = 100
TEST_FOLDS, CALIBRATION_FOLDS = 30, 20  # of 100 retailer folds; the rest train
TEST_SNAPSHOT_SHARE = 0.25
CLASS_ROWS_MIN = 20
LABEL_DAYS = 91  # days past due at which an invoice is bad, where the manifest does not say otherwise
BUYING_DAYS = 92  # the label looks at invoices of the three months after the snapshot: 92 days at most
DUE_DAYS = 30  # allowance for the credit terms of the last of these invoices


@dataclass(frozen=True)
class TrainingSet:
    """Rows of all snapshots.

    Attributes:
        frame: their features.
        is_bad: their labels.
        snapshots: the day of each row; empty where an outside table has no time.
        digest: names the exact bytes they were read from.
        label_days: days past due at which an invoice is bad.
        outcome_days: of an outside table, whose labels are final so long after their day.
        about: what these data are, in words for people.
    """

    frame: GoldFrame
    is_bad: Floats
    snapshots: tuple[date, ...]
    digest: str
    label_days: int = LABEL_DAYS
    outcome_days: int | None = None
    about: str = ""

    @property
    def horizon_days(self) -> int:
        """Days after a snapshot until its label is final: buying window, credit terms, days past due."""
        return BUYING_DAYS + DUE_DAYS + self.label_days if self.outcome_days is None else self.outcome_days


@dataclass(frozen=True)
class Split:
    """Row numbers: `train`, `calibration` lie before the embargo, `test` after it, of other retailers.

    Data without time have no such days: their parts only differ in their customers.
    """

    train: Indices
    calibration: Indices
    test: Indices
    test_from_on: date | None
    train_until_on: date | None

    def rows(self) -> dict[str, Indices]:
        """The parts by name."""
        return {"train": self.train, "calibration": self.calibration, "test": self.test}


def load_training_set(folder: Path) -> TrainingSet:
    """Reads `manifest.json` and its Parquet files; every digest is checked before use (SEC, data provenance).

    Raises:
        TrainingSetUnusable: a damaged or missing file, a missing column, a label that is unknown.
    """
    try:
        raw = (folder / "manifest.json").read_bytes()
        manifest = json.loads(raw)
        label_days = _label_days(manifest)
        files = sorted(manifest["files"], key=lambda item: item["name"])
        parts = []
        for entry in files:
            content = (folder / entry["name"]).read_bytes()
            if sha256_hex(content) != entry["sha256"]:
                raise TrainingSetUnusable(f"{entry['name']} differs from its digest")
            parts.append(content)
        table = read_parquet(parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingSetUnusable("the training set's manifest cannot be followed") from error
    return training_set_of(table, digest=sha256_hex(raw), label_days=label_days)


def _label_days(manifest: dict[str, Any]) -> int:
    days = manifest.get("label_days", LABEL_DAYS)
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise ValueError("label_days is a number of days")
    return days


def training_set_of(table: pa.Table, *, digest: str, label_days: int = LABEL_DAYS) -> TrainingSet:
    """A training set of a table, sorted by snapshot and retailer so that equal input gives an equal model."""
    missing = [name for name in (LABEL, SNAPSHOT, *REQUIRED) if name not in table.column_names]
    if missing:
        raise TrainingSetUnusable(f"the training set lacks {', '.join(missing)}")
    table = table.filter(pc.is_valid(table[LABEL]))  # the outcome of these rows cannot be seen yet
    table = table.take(pc.sort_indices(table, [(SNAPSHOT, "ascending"), ("retailer_id", "ascending")]))
    is_bad = np.asarray(table[LABEL].cast(pa.int8()).to_numpy(), dtype=np.float64)
    return TrainingSet(
        frame=columns_of(table),
        is_bad=is_bad,
        snapshots=tuple(table[SNAPSHOT].to_pylist()),
        digest=digest,
        label_days=label_days,
    )


def fold_of(retailer_id: str) -> int:
    """A retailer's fold, 0..99: the same in every run and for every snapshot of that retailer."""
    return int.from_bytes(hashlib.sha256(retailer_id.encode()).digest()[:8], "big") % FOLDS


def split(data: TrainingSet, *, embargo_days: int | None = None) -> Split:
    """Splits out of time with an embargo and by retailer.

    Test rows are the latest quarter of the snapshots, of the test retailers. Training and calibration rows are of other
    retailers and lie at least the label's horizon earlier, so that every label of theirs was final before a test
    snapshot.

    Args:
        data: rows of all snapshots.
        embargo_days: days between the last training row and the first test row; the label's horizon unless longer.

    Raises:
        TrainingSetUnusable: an embargo shorter than the horizon, too few snapshots, or a part with fewer than 20 rows
            of either class.
    """
    embargo_days = data.horizon_days if embargo_days is None else embargo_days
    if embargo_days < data.horizon_days:
        raise TrainingSetUnusable(
            f"an embargo of {embargo_days} days is shorter than the {data.horizon_days} days until a label is final"
        )
    days = sorted(set(data.snapshots))
    if not days:
        raise TrainingSetUnusable("no row has an outcome")
    test_from = days[-max(1, round(len(days) * TEST_SNAPSHOT_SHARE))]
    try:
        train_until = test_from - timedelta(days=embargo_days)
    except OverflowError as error:
        raise TrainingSetUnusable(f"an embargo of {embargo_days} days reaches before the calendar") from error
    is_late = np.array([day >= test_from for day in data.snapshots])
    is_early = np.array([day <= train_until for day in data.snapshots])
    return _parts(data, is_early=is_early, is_late=is_late, test_from_on=test_from, train_until_on=train_until)


def split_by_customer(data: TrainingSet) -> Split:
    """Splits by customer alone, for data without time: the test is of other people, not of another period.

    Raises:
        TrainingSetUnusable: a part with fewer than 20 rows of either class.
    """
    everywhere = np.ones(len(data.frame), dtype=bool)
    return _parts(data, is_early=everywhere, is_late=everywhere, test_from_on=None, train_until_on=None)


def _parts(
    data: TrainingSet,
    *,
    is_early: NDArray[np.bool_],
    is_late: NDArray[np.bool_],
    test_from_on: date | None,
    train_until_on: date | None,
) -> Split:
    folds = np.array([fold_of(retailer_id) for retailer_id in data.frame.retailer_ids])
    is_calibration = (folds >= TEST_FOLDS) & (folds < TEST_FOLDS + CALIBRATION_FOLDS)
    parts = Split(
        train=np.flatnonzero(is_early & (folds >= TEST_FOLDS + CALIBRATION_FOLDS)),
        calibration=np.flatnonzero(is_early & is_calibration),
        test=np.flatnonzero(is_late & (folds < TEST_FOLDS)),
        test_from_on=test_from_on,
        train_until_on=train_until_on,
    )
    for name, rows in parts.rows().items():
        bad = int(data.is_bad[rows].sum())
        if min(bad, len(rows) - bad) < CLASS_ROWS_MIN:
            raise TrainingSetUnusable(f"the {name} part has {bad} bad of {len(rows)} rows; {CLASS_ROWS_MIN} needed")
    return parts
