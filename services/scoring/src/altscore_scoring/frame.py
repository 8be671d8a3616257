"""A Gold run in memory: columns of retailers, sorted by id, and the row form that evidence keeps."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from altscore_scoring.errors import GoldUnusable

Floats = NDArray[np.float64]
REQUIRED = ("retailer_id", "data_as_of_on", "completeness", "gmv_6m_inr", "months_history", "district", "size_band")


@dataclass(frozen=True)
class GoldFrame:
    """Retailers of one run; `numbers` holds every numeric column by name, NaN where unknown."""

    retailer_ids: tuple[str, ...]
    numbers: Mapping[str, Floats]
    gmv_6m_inr: tuple[Decimal | None, ...]
    data_as_of_on: tuple[date | None, ...]
    districts: tuple[str | None, ...]
    size_bands: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.retailer_ids)

    def matrix(self, names: Sequence[str]) -> Floats:
        """Rows by the named columns, in that order.

        Raises:
            GoldUnusable: a column is missing.
        """
        missing = [name for name in names if name not in self.numbers]
        if missing:
            raise GoldUnusable(f"Gold lacks {', '.join(missing[:5])}")
        return np.column_stack([self.numbers[name] for name in names])

    def take(self, indices: "Sequence[int] | NDArray[np.int64]") -> "GoldFrame":
        """The rows at these positions."""
        return GoldFrame(
            tuple(self.retailer_ids[i] for i in indices),
            {name: values[np.asarray(indices, dtype=np.int64)] for name, values in self.numbers.items()},
            tuple(self.gmv_6m_inr[i] for i in indices),
            tuple(self.data_as_of_on[i] for i in indices),
            tuple(self.districts[i] for i in indices),
            tuple(self.size_bands[i] for i in indices),
        )

    def facts(self, index: int) -> dict[str, float]:
        """Every number of one row, for the plain facts of GR-3."""
        return {name: float(values[index]) for name, values in self.numbers.items()}

    def row(self, index: int) -> dict[str, Any]:
        """One row as JSON values; doubles survive RFC 8785 unchanged, an unknown number is null."""
        known = self.data_as_of_on[index]
        return {
            "retailer_id": self.retailer_ids[index],
            "numbers": {name: None if math.isnan(v) else v for name, v in sorted(self.facts(index).items())},
            "gmv_6m_inr": None if self.gmv_6m_inr[index] is None else str(self.gmv_6m_inr[index]),
            "data_as_of_on": None if known is None else known.isoformat(),
            "district": self.districts[index],
            "size_band": self.size_bands[index],
        }


def frame_of_row(row: Mapping[str, Any]) -> GoldFrame:
    """The frame of a single evidence row; the inverse of `GoldFrame.row`."""
    known, gmv = row["data_as_of_on"], row["gmv_6m_inr"]
    return GoldFrame(
        (row["retailer_id"],),
        {name: np.array([math.nan if v is None else float(v)]) for name, v in row["numbers"].items()},
        (None if gmv is None else Decimal(gmv),),
        (None if known is None else date.fromisoformat(known),),
        (row["district"],),
        (row["size_band"],),
    )


def frame_of_table(table: pa.Table) -> GoldFrame:
    """A frame of a Gold table, sorted by retailer.

    Raises:
        GoldUnusable: a required column is missing or a retailer appears twice.
    """
    missing = [name for name in REQUIRED if name not in table.column_names]
    if missing:
        raise GoldUnusable(f"Gold lacks {', '.join(missing)}")
    table = table.sort_by("retailer_id")
    if pc.count_distinct(table["retailer_id"]).as_py() != table.num_rows:
        raise GoldUnusable("a retailer appears twice in Gold")
    return columns_of(table)


def columns_of(table: pa.Table) -> GoldFrame:
    """The columns of a table in its own order; a training set repeats a retailer once per snapshot."""
    numbers = {}
    for field in table.schema:
        if pa.types.is_floating(field.type) or pa.types.is_integer(field.type) or pa.types.is_decimal(field.type):
            column = table[field.name].cast(pa.float64()).combine_chunks()
            numbers[field.name] = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    return GoldFrame(
        tuple(table["retailer_id"].to_pylist()),
        numbers,
        tuple(_decimals(table["gmv_6m_inr"])),
        tuple(table["data_as_of_on"].to_pylist()),
        tuple(table["district"].to_pylist()),
        tuple(table["size_band"].to_pylist()),
    )


def read_parquet(parts: Sequence[bytes]) -> pa.Table:
    """One table of the bytes of several Parquet files of the same schema."""
    if not parts:
        raise GoldUnusable("the run names no file")
    return pa.concat_tables([pq.read_table(io.BytesIO(part)) for part in parts])


def _decimals(column: pa.ChunkedArray) -> list[Decimal | None]:
    if not pa.types.is_decimal(column.type):
        raise GoldUnusable("gmv_6m_inr is not a decimal")
    found: list[Decimal | None] = column.to_pylist()
    return found
