"""What of the SQL is changed, what is left, and that a mark changes nothing but the place it stands at."""

import pytest
from sql_mutants.places import Change, Marker


def changes(text: str) -> list[str]:
    """What is tried of a text."""
    marker = Marker()
    marker.mark_file("f.sql", text)
    return [f"{change.place.token} -> {change.replacement}" for change in marker.changes()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x < 3", ["< -> <=", "< -> >=", "3 -> 4", "3 -> 2"]),
        ("x <= 0.5", ["<= -> <", "<= -> >", "0.5 -> 0.6"]),
        ("source = 'payment'", ["= -> <>", "'payment' -> 'payment_'"]),
        ("a.x = b.x", []),
        ("a.x = b and b or c", ["= -> <>", "and -> or", "or -> and"]),
        ("from t join u on a.x = b.x and a.y < b.y where z", ["< -> <=", "< -> >="]),
        ("x between 6 and 11", ["6 -> 7", "6 -> 5", "11 -> 12", "11 -> 10"]),
        ("select *, i.*, count(*), a * b", ["* -> /"]),
        ("sum(-days)", ["- -> +"]),
        ("max(x)", ["max -> min"]),
        ("least", []),
        ("not x is not null", ["not -> ", "is not null -> is null"]),
        ("order by x desc", ["desc -> asc"]),
        ("cast(x as decimal(28, 0)) -- at 3 < 4", []),
        ("order by 1, 2, 3", []),
        ("{# at 3 < 4 #}{{ ref('feat_month') }}{% for m in range(12) %}", []),
        ("{{ count_where('days <= 91') }}", ["<= -> <", "<= -> >", "91 -> 92", "91 -> 90"]),
        ("{{ count_where(\"x = 'fifo'\") }}", ["= -> <>", "'fifo' -> 'fifo_'"]),
        ("{{ ratio('coalesce(x, 0)', 'y') }}", ["0 -> 1", "0 -> -1"]),
        ("{{ add_days('day', -1) }}", ["-1 -> 0", "-1 -> -2"]),
        ("{%- set alpha = '0.2' %}", ["0.2 -> 0.3"]),
    ],
)
def test_numbers_comparisons_operators_and_texts_are_changed(text: str, expected: list[str]) -> None:
    assert changes(text) == expected


def test_a_variable_of_dbt_is_a_place() -> None:
    marker = Marker()
    assert marker.mark_number("dbt_project.yml", "label_days", 91) == "/*@0*/ 91 /*@*/"
    assert [change.name for change in marker.changes()] == ["label_days: [91 -> 92]", "label_days: [91 -> 90]"]


def test_equal_changes_are_numbered() -> None:
    marker = Marker()
    marker.mark_file("f.sql", "x < 1\nx < 1\n")
    names = [change.name for change in marker.changes() if change.place.token == "1"]
    assert names == ["x < [1 -> 2]", "x < [1 -> 0]", "x < [1 -> 2] #2", "x < [1 -> 0] #2"]


def test_a_change_replaces_its_place_wherever_the_sql_expands_it_and_nothing_else() -> None:
    marker = Marker()
    text = "where x <= {{ add_days('y', 30) }} and z <= 30"
    marked = marker.mark_file("f.sql", text)
    assert marked.count("'/*@1*/ 30 /*@*/'") == 1
    change: Change = next(change for change in marker.changes() if change.replacement == "29")
    assert change.place.number == 1
    compiled = marked.replace("{{ add_days('y', '/*@1*/ 30 /*@*/') }}", "(y + /*@1*/ 30 /*@*/) - (y + /*@1*/ 30 /*@*/)")
    changed = change.apply(compiled)
    assert changed.count(" 29 ") == 2
    assert changed.count(" 30 ") == 1
