"""A process of dbt that is forked reads the project as one that is started: tests see of it what a job would."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from altscore_pipelines.hooks.dbt import PROJECT, Dbt, Invocation
from conftest import GoldenRun

pytestmark = pytest.mark.timeout(600)
# What a manifest holds of the process that wrote it, and of the statements that it ran.
OF_THE_PROCESS = {"created_at", "build_path"}
OF_STATEMENTS = {"compiled", "compiled_code", "compiled_path", "extra_ctes", "extra_ctes_injected"}


def project_of(manifest: Path) -> dict[str, Any]:
    """Models, tests, sources and macros as dbt read them."""
    document = json.loads(manifest.read_text(encoding="utf-8"))
    return {
        key: {name: as_read(name, value) for name, value in node.items() if name not in OF_THE_PROCESS | OF_STATEMENTS}
        for kind in ("nodes", "sources", "macros")
        for key, node in document[kind].items()
    }


def as_read(name: str, value: Any) -> Any:
    """A member without the macros that a statement noted when it ran, beside those that it names."""
    return value.get("nodes") if name == "depends_on" else value


def test_a_forked_process_reads_the_project_as_a_started_one_does(golden_run: GoldenRun, tmp_path: Path) -> None:
    forked = Dbt(PROJECT, tmp_path, target="duckdb", environment=dict(os.environ))
    for more in ({"run_id": "run_of_another_process", "statements_before": "2025-10-01"}, {}):
        forked.run([Invocation("parse", (), golden_run.dbt_variables | more)])
    expected = project_of(golden_run.dbt_manifest)
    assert len(expected) > 500
    assert project_of(forked.target_path / "manifest.json") == expected
