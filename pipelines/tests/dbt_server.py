"""Forks processes that run tasks of dbt, from one that has imported it and read the project: `dbt_server.py <folder>`.

A line of JSON per process on standard input, a line with its exit code on standard output.
"""

import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from altscore_pipelines.hooks.dbt import PROJECT
from altscore_pipelines.hooks.dbt_process import run
from dbt.cli.main import dbtRunner


def prepare(folder: Path) -> None:
    """Reads the project once; what dbt keeps of that in memory is in every process from now on."""
    places = {"--project-dir": PROJECT, "--profiles-dir": PROJECT, "--log-path": folder, "--target-path": folder}
    outcome = dbtRunner().invoke(["parse", "--quiet", *(str(text) for pair in places.items() for text in pair)])
    if not outcome.success:
        raise RuntimeError(f"dbt does not read the project: {outcome.exception}")


def serve(requests: TextIO, answers: TextIO) -> int:
    """Forks a process per request, one at a time; returns in such a process too, with the exit code of its task."""
    for line in requests:
        number = os.fork()
        if not number:
            return run_task(json.loads(line))
        _, status = os.waitpid(number, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()
    return 0


def run_task(request: Mapping[str, Any]) -> int:
    """Runs a task in its folder, with its environment and no more."""
    with open(request["output"], "wb") as output:
        for number in (1, 2):
            os.dup2(output.fileno(), number)
    sys.stdin = io.StringIO()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    return run(json.loads(request["task"]))


def main() -> int:
    """Prepares and serves; what dbt prints is no answer."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        prepare(Path(sys.argv[1]))
        return serve(sys.stdin, answers)


if __name__ == "__main__":
    sys.exit(main())
