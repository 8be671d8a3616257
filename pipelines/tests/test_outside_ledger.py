"""An outside ledger goes through the training-set job as ours does; what it lacks stays unknown."""

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.jobs.outside_ledger import snapshots_of
from altscore_pipelines.jobs.outside_ledger.cli import main
from altscore_pipelines.jobs.outside_ledger.reading import LedgerUnusable, load_mapping, read_ledger
from altscore_pipelines.jobs.training_set import make_training_set
from altscore_pipelines.storage import FolderStorage

pytestmark = pytest.mark.timeout(600)
MAPPING = """
invoices: {customer: Customer, invoice_id: No, invoice_on: Issued, due_on: Due, amount: Total, district: Town}
payments: {customer: Customer, invoice_id: No, paid_on: Settled, amount: Total}
date_format: "%d/%m/%Y"
delimiter: ";"
credit_days: 14
last_on: 2020-12-31
"""
HEAD = "Customer;No;Issued;Due;Total;Town;Settled"
# One file of invoices that holds its payments: the form in which most such ledgers are published.
GOOD = [
    "Asha Stores;A1;01/10/2018;31/10/2018;1,000.00;Pune;31/10/2018",
    "Asha Stores;A2;01/08/2019;31/08/2019;500;Pune;31/08/2019",
    "Asha Stores;A3;05/11/2019;05/12/2019;700;Pune;10/12/2019",
    "Bina;B1;01/09/2019;;300;;",
    "Bina;B2;10/11/2019;;400;;01/12/2020",
]
UNFIT = {
    "invoices: an amount that is not above 0, or too large": "Asha Stores;C1;01/10/2018;;-5;Pune;",
    "invoices: an amount that cannot be read": "Asha Stores;C2;01/10/2018;;five;Pune;",
    "invoices: a day that cannot be read": "Asha Stores;C3;2018-10-01;;5;Pune;",
    "invoices: a day before 2000 or after the ledger's last": "Asha Stores;C4;01/10/2201;;5;Pune;",
    "invoices: due before it was issued, or too long after": "Asha Stores;C5;01/10/2018;30/09/2018;5;Pune;",
    "invoices: an invoice that stands twice": "Asha Stores;A1;01/10/2018;;5;Pune;",
    "invoices: without a customer or a number": ";C6;01/10/2018;;5;Pune;",
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A ledger and its mapping."""
    ledger, mapping = tmp_path / "ledger.csv", tmp_path / "mapping.yml"
    ledger.write_text("\n".join([HEAD, *GOOD, *UNFIT.values()]), encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    return ledger, mapping


def converted(files: tuple[Path, Path], out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the command prints."""
    ledger, mapping = files
    options = {"--invoices": ledger, "--payments": ledger, "--mapping": mapping, "--out": out}
    assert main([str(text) for pair in options.items() for text in pair]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_what_is_written_is_a_sound_batch_and_what_is_left_out_is_counted(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = converted(files, tmp_path / "out", capsys)
    batches, set_aside = read_bronze(FolderStorage(tmp_path / "out"))
    assert set_aside == []
    assert [batch.covered_on for batch in batches] == [date(2020, 12, 1)], "the last day that any row bears"
    assert printed["rows"] == {"invoices": 5, "payments": 4, "retailers": 2}
    assert {reason: printed["left_out"][reason] for reason in UNFIT} == dict.fromkeys(UNFIT, 1)
    assert printed["left_out"]["payments: not paid yet"] == 1 + len(UNFIT)
    assert printed["snapshots"][0] == "2019-11-01"
    assert printed["snapshots"][-1] == "2020-08-01"


def test_no_name_of_a_customer_is_written(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    converted(files, tmp_path / "out", capsys)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(written) == 5
    for path in written:
        text = str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text(encoding="utf-8")
        assert "Asha" not in text
        assert "Bina" not in text


def test_features_and_labels_are_those_of_the_ledger(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    converted(files, tmp_path / "out", capsys)
    [path] = make_training_set(
        tmp_path / "out",
        tmp_path / "out/identity_map.parquet",
        snapshots=[date(2019, 11, 1)],
        out=tmp_path / "set",
        environment=dict(os.environ),
    )
    asha, bina = sorted(pq.read_table(path).to_pylist(), key=lambda row: row["tenure_days"], reverse=True)
    assert (asha["district"], asha["exposure_inr"], asha["label_bad"]) == ("Pune", Decimal(0), 0)
    assert asha["on_time_ratio"] == 1.0
    assert (bina["district"], bina["exposure_inr"], bina["label_bad"]) == (None, Decimal("300.00"), 1)
    assert bina["overdue_max_age_days"] == 47, "due after fourteen days, on 15 September"


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        (MAPPING.replace("Settled", "Paid"), "lacks the columns Paid"),
        (MAPPING.replace("credit_days: 14", "credit_days: -1"), "credit_days"),
        (MAPPING + "surprise: 1\n", "surprise"),
        ("invoices: [", "YAML"),
        (MAPPING.replace("%d/%m/%Y", "%Y"), "date format"),
        (MAPPING.replace("%d/%m/%Y", "%Y-%Y"), "date format"),
    ],
)
def test_what_cannot_be_read_is_named_without_a_value(files: tuple[Path, Path], mapping: str, text: str) -> None:
    files[1].write_text(mapping, encoding="utf-8")
    with pytest.raises(LedgerUnusable, match=text) as caught:
        read_ledger(files[0], files[0], load_mapping(files[1]))
    assert "Asha" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Asha Stores;C8;01/10/2018;;NaN;Pune;", "an amount that cannot be read"),
        ("Asha Stores;C9;31/12/9999;;5;Pune;", "a day before 2000 or after the ledger's last"),
    ],
)
def test_a_row_beyond_any_calendar_or_number_is_left_out_by_name(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, reason: str
) -> None:
    files[0].write_text("\n".join([HEAD, *GOOD, row]), encoding="utf-8")
    files[1].write_text(MAPPING.replace("2020-12-31", "9999-12-31"), encoding="utf-8")
    left_out = converted(files, tmp_path / "out", capsys)["left_out"]
    assert left_out[f"invoices: {reason}"] == 1


def test_a_payment_on_the_last_day_of_the_calendar_is_none(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files[0].write_text("\n".join([HEAD, *GOOD, "Asha Stores;D1;01/10/2018;;5;Pune;31/12/9999"]), encoding="utf-8")
    files[1].write_text(MAPPING.replace("2020-12-31", "9999-12-31"), encoding="utf-8")
    printed = converted(files, tmp_path / "out", capsys)
    assert printed["left_out"]["payments: a day before 2000 or after the ledger's last"] == 1


def test_an_output_that_is_no_folder_is_one_line(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    options = ["--invoices", str(files[0]), "--payments", str(files[0]), "--mapping", str(files[1])]
    assert main([*options, "--out", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_snapshots_have_a_year_before_and_three_months_after_them() -> None:
    assert snapshots_of(date(2018, 1, 15), date(2019, 5, 4)) == [date(2019, 2, 1)]
    assert snapshots_of(date(2018, 1, 15), date(2019, 5, 3)) == []
    assert len(snapshots_of(date(2008, 1, 15), date(2019, 5, 4))) == 36
