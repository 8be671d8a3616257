"""dbt as a process: the same project on DuckDB or Spark."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from altscore_pipelines.errors import DbtFailed

PROJECT = Path(__file__).resolve().parents[3] / "dbt"
PROCESS = Path(__file__).resolve().with_name("dbt_process.py")


@dataclass(frozen=True)
class Invocation:
    """One call of dbt: `build` runs models with their tests, `run` models alone; nothing selected: everything."""

    command: str
    select: Sequence[str]
    variables: Mapping[str, Any]
    options: Sequence[str] = ()


@dataclass(frozen=True)
class ModelRun:
    """A model that an invocation built or failed to build; instants are UTC."""

    unique_id: str
    is_built: bool
    started_at: datetime
    finished_at: datetime


class Dbt:
    """Runs the project.

    Args:
        project: folder of dbt_project.yml and profiles.yml.
        work: scratch folder of this run (compiled SQL, logs, spill files).
        target: of profiles.yml, the engine.
        environment: of the process; holds what profiles.yml asks for.
    """

    def __init__(self, project: Path, work: Path, *, target: str, environment: Mapping[str, str]) -> None:
        self._project = project
        self._work = work
        self._target = target
        self._environment = environment
        self.model_runs: list[ModelRun] = []  # of every run(), failed ones included

    @property
    def target_path(self) -> Path:
        """Where dbt writes compiled SQL and its artifacts."""
        return self._work / "target"

    def run(self, invocations: Sequence[Invocation]) -> None:
        """Runs the invocations in order in one process; stops at the first that fails.

        Raises:
            DbtFailed: with the names and messages of the failed models and tests.
        """
        self._work.mkdir(parents=True, exist_ok=True)
        result = self._work / "result.json"
        result.unlink(missing_ok=True)
        task = {"arguments": [self._arguments(invocation) for invocation in invocations], "result": str(result)}
        done = subprocess.run(
            [sys.executable, "-P", str(PROCESS)],  # -P: this folder holds a dbt.py of ours
            input=json.dumps(task),
            text=True,
            capture_output=True,
            env={**self._environment, "DBT_WORK_DIR": str(self._work)},
            cwd=self._work,
            check=False,
        )
        report = json.loads(result.read_text(encoding="utf-8")) if result.exists() else {}
        self.model_runs += [_model_run(**model) for model in report.get("models", ())]
        if done.returncode != 0:
            raise DbtFailed(report.get("failures") or [done.stderr[-800:]])

    def nodes(self) -> dict[str, dict[str, Any]]:
        """Models of the last invocation's project by their unique id: what each reads and where it writes."""
        manifest = json.loads((self.target_path / "manifest.json").read_text(encoding="utf-8"))
        return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}

    def _arguments(self, invocation: Invocation) -> list[str]:
        places = {
            "--project-dir": self._project,
            "--profiles-dir": self._project,
            "--target-path": self.target_path,
            "--log-path": self._work / "logs",
            "--target": self._target,
            "--vars": json.dumps(dict(invocation.variables)),
        }
        flat = [text for name, value in places.items() for text in (name, str(value))]
        select = ["--select", *invocation.select] if invocation.select else []
        return [*invocation.command.split(), "--quiet", "--no-use-colors", *flat, *invocation.options, *select]


def _model_run(unique_id: str, *, is_built: bool, started_at: str, finished_at: str) -> ModelRun:
    return ModelRun(
        unique_id=unique_id,
        is_built=is_built,
        started_at=datetime.fromisoformat(started_at).replace(tzinfo=UTC),
        finished_at=datetime.fromisoformat(finished_at).replace(tzinfo=UTC),
    )
