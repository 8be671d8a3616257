"""docs/security.md says what the code says, and every promise on it names tests that exist."""

import re

import pytest

from docs.security import trust_map

from .conftest import ROOT

FACTS, COMPONENTS = trust_map.trust()["facts"], trust_map.trust()["components"]


def test_the_tables_are_those_that_the_code_gives() -> None:
    text = trust_map.PAGE.read_text(encoding="utf-8")
    assert trust_map.page(text) == text, "make security-page"


def test_the_picture_is_that_which_the_code_gives() -> None:
    assert trust_map.PICTURE.read_text(encoding="utf-8") == trust_map.picture(), "make security-page"


def test_every_process_has_a_row_in_the_picture_and_at_least_a_secret() -> None:
    rows = trust_map.matrix()
    assert len(rows) > 12
    assert [name for name, held in rows.items() if not held] == []


@pytest.mark.parametrize("fact", FACTS, ids=[fact["fact"] for fact in FACTS])
def test_a_fact_names_files_that_exist_and_verify(fact: dict[str, list[str]]) -> None:
    assert fact["verified_in"]
    for path in fact["verified_in"]:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(r"(?i)verif|NotAuthentic|authentic|compare_digest|current_subject", text), path


@pytest.mark.parametrize("component", COMPONENTS, ids=[component["component"] for component in COMPONENTS])
def test_a_stolen_component_names_the_tests_that_try_it(component: dict[str, list[str]]) -> None:
    assert component["tests"]
    for path in component["tests"]:
        assert path.startswith("tests/assume_breach/test_")
        assert (ROOT / path).is_file(), path
