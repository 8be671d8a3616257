"""How code looks: sizes, time, money, environment."""

import ast
from functools import lru_cache
from pathlib import Path

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


def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_files_and_functions_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MAX_FILE_LINES, f"{len(lines)} lines"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"
            if "tests" not in path.parts:
                positional = [
                    parameter.arg
                    for parameter in (*node.args.posonlyargs, *node.args.args)
                    if parameter.arg not in ("self", "cls")
                ]
                assert len(positional) <= MAX_PARAMETERS, f"{node.name} takes {len(positional)} positional parameters"


@lru_cache(maxsize=1)
def own_classes() -> frozenset[str]:
    """Names of all classes that this repository defines outside its tests."""
    names = {
        node.name
        for path in PYTHON
        if "tests" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    }
    assert len(names) > 100
    return frozenset(names)


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_a_constructor_with_four_arguments_or_more_takes_them_by_keyword(path: Path) -> None:
    positional = [
        f"{ast.unparse(node.func)} with {len(node.args)}, line {node.lineno}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and len(node.args) > MAX_POSITIONAL_ARGUMENTS  # first, since to unparse takes long
        and ast.unparse(node.func).rsplit(".", 1)[-1] in own_classes()
    ]
    assert positional == []


@pytest.mark.parametrize("path", product_sources(), ids=named)
def test_time_is_never_naive(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in NAIVE, f"line {node.lineno}"
            if node.func.attr in ("now", "fromtimestamp") and ast.unparse(node.func.value).endswith("datetime"):
                assert node.args or node.keywords, f"line {node.lineno}: no time zone"


@pytest.mark.parametrize("path", product_sources(), ids=named)
def test_money_is_never_a_float(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            if name.endswith(("_inr", "amount")):
                assert "float" not in ast.unparse(node.annotation), f"{name}, line {node.lineno}"


@pytest.mark.parametrize("path", product_sources(), ids=named)
def test_the_environment_is_read_in_main_alone(path: Path) -> None:
    if path.name in ENVIRONMENT_READERS or path.name.startswith("testing") or "dags" in path.parts:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
            assert ast.unparse(node.value) != "os", f"line {node.lineno}"
