"""Training sets: what may be read, how rows are split, and which set is refused."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_scoring.digests import sha256_hex
from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.training.dataset import TrainingSet, fold_of, load_training_set, split, training_set_of

from .. import synthetic


def small() -> pa.Table:
    """A few rows of every snapshot."""
    return synthetic.training_table(retailers=8)


def with_column(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    """The table with other values in a column."""
    index = table.schema.get_field_index(name)
    return table.set_column(index, name, pa.array(values, table.schema.field(name).type))


@pytest.mark.parametrize("column", ["retailer_id", "label_bad", "as_of_on", "completeness"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(TrainingSetUnusable, match=column):
        training_set_of(small().drop_columns([column]), digest="0" * 64)


def test_rows_whose_outcome_cannot_be_seen_yet_are_left_out() -> None:
    table = small()
    labels = table["label_bad"].to_pylist()
    labels[:5] = [None] * 5
    data = training_set_of(with_column(table, "label_bad", labels), digest="0" * 64)
    assert len(data.frame) == len(data.is_bad) == len(data.snapshots) == table.num_rows - 5


def test_equal_rows_in_another_order_are_the_same_training_set() -> None:
    table = small()
    order = np.random.default_rng(4).permutation(table.num_rows)
    first, second = (training_set_of(rows, digest="0" * 64) for rows in (table, table.take(order)))
    assert first.frame.retailer_ids == second.frame.retailer_ids
    assert first.snapshots == second.snapshots
    assert np.array_equal(first.is_bad, second.is_bad)
    assert list(first.snapshots) == sorted(first.snapshots)


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    table = small()
    for name, part in (("b.parquet", table.slice(0, 40)), ("a.parquet", table.slice(40))):
        pq.write_table(part, tmp_path / name)
    entries = [{"name": n, "sha256": sha256_hex((tmp_path / n).read_bytes())} for n in ("b.parquet", "a.parquet")]
    raw = json.dumps({"files": entries}).encode()
    (tmp_path / "manifest.json").write_bytes(raw)
    data = load_training_set(tmp_path)
    assert data.digest == sha256_hex(raw)
    assert len(data.frame) == table.num_rows


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"files": 7}',
        b'{"files": ["a.parquet"]}',
        b'{"files": [{"name": "gone.parquet", "sha256": ""}]}',
        b'{"files": [{"sha256": ""}]}',
    ],
)
def test_a_manifest_that_cannot_be_followed_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(raw)
    with pytest.raises(TrainingSetUnusable, match="followed"):
        load_training_set(tmp_path)


def test_a_file_that_is_no_parquet_is_refused_though_its_digest_holds(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"rows")
    entries = [{"name": "a.parquet", "sha256": sha256_hex(b"rows")}]
    (tmp_path / "manifest.json").write_bytes(json.dumps({"files": entries}).encode())
    with pytest.raises(TrainingSetUnusable, match="followed"):
        load_training_set(tmp_path)


def test_without_a_manifest_nothing_is_read(tmp_path: Path) -> None:
    with pytest.raises(TrainingSetUnusable, match="followed"):
        load_training_set(tmp_path)


def test_a_retailer_s_fold_never_changes() -> None:
    assert [fold_of(synthetic.retailer_id(i)) for i in range(4)] == [
        int.from_bytes(bytes.fromhex(sha256_hex(synthetic.retailer_id(i).encode()))[:8], "big") % 100 for i in range(4)
    ]


def test_thirty_folds_test_twenty_calibrate_and_fifty_train(training_set: TrainingSet) -> None:
    parts = split(training_set)
    folds = np.array([fold_of(retailer_id) for retailer_id in training_set.frame.retailer_ids])
    assert set(folds[parts.test].tolist()) == set(range(30))
    assert set(folds[parts.calibration].tolist()) == set(range(30, 50))
    assert set(folds[parts.train].tolist()) == set(range(50, 100))


@pytest.mark.parametrize("embargo_days", [213, 300, 400])
def test_the_embargo_lies_between_the_last_training_row_and_the_first_test_row(
    training_set: TrainingSet, embargo_days: int
) -> None:
    parts = split(training_set, embargo_days=embargo_days)
    days = sorted(set(training_set.snapshots))
    assert parts.test_from_on == days[-2], "the latest quarter of ten snapshots"
    assert parts.train_until_on == parts.test_from_on - timedelta(days=embargo_days)
    early = [training_set.snapshots[i] for i in [*parts.train, *parts.calibration]]
    assert max(early) <= parts.train_until_on
    assert max(early) == max(day for day in days if day <= parts.train_until_on)
    assert {training_set.snapshots[i] for i in parts.test} == set(days[-2:])


@pytest.mark.parametrize(("label_days", "horizon"), [(91, 213), (45, 167), (180, 302)])
def test_the_embargo_is_the_days_until_a_label_is_final(
    training_set: TrainingSet, label_days: int, horizon: int
) -> None:
    data = replace(training_set, label_days=label_days)
    assert data.horizon_days == 92 + 30 + label_days == horizon
    parts = split(data)
    assert parts.test_from_on is not None
    assert parts.train_until_on == parts.test_from_on - timedelta(days=horizon)
    early = max(data.snapshots[i] for i in [*parts.train, *parts.calibration])
    last_invoice = early + timedelta(days=92)
    assert last_invoice + timedelta(days=30 + label_days) <= parts.test_from_on, "the last training label was final"
    with pytest.raises(TrainingSetUnusable, match=f"shorter than the {horizon} days"):
        split(data, embargo_days=horizon - 1)


@pytest.mark.parametrize(("stated", "label_days"), [({}, 91), ({"label_days": 45}, 45)])
def test_the_manifest_says_how_rows_are_labelled(tmp_path: Path, stated: dict[str, int], label_days: int) -> None:
    pq.write_table(small(), tmp_path / "a.parquet")
    entry = {"name": "a.parquet", "sha256": sha256_hex((tmp_path / "a.parquet").read_bytes())}
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [entry], **stated}))
    assert load_training_set(tmp_path).label_days == label_days


@pytest.mark.parametrize("label_days", ["45", 0, -1, True, None, 1.5])
def test_a_label_of_no_whole_number_of_days_is_refused(tmp_path: Path, label_days: Any) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"files": [], "label_days": label_days}))
    with pytest.raises(TrainingSetUnusable, match="followed"):
        load_training_set(tmp_path)


@pytest.mark.parametrize("bad", [0.0, 1.0])
def test_a_part_of_one_class_is_refused(training_set: TrainingSet, bad: float) -> None:
    data = TrainingSet(
        frame=training_set.frame,
        is_bad=np.full(len(training_set.is_bad), bad),
        snapshots=training_set.snapshots,
        digest=training_set.digest,
    )
    with pytest.raises(TrainingSetUnusable, match="20 needed"):
        split(data)


def test_twenty_rows_of_each_class_are_enough_and_nineteen_are_not(training_set: TrainingSet) -> None:
    parts = split(training_set)
    for bad, is_enough in ((20, True), (19, False)):
        labels = training_set.is_bad.copy()
        labels[parts.test] = 0
        labels[parts.test[:bad]] = 1
        data = TrainingSet(
            frame=training_set.frame, is_bad=labels, snapshots=training_set.snapshots, digest=training_set.digest
        )
        if is_enough:
            assert len(split(data).test) == len(parts.test)
            continue
        with pytest.raises(TrainingSetUnusable, match="test part has 19 bad"):
            split(data)


def test_one_snapshot_cannot_be_split_out_of_time() -> None:
    table = synthetic.gold_table(300, seed=1, as_of_on=date(2025, 1, 1), label=True)
    with pytest.raises(TrainingSetUnusable):
        split(training_set_of(table, digest="0" * 64))


def test_no_retailer_and_no_day_is_on_both_sides_of_the_split(training_set: TrainingSet) -> None:
    parts = split(training_set)
    people = {name: {training_set.frame.retailer_ids[i] for i in getattr(parts, name)} for name in ("train", "test")}
    calibration = {training_set.frame.retailer_ids[i] for i in parts.calibration}
    assert people["train"]
    assert people["test"]
    assert not people["train"] & people["test"]
    assert not calibration & (people["train"] | people["test"])
    latest = max(training_set.snapshots[i] for i in [*parts.train, *parts.calibration])
    assert latest + timedelta(days=182) <= min(training_set.snapshots[i] for i in parts.test)


def test_a_retailer_is_always_in_the_same_fold() -> None:
    assert [fold_of("ret_0000000000000001"), fold_of("ret_0000000000000002")] == [
        fold_of("ret_0000000000000001"),
        fold_of("ret_0000000000000002"),
    ]
    assert len({fold_of(synthetic.retailer_id(i)) for i in range(2_000)}) == 100


def test_too_long_an_embargo_is_refused_rather_than_shortened(training_set: TrainingSet) -> None:
    with pytest.raises(TrainingSetUnusable, match="train part"):
        split(training_set, embargo_days=2_000)


def test_a_training_set_is_read_only_when_every_digest_holds(tmp_path: Path) -> None:
    table = synthetic.training_table(retailers=60)
    pq.write_table(table, tmp_path / "a.parquet")
    good = sha256_hex((tmp_path / "a.parquet").read_bytes())
    for digest, is_good in ((good, True), ("0" * 64, False)):
        (tmp_path / "manifest.json").write_text(json.dumps({"files": [{"name": "a.parquet", "sha256": digest}]}))
        if is_good:
            assert len(load_training_set(tmp_path).frame) == table.num_rows
            continue
        with pytest.raises(TrainingSetUnusable, match="digest"):
            load_training_set(tmp_path)
