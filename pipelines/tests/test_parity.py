"""One SQL, two engines: Silver and Gold of a small ledger are equal row by row, largest amounts and write-offs too."""

import asyncio
import importlib.util
import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from conftest import Pipeline
from ledgers import Batch, golden_ledger, largest_ledger, with_write_offs

pytestmark = [
    pytest.mark.spark,
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="pyspark is not in this environment"),
]
TABLES = [("silver", name) for name in ("invoice", "payment", "return", "allocation", "retailer")] + [
    ("gold", "retailer_features")
]


@pytest.fixture(scope="module")
def both(new_pipeline: Callable[..., Pipeline]) -> dict[str, tuple[Pipeline, str]]:
    runs = {}
    for engine in ("duckdb", "spark"):
        pipeline = new_pipeline(engine_name=engine)
        written_off = with_write_offs(Batch("dist_one", 21))
        pipeline.write([*golden_ledger(), *largest_ledger(4, "bina", number=11), written_off])
        runs[engine] = (pipeline, asyncio.run(pipeline.run()))
    return runs


def _rows(both: dict[str, tuple[Pipeline, str]], engine: str, layer: str, name: str) -> pa.Table:
    pipeline, run_id = both[engine]
    table = pipeline.table(layer, run_id, name)
    return table.sort_by([(column, "ascending") for column in table.column_names[:6]])


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other, rel_tol=1e-12, abs_tol=1e-12)
    return bool(value == other)


@pytest.mark.parametrize(("layer", "name"), TABLES)
def test_spark_and_duckdb_give_the_same_rows(both: dict[str, tuple[Pipeline, str]], layer: str, name: str) -> None:
    duck, spark = (_rows(both, engine, layer=layer, name=name) for engine in ("duckdb", "spark"))
    assert spark.column_names == duck.column_names
    assert duck.num_rows > 0
    gaps = [
        (column, place, value, other)
        for column in duck.column_names
        for place, (value, other) in enumerate(zip(duck[column].to_pylist(), spark[column].to_pylist(), strict=True))
        if not _same(value, other)
    ]
    assert gaps == []


def test_spark_gold_has_the_same_types(both: dict[str, tuple[Pipeline, str]]) -> None:
    types = [
        {field.name: field.type for field in both[engine][0].table("gold", both[engine][1], "retailer_features").schema}
        for engine in ("duckdb", "spark")
    ]
    assert types[0] == types[1]
