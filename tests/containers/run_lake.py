"""Run inside the image `pipelines-spark`, with the tests of the pipelines at /tests: Bronze to Gold by both engines."""

import asyncio
import io
import json
import math
import sys
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic
from typing import Any

sys.path.insert(0, "/tests")

import pyarrow.parquet as pq
from conftest import Pipeline
from ledgers import golden_ledger

Rows = dict[str, dict[str, Any]]


def gold_of(engine: str) -> tuple[Rows, float]:
    """Gold of the ledger written by hand, by retailer, and the seconds that both steps took."""
    pipeline = Pipeline(Path(mkdtemp(prefix=engine)), engine_name=engine)
    pipeline.write(golden_ledger())
    begun = monotonic()
    run_id = asyncio.run(pipeline.run())
    took_s = monotonic() - begun
    files = sorted((pipeline.root / "lake-bucket" / "gold" / f"run={run_id}" / "retailer_features").glob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(io.BytesIO(file.read_bytes())).to_pylist()]
    return {row["retailer_id"]: row for row in rows}, took_s


def is_same(value: Any, other: Any) -> bool:
    """Sums of doubles may differ in their last bits."""
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other, rel_tol=1e-12, abs_tol=1e-12)
    return bool(value == other)


(duck, duck_s), (spark, spark_s) = gold_of("duckdb"), gold_of("spark")
assert duck.keys() == spark.keys()
gaps = [
    (retailer, column, str(value), str(spark[retailer].get(column)))
    for retailer, row in duck.items()
    for column, value in row.items()
    if not is_same(value, spark[retailer].get(column))
]
columns = {len(row) for row in (*duck.values(), *spark.values())}
seconds = {"duckdb": round(duck_s, 1), "spark": round(spark_s, 1)}
print(json.dumps({"retailers": len(duck), "columns": sorted(columns), "gaps": gaps, "seconds": seconds}))
