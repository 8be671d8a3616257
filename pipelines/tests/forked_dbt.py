"""Processes of dbt that begin where its start ends: most of the time of a run over a small ledger is dbt's start."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_SERVER = Path(__file__).with_name("dbt_server.py")


class ForkedDbt:
    """Runs tasks as `altscore_pipelines.hooks.dbt.run_process` does, each in a process forked from a prepared one.

    Args:
        folder: an empty folder; it gets the output of the last process.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.communicate()  # it ends with its input

    def run_process(
        self, task: str, *, environment: Mapping[str, str], folder: Path
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a task in a folder, with this environment and no more."""
        server = self._server = self._server or self._start()
        assert server.stdin is not None
        assert server.stdout is not None
        output = self._folder / "output"
        request = {"task": task, "environment": dict(environment), "folder": str(folder), "output": str(output)}
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(["dbt"], code, stdout="", stderr=output.read_text(encoding="utf-8"))

    def _start(self) -> "subprocess.Popen[str]":
        path = os.pathsep.join(str(Path(place).resolve()) for place in sys.path)
        return subprocess.Popen(
            [sys.executable, "-P", str(_SERVER), str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
