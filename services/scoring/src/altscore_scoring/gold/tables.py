"""Parquet tables of Gold's columns as frames."""

import io
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from altscore_scoring.errors import GoldUnusable
from altscore_scoring.gold.frame import GoldFrame

REQUIRED = (
    "retailer_id", "data_as_of_on", "completeness", "gmv_6m_inr", "overdue_90_amount_inr", "months_history", "district",
    "size_band",
)  # fmt: skip


def frame_of_table(table: pa.Table) -> GoldFrame:
    """A frame of a Gold table, sorted by retailer.

    Raises:
        GoldUnusable: a required column is missing or a retailer appears twice.
    """
    missing = [name for name in REQUIRED if name not in table.column_names]
    if missing:
        raise GoldUnusable(f"Gold lacks {', '.join(missing)}")
    table = table.take(pc.sort_indices(table["retailer_id"]))  # `sort_by` takes a library that no image has
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
        retailer_ids=tuple(table["retailer_id"].to_pylist()),
        numbers=numbers,
        gmv_6m_inr=tuple(_decimals(table["gmv_6m_inr"])),
        data_as_of_on=tuple(table["data_as_of_on"].to_pylist()),
        districts=tuple(table["district"].to_pylist()),
        size_bands=tuple(table["size_band"].to_pylist()),
    )


def read_parquet(parts: Sequence[bytes]) -> pa.Table:
    """One table of the bytes of several Parquet files of the same schema."""
    if not parts:
        raise GoldUnusable("the run names no file")
    return pa.concat_tables([pq.read_table(io.BytesIO(part)) for part in parts])


def _decimals(column: pa.ChunkedArray) -> list[Decimal | None]:
    if not pa.types.is_decimal(column.type):
        raise GoldUnusable("gmv_6m_inr is not a decimal")
    values: list[Decimal | None] = column.to_pylist()
    return values
