"""dbt as a process: the same project on DuckDB or Spark."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from altscore_pipelines.errors import DbtFailed

PROJECT = Path(__file__).resolve().parents[3] / "dbt"
_PROCESS = Path(__file__).resolve().with_name("dbt_process.py")


@dataclass(frozen=True)
class Invocation:
    """One call of dbt: `build` runs models with their tests, `run` models alone."""

    command: str
    select: Sequence[str]
    variables: Mapping[str, Any]


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

    def run(self, invocations: Sequence[Invocation]) -> None:
        """Runs the invocations in order in one process; stops at the first that fails.

        Raises:
            DbtFailed: with the names and messages of the failed models and tests.
        """
        self._work.mkdir(parents=True, exist_ok=True)
        result = self._work / "failures.json"
        result.unlink(missing_ok=True)
        task = {"arguments": [self._arguments(invocation) for invocation in invocations], "result": str(result)}
        done = subprocess.run(
            [sys.executable, "-P", str(_PROCESS)],  # -P: this folder holds a dbt.py of ours
            input=json.dumps(task),
            text=True,
            capture_output=True,
            env={**self._environment, "DBT_WORK_DIR": str(self._work)},
            cwd=self._work,
            check=False,
        )
        if done.returncode != 0:
            failures = json.loads(result.read_text(encoding="utf-8")) if result.exists() else [done.stderr[-800:]]
            raise DbtFailed(failures)

    def _arguments(self, invocation: Invocation) -> list[str]:
        places = {
            "--project-dir": self._project,
            "--profiles-dir": self._project,
            "--target-path": self._work / "target",
            "--log-path": self._work / "logs",
            "--target": self._target,
            "--vars": json.dumps(dict(invocation.variables)),
        }
        flat = [text for name, value in places.items() for text in (name, str(value))]
        return [invocation.command, "--quiet", "--no-use-colors", *flat, "--select", *invocation.select]
