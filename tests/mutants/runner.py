"""Runs the tests against one changed module in a forked process; no file of the source tree is touched."""

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from hypothesis import settings

# Loaded once, before the first fork: what a child imports itself is the mutated package and its tests alone.
PRELOADED = (
    "altscore_libs.testing", "asyncpg", "fastavro", "numpy", "pyarrow.parquet", "sklearn.ensemble", "xgboost", "yaml",
)  # fmt: skip
TIMEOUT_S = 900
PASSED, FAILED, INTERRUPTED = 0, 1, 2


class BrokenRun(Exception):
    """The tests could not be run at all, so that nothing can be said of a change."""


def preload() -> None:
    """Imports what every child needs."""
    for name in PRELOADED:
        importlib.import_module(name)


class _MutatedLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        """The code of the changed tree, never of a cached file."""
        code: CodeType = compile(self._tree, self.get_filename(fullname), "exec")
        return code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The changed module's spec; of any other module none."""
        if fullname != self._name:
            return None
        loader = _MutatedLoader(fullname, str(self._path), self._tree)
        return importlib.machinery.ModuleSpec(fullname, loader, origin=str(self._path))


def is_noticed(tests: Sequence[str], *, module: str, path: Path, tree: ast.Module | None) -> bool:
    """Whether a test fails with the changed module; `tree` None runs the tests as they are.

    Raises:
        BrokenRun: pytest ends in a way that says nothing.
    """
    child = os.fork()
    if child == 0:
        _run_child(tests, module=module, path=path, tree=tree)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGALRM or status in {FAILED, INTERRUPTED}:
        return True
    if status != PASSED:
        raise BrokenRun(f"pytest ended with status {status}")
    return False


def _run_child(tests: Sequence[str], *, module: str, path: Path, tree: ast.Module | None) -> Any:
    signal.alarm(TIMEOUT_S)  # ends the child when a change makes a loop endless
    with Path(os.devnull).open("w") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    status = 3
    with contextlib.suppress(BaseException):
        if tree is not None:
            sys.meta_path.insert(0, _Finder(module, path, tree))
        settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=50)
        settings.load_profile("mutants")
        status = int(pytest.main(["-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *tests]))
    os._exit(status)
