"""Training sees what production would have seen on that day, and labels what came after."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_pipelines.jobs.training_set import make_training_set
from altscore_pipelines.jobs.training_set.cli import main
from conftest import GoldenRun
from ledgers import AS_OF, Batch, retailer_id, token

pytestmark = pytest.mark.timeout(600)
SNAPSHOT = date(2025, 10, 1)
TOO_LATE = date(2026, 4, 1)  # its three months end after the ledger
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


LABELS: dict[int, dict[str, tuple[int | None, int]]] = {
    91: {"good": (0, 1), "late": (0, 1), "bad": (1, 1), "young": (None, 1), "quiet": (None, 0)},
    30: {"good": (0, 1), "late": (1, 1), "bad": (1, 1), "young": (1, 1), "quiet": (None, 0)},
}


@pytest.mark.parametrize("label_days", LABELS)
def test_labels_are_those_of_the_three_months_after_the_snapshot(tmp_path: Path, label_days: int) -> None:
    for batch in labelled_ledger():
        batch.write(tmp_path)
    people = identity_map(tmp_path / "map.parquet", NAMES, ("dist_one",))
    path, late = make_training_set(
        tmp_path,
        people,
        snapshots=[SNAPSHOT, TOO_LATE],
        out=tmp_path / "out",
        environment=dict(os.environ),
        label_days=label_days,
    )
    assert path.name == "2025-10-01.parquet"
    labels = {key: (row["label_bad"], row["label_invoices"]) for key, row in rows_of(path).items()}
    assert labels == {retailer_id(name): label for name, label in LABELS[label_days].items()}
    assert json.loads((tmp_path / "out/manifest.json").read_bytes())["label_days"] == label_days
    assert {row["label_bad"] for row in rows_of(late).values()} == {None}
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == [path.name, late.name, "manifest.json"]


def test_features_of_a_training_snapshot_are_those_of_a_run_on_that_day(golden_run: GoldenRun, tmp_path: Path) -> None:
    pipeline = golden_run.after_gold()
    gold = pipeline.gold(golden_run.run_id)
    people = identity_map(tmp_path / "map.parquet", ("asha", "bina", "dev"), ("dist_one", "dist_two"))
    (path,) = make_training_set(pipeline.bronze, people, snapshots=[AS_OF], out=tmp_path, environment=dict(os.environ))
    rows = rows_of(path)
    assert sorted(rows) == sorted(retailer_id(name) for name in ("asha", "dev"))
    for key, row in rows.items():
        assert {name: value for name, value in row.items() if not name.startswith("label_")} == gold[key]


@pytest.mark.parametrize("days", ["0", "731", "many"])
def test_a_term_that_no_label_can_have_is_refused(
    tmp_path: Path, days: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"--bronze": tmp_path, "--identity-map": tmp_path, "--snapshots": SNAPSHOT, "--out": tmp_path / "out"}
    with pytest.raises(SystemExit) as stop:
        main([str(text) for pair in options.items() for text in pair] + ["--label-days", days])
    assert stop.value.code == 2
    assert "--label-days" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def restated_ledger() -> list[Batch]:
    """Stated in September, restated in March and again in May; an invoice of August is first told in March."""
    september, march, may = (
        Batch("dist_one", number, sync_to=on.date(), ingested_at=on, schema_version=min(number, 2))
        for number, on in enumerate(
            (
                datetime(year, month, day, 19, tzinfo=UTC)
                for year, month, day in ((2025, 9, 30), (2026, 3, 15), (2026, 5, 31))
            ),
            1,
        )
    )
    september.invoice("asha", "corrected", "2025-09-01", amount="100.00", due="2025-09-15")
    september.invoice("asha", "cancelled", "2025-09-02", amount="40.00", due="2025-09-15")
    september.payment("asha", "bounced", "2025-09-10", amount="30.00", invoice_id="corrected")
    march.invoice("asha", "corrected", "2025-09-01", amount="500.00", due="2025-09-15", version=2)
    march.invoice("asha", "cancelled", "2025-09-02", amount="40.00", due="2025-09-15", version=2, is_cancelled=True)
    march.payment("asha", "bounced", "2025-09-10", amount="30.00", invoice_id="corrected", version=2, is_bounced=True)
    march.invoice("asha", "told late", "2025-08-20", amount="7.00", due="2025-09-15")
    may.invoice("asha", "told late", "2025-08-20", amount="9.00", due="2025-09-15", version=2)
    return [september, march, may]


def test_a_past_snapshot_sees_each_document_as_it_was_stated_by_then(tmp_path: Path) -> None:
    for batch in restated_ledger():
        batch.write(tmp_path)
    people = identity_map(tmp_path / "map.parquet", ("asha",), ("dist_one",))
    days = [SNAPSHOT, date(2026, 4, 1), AS_OF]
    paths = make_training_set(tmp_path, people, snapshots=days, out=tmp_path / "out", environment=dict(os.environ))
    rows = [rows_of(path)[retailer_id("asha")] for path in paths]
    # 100 - 30 + 40, and the first statement of what was told late; 500 + 7 after the bounce; 500 + 9
    assert [row["exposure_inr"] for row in rows] == [117, 507, 509]
    assert [row["bounce_count"] for row in rows] == [0, 1, 1]
