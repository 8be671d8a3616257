"""One SQL, two engines: every table of a generated ledger, and of the largest amounts, is equal row by row."""

import importlib.util
import math
import os
from typing import Any

import pyarrow as pa
import pytest
from altscore_pipelines.plan import Identity
from ledgers import AS_OF, Batch, golden_ledger, largest_ledger, retailer_id, token, with_write_offs
from oracle.delivery import deliver
from oracle.generator import generated_ledger
from oracle.history import SNAPSHOTS
from snapshot_lake import STAGE, Snapshot, SnapshotLake, identities_of, run_dbt

pytestmark = [pytest.mark.spark, pytest.mark.timeout(7_200)]
RETAILERS = int(os.environ.get("PARITY_RETAILERS", "200"))
SEED = int(os.environ.get("ORACLE_SEED", "13"))
RUN = "parity"
MODELS = ("path:models/silver", "path:models/control", "path:models/gold", "path:models/labels")
NAMES, DISTRIBUTORS = ("asha", "bina", "dev"), ("dist_one", "dist_two")
TABLES = [
    *((STAGE, f"stage/{name}") for name in ("invoice", "payment", "return", "retailer")),
    (STAGE, "control/totals"),  # beside the plan
    (STAGE, "control/erp"),
    *((RUN, name) for name in ("ledger", "invoice", "payment", "return", "allocation", "retailer")),
    *((RUN, name) for name in ("retailer_features", "labels")),
]
GOLD = ("retailer_features", "labels")
Lakes = dict[str, SnapshotLake]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Lakes:
    """A lake per engine. Without Spark this fails: `-m "not spark"` is how to leave it out."""
    assert importlib.util.find_spec("pyspark"), "no Spark in this environment: make setup-spark"
    batches, identities = written_by_hand()
    ledger = generated_ledger(RETAILERS, seed=SEED)
    batches += deliver(ledger, batches=2, first_number=101)
    identities += identities_of(ledger)
    lakes = {}
    for engine in ("duckdb", "spark"):
        root = tmp_path_factory.mktemp(engine)
        lakes[engine] = SnapshotLake(root, batches, identities)
        calls = lakes[engine].invocations({RUN: Snapshot(AS_OF, MODELS, label_days=SNAPSHOTS)})
        run_dbt(root / "work", calls, target=engine)
    return lakes


def written_by_hand() -> tuple[list[Batch], list[Identity]]:
    """The ledger of test_golden.py, write-offs, and the largest amounts that ingestion accepts."""
    identities = [
        Identity(token(distributor, name), retailer_id(name), name == "asha")
        for name in NAMES
        for distributor in DISTRIBUTORS
    ]
    written_off = with_write_offs(Batch("dist_one", 21))
    return [*golden_ledger(), *largest_ledger(4, "bina", number=11), written_off], identities


def _table(lake: SnapshotLake, run: str, name: str) -> pa.Table:
    table = lake.table("gold" if name in GOLD else "silver", run, name)
    return table.sort_by([(column, "ascending") for column in table.column_names[:7]])


def _is_same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other, rel_tol=1e-12, abs_tol=1e-12)
    return bool(value == other)


@pytest.mark.parametrize(("run", "name"), TABLES)
def test_spark_and_duckdb_give_the_same_rows(both: Lakes, run: str, name: str) -> None:
    duck, spark = (_table(both[engine], run, name) for engine in ("duckdb", "spark"))
    assert spark.column_names == duck.column_names
    assert duck.num_rows >= {"control/totals": 100, "control/erp": 100, "ledger": 2}.get(name, RETAILERS / 4)
    gaps = [
        (column, place, value, other)
        for column in duck.column_names
        for place, (value, other) in enumerate(zip(duck[column].to_pylist(), spark[column].to_pylist(), strict=True))
        if not _is_same(value, other)
    ]
    assert gaps == []


def test_no_engine_finds_a_row_unreconciled(both: Lakes) -> None:
    assert [lake.table("silver", STAGE, "control/unreconciled").num_rows for lake in both.values()] == [0, 0]


def test_spark_gold_has_the_same_types(both: Lakes) -> None:
    types = [
        {field.name: field.type for field in lake.table("gold", RUN, "retailer_features").schema}
        for lake in both.values()
    ]
    assert types[0] == types[1]
