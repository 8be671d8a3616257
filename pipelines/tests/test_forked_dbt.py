"""A process of dbt that is forked reads the project as one that is started: tests see of it what a job would."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from altscore_pipelines.hooks import dbt
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from conftest import DBT_PROCESS, GoldenRun

pytestmark = pytest.mark.timeout(600)
OF_THE_PROCESS = {"created_at"}  # what a manifest holds of the process that wrote it


def project_of(manifest: Path) -> dict[str, Any]:
    """Models, tests, sources and macros as dbt read them."""
    document = json.loads(manifest.read_text(encoding="utf-8"))
    return {
        key: {name: value for name, value in node.items() if name not in OF_THE_PROCESS}
        for kind in ("nodes", "sources", "macros")
        for key, node in document[kind].items()
    }


def read_with(folder: Path, variables: dict[str, Any]) -> dict[str, Any]:
    """The project as a process of dbt reads it."""
    process = Dbt(PROJECT, folder, target="duckdb", environment=dict(os.environ))
    process.run([Invocation("parse", (), variables)])
    return project_of(process.target_path / "manifest.json")


def test_a_forked_process_reads_the_project_as_a_started_one_does(
    golden_run: GoldenRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = golden_run.dbt_variables
    read_with(tmp_path / "another", variables | {"run_id": "run_of_another", "statements_before": "2025-10-01"})
    forked = read_with(tmp_path / "forked", variables)
    monkeypatch.setattr(dbt, "PROCESS", DBT_PROCESS)
    expected = read_with(tmp_path / "started", variables)
    assert len(expected) > 500
    assert forked == expected
