"""Rows of one Bronze file: readable, of the agreed columns, within the bounds; else the reason why not."""

import io
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from altscore_pipelines.bounds import EARLIEST_ON, LONGEST_CREDIT, MAX_AMOUNT_INR, MAX_ORDER
from altscore_pipelines.errors import RowsUnusable

_TEXT, _DAY, _MONEY, _INTEGER, _FLAG = pa.string(), pa.date32(), pa.decimal128(15, 2), pa.int32(), pa.bool_()
_ORDER = pa.int64()
_COMMON = {
    "distributor_id": _TEXT,
    "batch_id": _TEXT,
    "record_id": _TEXT,
    "subject_token": _TEXT,
    "ingested_at": pa.timestamp("us", tz="UTC"),
    "content_version": _INTEGER,
}
ORDERED_VERSION = 2  # schema version from which rows tell their order
# The columns that the models read (dbt/macros/bronze.sql); a file may have more.
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "invoices": _COMMON
    | {
        "invoice_id": _TEXT,
        "invoice_on": _DAY,
        "due_on": _DAY,
        "due_on_is_default": _FLAG,
        "amount_inr": _MONEY,
        "bill_ref": _TEXT,
        "sku_category": _TEXT,
        "line_count": _INTEGER,
        "is_cancelled": _FLAG,
    },
    "payments": _COMMON
    | {
        "payment_id": _TEXT,
        "line_no": _INTEGER,
        "invoice_id": _TEXT,
        "bill_ref": _TEXT,
        "paid_on": _DAY,
        "amount_inr": _MONEY,
        "payment_method": _TEXT,
        "is_bounced": _FLAG,
    },
    "returns": _COMMON | {"return_id": _TEXT, "invoice_id": _TEXT, "returned_on": _DAY, "amount_inr": _MONEY},
    "retailers": _COMMON | {"district": _TEXT, "is_active": _FLAG, "gst_status": _TEXT},
}
# What files of schema version 2 have besides; in version 1 nothing is cancelled but invoices, and every order is 0.
_STATEMENT = {"source_order": _ORDER, "sequence": _ORDER, "is_outdated": _FLAG}
LATER_COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "invoices": _STATEMENT,
    "payments": _STATEMENT | {"is_cancelled": _FLAG, "bounced_on": _DAY},
    "returns": _STATEMENT | {"is_cancelled": _FLAG},
    "retailers": {},
}
_OPTIONAL = {
    "invoices": {"due_on", "bill_ref", "sku_category", "line_count"},
    "payments": {"invoice_id", "bill_ref", "payment_method", "bounced_on"},
    "returns": {"invoice_id"},
    "retailers": {"district"},
}
_KEYS = {
    "invoices": ["invoice_id", "content_version"],
    "payments": ["payment_id", "line_no", "content_version"],
    "returns": ["return_id", "content_version"],
}
_DATED = {"invoices": "invoice_on", "payments": "paid_on", "returns": "returned_on"}


class MonthTotal(NamedTuple):
    """Records, or documents, of one table and month and what they amount to in paise."""

    table_name: str
    month: str
    row_count: int
    amount_paise: int


def read_rows(table: str, body: bytes, *, schema_version: int) -> pa.Table:
    """The columns of a Bronze file that the models read.

    Raises:
        RowsUnusable: not Parquet, or a column is missing or of another type.
    """
    columns = COLUMNS[table] | (LATER_COLUMNS[table] if schema_version >= ORDERED_VERSION else {})
    try:
        file = pq.ParquetFile(io.BytesIO(body))
        schema = file.schema_arrow
        wrong = [
            name
            for name, kind in columns.items()
            if schema.names.count(name) != 1 or not schema.field(name).type.equals(kind)
        ]
        if wrong:
            raise RowsUnusable(f"column {wrong[0]} is missing or of another type")
        rows = file.read(columns=list(columns))
        rows.validate(full=True)  # texts are UTF-8, decimals have their digits
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise RowsUnusable("not readable as Parquet") from error
    return rows


def check_rows(table: str, rows: pa.Table, *, distributor_id: str, batch_id: str, latest_on: date) -> list[MonthTotal]:
    """Checks the rows of one file.

    Args:
        table: of Bronze.
        rows: as `read_rows` gives them.
        distributor_id: whose rows these must be.
        batch_id: of which they must be.
        latest_on: last day that a record may bear.

    Returns:
        Their totals per month; none for `retailers`, which have no month.

    Raises:
        RowsUnusable: a rule is broken; the reason names rule and column, no value.
    """
    if rows.num_rows == 0:
        return []
    _check_filled(rows, [name for name in rows.column_names if name not in _OPTIONAL[table]])
    for name, value in (("distributor_id", distributor_id), ("batch_id", batch_id)):
        if pc.any(pc.not_equal(rows[name], value)).as_py():
            raise RowsUnusable(f"rows of another {name}")
    if table not in _DATED:
        return []
    for key in (["record_id"], _KEYS[table]):
        if rows.group_by(key).aggregate([]).num_rows != rows.num_rows:
            raise RowsUnusable(f"two rows of one {key[0]}")
    _check_bounds(table, rows, latest_on)
    return _totals(table, rows)


def _check_filled(rows: pa.Table, names: Sequence[str]) -> None:
    for name in names:
        if rows[name].null_count:
            raise RowsUnusable(f"column {name} lacks a value")


def _check_bounds(table: str, rows: pa.Table, latest_on: date) -> None:
    amounts = pc.min_max(rows["amount_inr"]).as_py()
    if not 0 < amounts["min"] <= amounts["max"] <= MAX_AMOUNT_INR:
        raise RowsUnusable("column amount_inr is out of bounds")
    days = pc.min_max(rows[_DATED[table]]).as_py()
    if not EARLIEST_ON <= days["min"] <= days["max"] <= latest_on:
        raise RowsUnusable(f"column {_DATED[table]} is out of bounds")
    _check_order(rows)
    if "bounced_on" in rows.column_names:
        _check_bounces(rows, latest_on)
    if table != "invoices":
        return
    credit = pc.min_max(pc.subtract(rows["due_on"].cast(pa.int32()), rows["invoice_on"].cast(pa.int32()))).as_py()
    if credit["min"] is not None and not 0 <= credit["min"] <= credit["max"] <= LONGEST_CREDIT.days:
        raise RowsUnusable("column due_on is out of bounds")


def _check_order(rows: pa.Table) -> None:
    for name in ("source_order", "sequence"):
        if name in rows.column_names:
            orders = pc.min_max(rows[name]).as_py()
            if not 0 <= orders["min"] <= orders["max"] <= MAX_ORDER:
                raise RowsUnusable(f"column {name} is out of bounds")


def _check_bounces(rows: pa.Table, latest_on: date) -> None:
    known = rows.filter(pc.is_valid(rows["bounced_on"]))
    if known.num_rows == 0:
        return
    is_early = pc.any(pc.less(known["bounced_on"], known["paid_on"])).as_py()
    if is_early or pc.max(known["bounced_on"]).as_py() > latest_on or not pc.all(known["is_bounced"]).as_py():
        raise RowsUnusable("column bounced_on is out of bounds")


def _totals(table: str, rows: pa.Table) -> list[MonthTotal]:
    on, amount = rows[_DATED[table]], rows["amount_inr"].cast(pa.decimal128(38, 2))
    month = pc.add(pc.multiply(pc.year(on), 12), pc.subtract(pc.month(on), 1))
    groups = pa.table({"month": month, "amount": amount}).group_by("month")
    return [
        MonthTotal(
            table_name=table,
            month=f"{group['month'] // 12:04d}-{group['month'] % 12 + 1:02d}",
            row_count=group["amount_count"],
            amount_paise=int(group["amount_sum"] * 100),
        )
        for group in groups.aggregate([("amount", "count"), ("amount", "sum")]).to_pylist()
    ]
