"""Training sees what production would have seen on that day, and labels what came after."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_pipelines.jobs.training_set import make_training_set
from conftest import Pipeline
from ledgers import AS_OF, Batch, golden_ledger, retailer_id, token

pytestmark = pytest.mark.timeout(600)
SNAPSHOT = date(2025, 10, 1)
NAMES = ("good", "bad", "late", "young", "quiet", "fresh")


def labelled_ledger() -> list[Batch]:
    """Everyone buys in September; what each does with an invoice of October to December decides its label."""
    ledger = Batch("dist_one", 7)
    for name in NAMES[:-1]:
        ledger.invoice(name, f"{name}-0", "2025-09-01", amount="100.00", due="2025-09-15")
        ledger.payment(name, f"{name}-0p", "2025-09-15", amount="100.00", invoice_id=f"{name}-0")
    for name, paid_on in (("good", "2025-11-10"), ("late", "2026-01-23")):  # 90 days after due is not yet bad
        ledger.invoice(name, f"{name}-1", "2025-10-10", amount="100.00", due="2025-10-25")
        ledger.payment(name, f"{name}-1p", paid_on, amount="100.00", invoice_id=f"{name}-1")
    ledger.invoice("bad", "bad-1", "2025-12-31", amount="100.00", due="2026-01-15").payment(
        "bad", "bad-1p", "2026-02-01", amount="99.99"
    )
    # Due in March: its 91st day lies beyond the end of the ledger.
    ledger.invoice("young", "young-1", "2025-12-01", amount="100.00", due="2026-03-02")
    ledger.invoice("quiet", "quiet-1", "2026-01-01", amount="100.00", due="2026-01-15")
    ledger.invoice("fresh", "fresh-1", "2025-10-02", amount="100.00", due="2025-10-25")
    return [ledger]


def identity_map(path: Path, names: tuple[str, ...], distributors: tuple[str, ...]) -> Path:
    """The vault's answer for these names, unverified but for asha."""
    pairs = [(distributor, name) for name in names for distributor in distributors]
    rows = [(token(distributor, name), retailer_id(name), name == "asha") for distributor, name in pairs]
    columns = [pa.array(list(column)) for column in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, names=["subject_token", "retailer_id", "gst_verified"]), path)
    return path


def rows_of(path: Path) -> dict[str, dict[str, Any]]:
    """Rows by retailer."""
    return {row["retailer_id"]: row for row in pq.read_table(path).to_pylist()}


def test_labels_are_those_of_the_three_months_after_the_snapshot(tmp_path: Path) -> None:
    for batch in labelled_ledger():
        batch.write(tmp_path)
    people = identity_map(tmp_path / "map.parquet", NAMES, ("dist_one",))
    (path,) = make_training_set(
        tmp_path, people, snapshots=[SNAPSHOT], out=tmp_path / "out", environment=dict(os.environ)
    )
    assert path.name == "2025-10-01.parquet"
    labels = {key: (row["label_bad"], row["label_invoices"]) for key, row in rows_of(path).items()}
    expected = {"good": (0, 1), "late": (0, 1), "bad": (1, 1), "young": (None, 1), "quiet": (None, 0)}
    assert labels == {retailer_id(name): label for name, label in expected.items()}
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == [path.name, "manifest.json"]


async def test_features_of_a_training_snapshot_are_those_of_a_run_on_that_day(
    new_pipeline: Callable[..., Pipeline], tmp_path: Path
) -> None:
    pipeline = new_pipeline()
    pipeline.write(golden_ledger())
    gold = pipeline.gold(await pipeline.run())
    people = identity_map(tmp_path / "map.parquet", ("asha", "bina", "dev"), ("dist_one", "dist_two"))
    (path,) = make_training_set(pipeline.bronze, people, snapshots=[AS_OF], out=tmp_path, environment=dict(os.environ))
    rows = rows_of(path)
    assert sorted(rows) == sorted(retailer_id(name) for name in ("asha", "dev"))
    for key, row in rows.items():
        assert {name: value for name, value in row.items() if not name.startswith("label_")} == gold[key]
