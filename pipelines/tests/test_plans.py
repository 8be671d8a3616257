"""Every model and every test is planned with joins on equality: work grows with the rows, not with their square."""

import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from altscore_pipelines.errors import DbtFailed
from altscore_pipelines.hooks.dbt import Invocation
from altscore_pipelines.jobs.silver_to_gold import CONTROL, GOLD
from conftest import GoldenRun, Pipeline
from ledgers import AS_OF

pytestmark = pytest.mark.timeout(600)
JOIN = re.compile(r"\b[A-Z_]*(?:JOIN|CROSS_PRODUCT)\b")
ON_EQUALITY = {"HASH_JOIN", "LEFT_DELIM_JOIN", "RIGHT_DELIM_JOIN"}
# The label's term is a range of days, joined with a handful of snapshots that the caller names.
BY_DESIGN = {"labels.sql"}


@pytest.fixture(scope="module")
def silver(golden_run: GoldenRun) -> tuple[Pipeline, str]:
    """A run before its second step: the identity map is still there, so that every statement can be planned."""
    return golden_run.after_silver(), golden_run.run_id


def build(pipeline: Pipeline, run_id: str, *invocations: tuple[str, tuple[str, ...]]) -> None:
    """Runs dbt over the run as the second step does."""
    variables = {"lake_root": pipeline.lake.root, "run_id": run_id, "as_of": AS_OF.isoformat()}
    dbt = pipeline.engine().make_dbt(run_id)
    dbt.run([Invocation(command, select, variables) for command, select in invocations])


def statements(pipeline: Pipeline, run_id: str) -> dict[str, str]:
    """Compiled SQL by name, of models and of tests."""
    compiled = pipeline.root / "work" / run_id / "target/compiled/altscore"
    return {path.relative_to(compiled).as_posix(): path.read_text() for path in compiled.rglob("*.sql")}


def plan_views(connection: duckdb.DuckDBPyConnection, lake: Path, run_id: str) -> None:
    """The views that generic tests name: one per Parquet table of the run."""
    for layer in ("silver", "gold"):
        root = lake / layer / f"run={run_id}"
        for file in root.rglob("part-0.parquet"):
            name = file.parent.relative_to(root).as_posix().replace("/", "_")
            folder = name if "_" in name and name.startswith(("stage", "control", "plan")) else f"{layer}_{name}"
            connection.sql(f"create or replace view {folder} as select * from read_parquet('{file}')")


def test_no_statement_joins_on_anything_but_equality(silver: tuple[Pipeline, str]) -> None:
    pipeline, run_id = silver
    build(pipeline, run_id, ("build", CONTROL), ("build", GOLD), ("compile", ("path:models", "path:tests")))
    planned = {}
    with duckdb.connect() as connection:
        plan_views(connection, pipeline.root / "lake-bucket", run_id)
        for name, sql in statements(pipeline, run_id).items():
            ((_, plan),) = connection.sql(f"explain {sql}").fetchall()
            planned[name] = set(JOIN.findall(plan))
    assert len(planned) > 40
    assert any("HASH_JOIN" in joins for joins in planned.values())
    others = {name: joins - ON_EQUALITY for name, joins in planned.items() if name.rpartition("/")[2] not in BY_DESIGN}
    assert {name: joins for name, joins in others.items() if joins} == {}


@pytest.fixture(scope="module")
def sound_silver(silver: tuple[Pipeline, str]) -> tuple[Pipeline, str]:
    """As the run made it no allocation exceeds anything."""
    build(*silver, ("test", ("allocations_never_exceed",)))
    return silver


@pytest.mark.parametrize("source", ["payment", "return"])
@pytest.mark.parametrize("damage", ["paid more than it brought", "an unknown credit"])
def test_an_allocation_that_exceeds_its_credit_stops_the_run(
    sound_silver: tuple[Pipeline, str], source: str, damage: str
) -> None:
    pipeline, run_id = sound_silver
    path = pipeline.root / f"lake-bucket/silver/run={run_id}/allocation/part-0.parquet"
    sound = path.read_bytes()
    table = pq.read_table(path)
    place = table["source"].to_pylist().index(source)
    column: str
    value: str | Decimal
    if damage == "an unknown credit":
        column, value = "source_id", "nobody's"
    else:
        brought = {("payment", "P1"): "1000.00", ("return", "R1"): "500.00", ("return", "DR"): "100.00"}
        credit = (source, table["source_id"][place].as_py())
        column, value = "amount_inr", Decimal(brought[credit]) + Decimal("0.01")
    values = table[column].to_pylist()
    values[place] = value
    position = table.schema.get_field_index(column)
    pq.write_table(table.set_column(position, column, pa.array(values, type=table.schema.field(column).type)), path)
    try:
        with pytest.raises(DbtFailed, match="allocations_never_exceed: Got 1 result"):
            build(pipeline, run_id, ("test", ("allocations_never_exceed",)))
    finally:
        path.write_bytes(sound)
