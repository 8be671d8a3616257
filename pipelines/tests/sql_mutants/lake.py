"""Tables of every snapshot in one DuckDB, made anew from the first model that a change touches."""

from collections.abc import Mapping, Sequence
from datetime import date
from threading import Timer
from typing import Any

import duckdb
import pyarrow as pa

from sql_mutants.places import Change
from sql_mutants.project import Model

STAGE = "stage"
SCRATCH = "scratch"
# Compared tables: exactly, or by a key as the oracle does where they hold doubles.
EXACT = ("silver_allocation", "silver_invoice", "labels", "labels_short")
BY_KEY = {"retailer_features": "retailer_id", "number_probe": "name", "feat_month_probe": "retailer_id"}
ONCE = {"labels", "labels_short", "number_probe", "feat_month_probe"}
LEFT_OUT = {"silver_invoice": "record_id"}
TOLERANCE = 1e-9
TIMEOUT_S = 120.0


class MutantLake:
    """The tables as they are, and what a change makes of them.

    Args:
        models: in order; compiled for `snapshots[0]`.
        snapshots: what is made once belongs to the first, the end of the ledgers.
    """

    def __init__(self, models: Sequence[Model], snapshots: Sequence[date]) -> None:
        self._models, self._snapshots = models, snapshots
        self._connection = duckdb.connect(config={"threads": 1})
        self._schemas = {day: f"day_{day:%Y%m%d}" for day in snapshots}
        for schema in (STAGE, SCRATCH, *self._schemas.values()):
            self._connection.execute(f"create schema {schema}")
        for model in models:
            if self._is_stage(model):
                self._make(STAGE, model, model.sql, where=self._places(snapshots[0]))
        for day in snapshots:
            for model in self._of_day(day):
                self._make(self._schemas[day], model, self._sql(model, day), where=self._places(day))

    def difference(self, change: Change) -> str | None:
        """Where the change is noticed first, or None.

        SQL that fails, and SQL that takes minutes where the whole lake takes a second, is noticed too.
        """
        touched = {model.name for model in self._models if change.place.mark in model.sql}
        for model in self._models:
            if model.reads & touched:
                touched.add(model.name)
        timer = Timer(TIMEOUT_S, self._connection.interrupt)
        timer.start()
        try:
            return self._first_difference(change, touched)
        except duckdb.Error as error:
            return type(error).__name__
        finally:
            timer.cancel()

    def rows(self, day: date, table: str) -> list[dict[str, Any]]:
        """A table as it is, for the oracle."""
        table_rows: list[dict[str, Any]] = (
            self._connection.execute(f"from {self._schemas[day]}.{table}").fetch_arrow_table().to_pylist()
        )
        return table_rows

    def _first_difference(self, change: Change, touched: set[str]) -> str | None:
        stage = [model for model in self._models if self._is_stage(model) and model.name in touched]
        for model in stage:
            self._make(SCRATCH, model, change.apply(model.sql), where=self._places(self._snapshots[0]))
        for day in self._snapshots:
            where = self._places(day) | dict.fromkeys(touched, SCRATCH)
            for model in self._of_day(day):
                if model.name not in touched:
                    continue
                self._make(SCRATCH, model, change.apply(self._sql(model, day)), where=where)
                if (model.name in EXACT or model.name in BY_KEY) and not self._is_same(model.name, day):
                    return f"{model.name} of {day}"
        return None

    def _is_same(self, name: str, day: date) -> bool:
        if name in BY_KEY:
            return _is_close(self._sorted(self._schemas[day], name), self._sorted(SCRATCH, name))
        left_out = LEFT_OUT.get(name)
        columns = f"* exclude ({left_out})" if left_out else "*"
        before, after = (f"select {columns} from {schema}.{name}" for schema in (self._schemas[day], SCRATCH))
        gaps = f"(({before}) except all ({after})) union all (({after}) except all ({before}))"
        return self._connection.execute(f"select 1 from ({gaps}) limit 1").fetchone() is None

    def _sorted(self, schema: str, name: str) -> pa.Table:
        return self._connection.execute(f"from {schema}.{name} order by {BY_KEY[name]}").fetch_arrow_table()

    def _make(self, schema: str, model: Model, sql: str, *, where: Mapping[str, str]) -> None:
        for name in model.reads:
            sql = sql.replace(f"@{name}@", f"{where[name]}.{name}")
        self._connection.execute(f"create or replace table {schema}.{model.name} as {sql}")

    def _sql(self, model: Model, day: date) -> str:
        return model.sql.replace(f"date '{self._snapshots[0]}'", f"date '{day}'")

    def _of_day(self, day: date) -> list[Model]:
        is_first = day == self._snapshots[0]
        return [model for model in self._models if not self._is_stage(model) and (is_first or model.name not in ONCE)]

    def _places(self, day: date) -> dict[str, str]:
        return {model.name: STAGE if self._is_stage(model) else self._schemas[day] for model in self._models}

    def _is_stage(self, model: Model) -> bool:
        return model.name.startswith("stg_")


def _is_close(before: pa.Table, after: pa.Table) -> bool:
    """As the oracle compares: doubles to 1e-9 of their size, everything else exactly."""
    if before.schema.names != after.schema.names or before.num_rows != after.num_rows:
        return False
    return all(_is_close_column(before[name], after[name]) for name in before.schema.names)


def _is_close_column(before: pa.ChunkedArray, after: pa.ChunkedArray) -> bool:
    if before.equals(after):
        return True
    if not (pa.types.is_floating(before.type) and pa.types.is_floating(after.type)):
        return False
    pairs = zip(before.to_pylist(), after.to_pylist(), strict=True)
    return all(_is_close_value(old, new) for old, new in pairs)


def _is_close_value(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is new
    return old == new or abs(old - new) <= TOLERANCE * max(1.0, abs(old))
