"""Which names a comparison gives: every value that differs, and a rounding is no difference."""

from typing import Any

import pytest
from altscore_libs.canonical_json import canonical_json
from altscore_scoring.replay.domain import different_names
from hypothesis import given, settings
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("stored", "again", "names"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ["a.c"]),
        ({"a": None}, {}, ["a"]),
        ({"a": True}, {"a": 1}, ["a"]),
        ({"a": {}}, {"a": None}, ["a"]),
        ({"a": "1"}, {"a": 1}, ["a"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a"]),
        ({"a": 0.25}, {"a": 0.250004}, []),
        ({"a": 0.25}, {"a": 0.25002}, ["a"]),
        ({"a": 5}, {"a": 5.0}, []),
        ({"a": float("nan")}, {"a": float("nan")}, ["a"]),
        ({"a": 1.0}, {"a": None}, ["a"]),
    ],
)
def test_what_differs_has_a_name(stored: dict[str, Any], again: dict[str, Any], names: list[str]) -> None:
    assert different_names(stored, again) == names
    assert different_names(again, stored) == names


def test_newer_code_may_keep_more_and_not_less() -> None:
    assert different_names({"a": 1}, {"a": 1, "b": 2}, ignores_additions=True) == []
    assert different_names({"a": 1, "b": 2}, {"a": 1}, ignores_additions=True) == ["b"]
    assert different_names({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, ignores_additions=True) == ["a.b"]


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), VALUES, max_size=4), VALUES)
def test_a_record_equals_itself_and_differs_once_a_value_does(record: dict[str, Any], value: Any) -> None:
    assert different_names(record, record) == []
    for name, stored in record.items():
        names = different_names(record, {**record, name: value})
        assert (names == []) is (canonical_json(stored) == canonical_json(value))
        assert all(part == name or part.startswith(f"{name}.") for part in names)
