"""One SQL, two engines: Silver and Gold of a small book are equal row by row, the largest amounts among them."""

import asyncio
import importlib.util
import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from books import golden_book, largest_book
from conftest import Pipeline

pytestmark = [
    pytest.mark.spark,
    pytest.mark.timeout(600),
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="pyspark is not in this environment"),
]
TABLES = [("silver", name) for name in ("invoice", "payment", "return", "allocation", "retailer")] + [
    ("gold", "retailer_features")
]


@pytest.fixture(scope="module")
def both(new_pipeline: Callable[..., Pipeline]) -> dict[str, tuple[Pipeline, str]]:
    found = {}
    for engine in ("duckdb", "spark"):
        pipeline = new_pipeline(engine_name=engine)
        pipeline.write([*golden_book(), *largest_book(4, "bina", number=11)])
        found[engine] = (pipeline, asyncio.run(pipeline.run()))
    return found


def _rows(both: dict[str, tuple[Pipeline, str]], engine: str, layer: str, name: str) -> pa.Table:
    pipeline, run_id = both[engine]
    table = pipeline.table(layer, run_id, name)
    return table.sort_by([(column, "ascending") for column in table.column_names[:6]])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)
    return bool(one == other)


@pytest.mark.parametrize(("layer", "name"), TABLES)
def test_spark_and_duckdb_give_the_same_rows(both: dict[str, tuple[Pipeline, str]], layer: str, name: str) -> None:
    duck, spark = (_rows(both, engine, layer, name) for engine in ("duckdb", "spark"))
    assert spark.column_names == duck.column_names
    assert duck.num_rows > 0
    gaps = [
        (column, place, one, other)
        for column in duck.column_names
        for place, (one, other) in enumerate(zip(duck[column].to_pylist(), spark[column].to_pylist(), strict=True))
        if not _same(one, other)
    ]
    assert gaps == []


def test_spark_gold_has_the_same_types(both: dict[str, tuple[Pipeline, str]]) -> None:
    types = [
        {field.name: field.type for field in both[engine][0].table("gold", both[engine][1], "retailer_features").schema}
        for engine in ("duckdb", "spark")
    ]
    assert types[0] == types[1]
