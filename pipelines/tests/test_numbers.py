"""The macros of sums at the edges of 38 digits, against exact fractions."""

import duckdb
import pytest
from altscore_pipelines.storage import FolderStorage
from number_probe import CASES, MONTHS, expected_numbers, expected_variation, months_sql
from sql_mutants.project import PROBE, compiled, marked_copy

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Compiled models that read nothing of a lake."""
    root = tmp_path_factory.mktemp("numbers")
    _, variables = marked_copy(root / "dbt")
    lake = FolderStorage(root / "lake")
    run = {**variables, "as_of": "2026-06-01"}
    models = compiled(root / "dbt", root / "work", lake, variables=run, chosen=("retailer_features", PROBE))
    return {model.name: model.sql for model in models}


@pytest.mark.parametrize("name", CASES)
def test_deviation_and_slope_are_those_of_exact_fractions(sql: dict[str, str], name: str) -> None:
    rows = duckdb.sql(sql["number_probe"]).fetchall()
    assert len(rows) == len(CASES)
    (row,) = [row[1:] for row in rows if row[0] == name]
    for actual, expected in zip(row, expected_numbers(name), strict=True):
        assert actual == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=0))


@pytest.mark.parametrize("name", MONTHS)
def test_the_variation_of_months_is_that_of_exact_fractions(sql: dict[str, str], name: str) -> None:
    probe = sql["feat_month"].replace("@int_month@", months_sql())
    rows = duckdb.sql(f"select retailer_id, gmv_cv from ({probe})").fetchall()
    (row,) = [row for row in rows if row[0] == name]
    assert row[1] == pytest.approx(expected_variation(name), rel=1e-9, abs=0)
