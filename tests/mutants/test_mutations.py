"""The changes themselves: what is changed, what is left, and that a change is run in place of the module."""

import ast

import pytest

from tests.mutants.mutations import mutated, mutations_of


def changes(source: str) -> list[str]:
    """What is tried of a module."""
    return [item.name for item in mutations_of(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("LEAST = 0.80", ["LEAST: 0.8 -> 0.9"]),
        ('SHARE = Decimal("0.30")', ["SHARE: '0.30' -> '0.31'"]),
        ("DAYS = 90", ["DAYS: 90 -> 91", "DAYS: 90 -> 89"]),
        ("IS_ON: bool = True", ["IS_ON: True -> False"]),
        ('BAND = "A"', ["BAND: 'A' -> 'A_'"]),
        ("a < b", ["module: a < b -> a <= b", "module: a < b -> a >= b"]),
        ("a and b", ["module: a and b -> a or b"]),
        ("min(a, b)", ["module: min(a, b) -> max(a, b)"]),
        ("not a", ["module: not a -> a"]),
        ("a if b else d", ["module: a if b else d -> d if b else a"]),
        ("x(rounding=ROUND_FLOOR)", ["module: ROUND_FLOOR -> 'ROUND_CEILING'"]),
    ],
)
def test_numbers_comparisons_operators_and_texts_are_changed(source: str, expected: list[str]) -> None:
    assert changes(source) == expected


def test_documentation_annotations_and_messages_are_left() -> None:
    source = '"""Text."""\ndef f(a: Literal["x"]) -> "Y":\n    """Text."""\n    raise ValueError("text" + str(1))\n'
    assert changes(source) == []


def test_decorators_are_left_and_kept() -> None:
    source = "@dataclass(frozen=True)\nclass A:\n    b: int = 3\n"
    assert changes(source) == ["A.b: 3 -> 4", "A.b: 3 -> 2"]
    assert ast.unparse(mutated(source, 0)) == "@dataclass(frozen=True)\nclass A:\n    b: int = 4"


def test_equal_changes_are_numbered() -> None:
    assert changes("A = (1.0, 1.0)") == ["A: 1.0 -> 1.1", "A: 1.0 -> 1.1 #2"]


def test_exactly_one_place_is_changed_at_a_time() -> None:
    source = "def f(a):\n    return a < 3 and a > 1\n"
    results = []
    for item in mutations_of(source):
        names: dict[str, object] = {}
        exec(compile(mutated(source, item.index), "f", "exec"), names)  # noqa: S102
        results.append([names["f"](value) for value in range(5)])  # type: ignore[operator]
    whole = [False, False, True, False, False]
    assert len(results) == len(mutations_of(source)) == 9
    assert all(result != whole for result in results)
    assert ast.unparse(mutated(source, -1)) == ast.unparse(ast.parse(source))
