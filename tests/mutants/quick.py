"""The first try of a change: tests are collected once, and a forked child runs the change in the loaded module.

A child that fails has noticed. One that passes may still hold a value from before the change (a constant that was
computed or imported elsewhere), so the caller tries it again with everything imported anew.
"""

import ast
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from tests.mutants.runner import FAILED, OPTIONS, PASSED, BrokenRun, load_profile, silence

# In the order of their imports: what comes after a changed module is run again too.
ORDER = (
    *(f"altscore_scoring.guardrails.{name}" for name in ("constants", "checks", "eligibility")),
    *(f"altscore_scoring.guardrails.{name}" for name in ("fairness", "quality", "reasons")),
    *(f"altscore_scoring.model.{name}" for name in ("taxonomy", "volume")),
)
BINDING = ("altscore_scoring", "services")
TIMEOUT_S = 300


@dataclass(frozen=True)
class Attempt:
    """A change to be tried: the dotted module, its file, its changed tree, and the tests that are run first."""

    module: str
    path: Path
    tree: ast.Module
    first: Sequence[str]


class _Loop:
    """A plug-in of pytest that tries attempts in place of running the collected tests."""

    def __init__(self, attempts: Callable[[Callable[[Attempt], bool]], None]) -> None:
        self._attempts = attempts

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Called once everything is collected."""
        self._attempts(lambda attempt: _is_noticed(session, attempt))
        return True


def with_collected(tests: Sequence[str], attempts: Callable[[Callable[[Attempt], bool]], None]) -> None:
    """Collects the tests and calls `attempts` with a function that tells whether an attempt is noticed.

    Raises:
        BrokenRun: the tests cannot be collected.
    """
    load_profile()
    with silence():
        status = int(pytest.main(["-s", *OPTIONS, *tests], plugins=[_Loop(attempts)]))
    if status != PASSED:
        raise BrokenRun(f"the tests cannot be collected: pytest ended with status {status}")


def _is_noticed(session: pytest.Session, attempt: Attempt) -> bool:
    child = os.fork()
    if child == 0:
        signal.alarm(TIMEOUT_S)
        status = FAILED
        with contextlib.suppress(BaseException), silence():
            _replace(attempt)
            status = _run(session, attempt.first)
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != PASSED


def _run(session: pytest.Session, first: Sequence[str]) -> int:
    own = [item for item in session.items if str(item.path) in first]
    ordered = own + [item for item in session.items if item not in own]
    for item, following in zip(ordered, [*ordered[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return FAILED
    return PASSED


def _replace(attempt: Attempt) -> None:
    """Runs the changed module and those after it in their namespaces, and hands new functions and classes on."""
    renewed: dict[int, tuple[object, object]] = {}
    for name in ORDER[ORDER.index(attempt.module) :]:
        module = sys.modules[name]
        before = {key: value for key, value in vars(module).items() if _is_own(value, name)}
        code = _code_of(module) if name != attempt.module else compile(attempt.tree, str(attempt.path), "exec")
        exec(code, vars(module))  # noqa: S102  # a module of ours
        renewed |= {id(value): (value, vars(module)[key]) for key, value in before.items()}
        _hand_on(renewed)


def _hand_on(renewed: dict[int, tuple[object, object]]) -> None:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in BINDING:
            for key, value in list(vars(module).items()):
                if id(value) in renewed and renewed[id(value)][0] is value:
                    setattr(module, key, renewed[id(value)][1])


def _is_own(value: object, module: str) -> bool:
    return isinstance(value, FunctionType | type) and value.__module__ == module


def _code_of(module: ModuleType) -> CodeType:
    path = Path(str(module.__file__))
    code: CodeType = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    return code
