"""How code looks: sizes, time, money, environment."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from .conftest import ROOT, product_sources, tracked

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 6
MAX_POSITIONAL_ARGUMENTS = 3
NAIVE = {"utcnow", "utcfromtimestamp", "today"}
ENVIRONMENT_READERS = ("main.py", "cli.py", "settings.py")
PYTHON = tracked(".py")


def named(path: Path) -> str:
    """Path for messages."""
    return path.relative_to(ROOT).as_posix()


class Findings(NamedTuple):
    """What the rules ask of a file, in the order of its syntax tree."""

    classes: list[str]
    sizes: list[str]
    long_calls: list[tuple[str, str]]
    naive_times: list[str]
    float_amounts: list[str]
    environment_reads: list[str]


@cache  # all rules look at a file; to parse it takes longest
def findings(path: Path) -> Findings:
    """What is in a file."""
    result = Findings([], [], [], [], [], [])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                result.sizes.extend(sizes(node, is_test="tests" in path.parts))
            case ast.ClassDef():
                result.classes.append(node.name)
            case ast.Call():
                if len(node.args) > MAX_POSITIONAL_ARGUMENTS:
                    name = ast.unparse(node.func)
                    result.long_calls.append((name, f"{name} with {len(node.args)}, line {node.lineno}"))
                result.naive_times.extend(naive_times(node))
            case ast.AnnAssign() | ast.arg():
                result.float_amounts.extend(float_amounts(node))
            case ast.Attribute() if node.attr in ("environ", "getenv") and ast.unparse(node.value) == "os":
                result.environment_reads.append(f"line {node.lineno}")
            case _:
                pass
    return result


def sizes(node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_test: bool) -> Iterator[str]:
    """What is too long about a function."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > MAX_FUNCTION_LINES:
        yield f"{node.name} has {length} lines"
    parameters = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    positional = [name for name in parameters if name not in ("self", "cls")]
    if not is_test and len(positional) > MAX_PARAMETERS:
        yield f"{node.name} takes {len(positional)} positional parameters"


def naive_times(node: ast.Call) -> Iterator[str]:
    """A call that makes a time without a zone."""
    if not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr in NAIVE:
        yield f"line {node.lineno}"
    is_without_zone = node.func.attr in ("now", "fromtimestamp") and not (node.args or node.keywords)
    if is_without_zone and ast.unparse(node.func.value).endswith("datetime"):
        yield f"line {node.lineno}: no time zone"


def float_amounts(node: ast.AnnAssign | ast.arg) -> Iterator[str]:
    """An amount of money whose type holds a float."""
    if node.annotation is not None:
        name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
        if name.endswith(("_inr", "amount")) and "float" in ast.unparse(node.annotation):
            yield f"{name}, line {node.lineno}"


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_files_and_functions_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MAX_FILE_LINES, f"{len(lines)} lines"
    assert findings(path).sizes == []


@cache
def own_classes() -> frozenset[str]:
    """Names of all classes that this repository defines outside its tests."""
    names = {name for path in PYTHON if "tests" not in path.parts for name in findings(path).classes}
    assert len(names) > 100
    return frozenset(names)


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_a_constructor_with_four_arguments_or_more_takes_them_by_keyword(path: Path) -> None:
    calls = findings(path).long_calls
    assert [call for name, call in calls if name.rsplit(".", 1)[-1] in own_classes()] == []


@pytest.mark.parametrize("path", product_sources(), ids=named)
def test_time_is_never_naive(path: Path) -> None:
    assert findings(path).naive_times == []


@pytest.mark.parametrize("path", product_sources(), ids=named)
def test_money_is_never_a_float(path: Path) -> None:
    assert findings(path).float_amounts == []


@pytest.mark.parametrize("path", product_sources(), ids=named)
def test_the_environment_is_read_in_main_alone(path: Path) -> None:
    if path.name in ENVIRONMENT_READERS or path.name.startswith("testing") or "dags" in path.parts:
        return
    assert findings(path).environment_reads == []
