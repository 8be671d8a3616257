"""The commands: one JSON line each, a status that says whether it succeeded, and settings of that command alone."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from altscore_scoring import main
from altscore_scoring.digests import sha256_hex
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.settings import MigrateSettings, RegisterSettings, WorkerSettings

from . import synthetic
from .training.outside_tables import MAPPING, rows_of_cards, write_table


@pytest.fixture(scope="module")
def training_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training set on disk."""
    folder = tmp_path_factory.mktemp("training")
    pq.write_table(synthetic.training_table(), folder / "a.parquet")
    entry = {"name": "a.parquet", "sha256": sha256_hex((folder / "a.parquet").read_bytes())}
    (folder / "manifest.json").write_text(json.dumps({"files": [entry]}))
    return folder


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Any, int]:
    """The JSON line that a command prints, and its status."""
    monkeypatch.setattr("sys.argv", ["altscore_scoring", *arguments])
    status = 0
    try:
        main.main()
    except SystemExit as exit_:
        status = int(exit_.code or 0)
    [line] = capsys.readouterr().out.splitlines()
    return json.loads(line), status


def test_train_and_evaluate_print_the_same_figures(
    training_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = str(training_folder), str(tmp_path / "bundle")
    trained, status = run(capsys, monkeypatch, "train", "--training-set", data, "--out", out)
    assert (status, trained["failures"]) == (0, [])
    manifest = json.loads((tmp_path / "bundle/manifest.json").read_text())
    assert manifest["schema_version"] == 3
    assert trained["routes"] == {"primary": "trained", "croston": "too few to judge (0 test rows)"}
    evaluated, status = run(capsys, monkeypatch, "evaluate", "--training-set", data, "--bundle", out)
    assert status == 0
    assert evaluated == {name: value for name, value in trained.items() if name != "model_sha256"}


def test_an_outside_table_is_trained_on_and_cannot_be_promoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table, mapping = write_table(tmp_path, rows_of_cards(), MAPPING)
    files = ("--table", str(table), "--mapping", str(mapping), "--out", str(tmp_path / "out"))
    trained, status = run(capsys, monkeypatch, "train-table", *files)
    assert (status, trained["can_be_promoted"]) == (0, False)
    assert trained["auroc_low"] < trained["auroc"]
    assert trained["baseline"]["feature"] == "PAY_0"
    mapping.write_text("about: nothing else")
    refused, status = run(capsys, monkeypatch, "train-table", *files)
    assert (status, refused["error"]) == (1, "TRAINING_SET_UNUSABLE")


def test_reasons_prints_its_report_and_ends_with_1_where_a_goal_is_missed(
    training_folder: Path,
    trained: tuple[Bundle, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = ("reasons", "--training-set", str(training_folder), "--bundle", str(trained[1]))
    report, status = run(capsys, monkeypatch, *arguments)
    assert report["gr3"]["primary"]["rows"] > 500
    assert status == (1 if report["missed"] else 0)


def test_what_cannot_be_done_is_one_line_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result, status = run(
        capsys, monkeypatch, "train", "--training-set", str(tmp_path), "--out", str(tmp_path / "bundle")
    )
    assert (status, result["error"]) == (1, "TRAINING_SET_UNUSABLE")


def test_a_damaged_bundle_is_not_evaluated(
    training_folder: Path,
    trained: tuple[Bundle, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for path in trained[1].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "psi.json").write_text("{}")
    arguments = ("evaluate", "--training-set", str(training_folder), "--bundle", str(tmp_path))
    result, status = run(capsys, monkeypatch, *arguments)
    assert (status, result["error"]) == (1, "MODEL_REFUSED")


@pytest.mark.parametrize(("command", "missing"), [("worker", "SCORING_CONSENT_URL"), ("register", "SCORING_S3_")])
def test_a_command_names_what_its_settings_lack_and_no_value(
    monkeypatch: pytest.MonkeyPatch, command: str, missing: str
) -> None:
    monkeypatch.setenv("SCORING_DATABASE_URL", "postgresql://user:hidden-password@host/db")
    extra = ["--bundle", "x"] if command == "register" else []
    monkeypatch.setattr("sys.argv", ["altscore_scoring", command, *extra])
    with pytest.raises(SystemExit, match=missing) as caught:
        main.main()
    assert "hidden-password" not in str(caught.value)


def test_each_command_reads_its_own_settings() -> None:
    kinds = {name: command.settings for name, command in main.COMMANDS.items()}
    assert kinds == {
        "worker": WorkerSettings,
        "rotate-key": WorkerSettings,
        "migrate": MigrateSettings,
        "train": None,
        "evaluate": None,
        "train-table": None,
        "reasons": None,
        "register": RegisterSettings,
        "replay": WorkerSettings,
        "improve": WorkerSettings,
        "parked": WorkerSettings,
        "replay-parked": WorkerSettings,
        "inspect-parked": WorkerSettings,
        "dismiss-parked": WorkerSettings,
        "score-run": WorkerSettings,
        "compare": WorkerSettings,
    }


def test_no_threshold_is_a_setting() -> None:
    names = {name for kind in (WorkerSettings, MigrateSettings, RegisterSettings) for name in kind.model_fields}
    parts = {part for name in names for part in name.split("_")}
    assert not parts & {"min", "max", "threshold", "factor", "share", "psi", "air", "auroc", "limit", "band"}
