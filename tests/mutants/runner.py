"""Runs the tests against one changed module in a forked process; no file of the source tree is touched."""

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from hypothesis import Phase, settings

# The pure tests need no plug-in, and loading all that are installed takes longer than the tests.
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
# What a child imports itself: the package with the change, and its tests. All else is loaded before the first fork.
FRESH = ("altscore_scoring", "services")
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = (
    "1"  # the pure tests need none, and loading them takes longer than the tests
)
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider")
TIMEOUT_S = 300
PASSED, FAILED, INTERRUPTED, NOT_IMPORTED = 0, 1, 2, 4  # the last: a change that breaks the import of the fixtures


class BrokenRun(Exception):
    """The tests could not be run at all, so that nothing can be said of a change."""


def load_profile() -> None:
    """Before the tests are collected: the same examples for each change, and a failure is not made smaller."""
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=50, phases=phases)
    settings.load_profile("mutants")


def preload(tests: Sequence[str]) -> None:
    """Imports what the tests import, but for the package and the tests themselves: a child does that anew.

    Raises:
        BrokenRun: the tests cannot be collected.
    """
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        status = 3
        with contextlib.suppress(BaseException), silence():
            status = int(pytest.main(["--collect-only", *OPTIONS, *tests]))
            names = [name for name in list(sys.modules) if name.partition(".")[0] not in FRESH]
            os.write(sending, "\n".join(names).encode())
        os._exit(status)
    os.close(sending)
    with os.fdopen(receiving, encoding="utf-8") as names_of_child:
        names = names_of_child.read().splitlines()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != PASSED:
        raise BrokenRun("the tests cannot be collected")
    for name in names:
        with contextlib.suppress(Exception):  # a part of a package that is not imported alone
            importlib.import_module(name)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nothing is printed, by C code neither."""
    kept = os.dup(1), os.dup(2)
    with Path(os.devnull).open("w") as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
    try:
        yield
    finally:
        for target, original in zip((1, 2), kept, strict=True):
            os.dup2(original, target)
            os.close(original)


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
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)  # it has a file, as before


def is_noticed(tests: Sequence[Sequence[str]], *, module: str, path: Path, tree: ast.Module) -> bool:
    """Whether a test fails with the changed module.

    Args:
        tests: arguments of pytest, run after run; the next only where all before pass.
        module: its dotted name.
        path: its file.
        tree: what is run in the file's place.

    Raises:
        BrokenRun: pytest ends in a way that says nothing.
    """
    child = os.fork()
    if child == 0:
        _run_child(tests, module=module, path=path, tree=tree)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGALRM or status in {FAILED, INTERRUPTED, NOT_IMPORTED}:
        return True
    if status != PASSED:
        raise BrokenRun(f"pytest ended with status {status}")
    return False


def _run_child(tests: Sequence[Sequence[str]], *, module: str, path: Path, tree: ast.Module) -> Any:
    signal.alarm(TIMEOUT_S)  # ends the child when a change makes a loop endless
    status = 3
    with contextlib.suppress(BaseException), silence():
        sys.meta_path.insert(0, _Finder(module, path, tree))
        load_profile()
        for chosen in tests:
            status = int(pytest.main([*OPTIONS, *chosen]))
            if status != PASSED:
                break
    os._exit(status)
