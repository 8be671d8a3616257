"""Any credit table with a binary outcome, read by a mapping that says what its columns mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from altscore_scoring.digests import digest_of, sha256_hex
from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.model.features import Feature
from altscore_scoring.training.dataset import TrainingSet

Floats = NDArray[np.float64]
UNKNOWN = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"})
FAMILY = "outside"


Direction = Annotated[int, Field(ge=-1, le=1)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LabelColumn(_Document):
    """Which column is the outcome, and which of its values are bad; every other known value is good."""

    column: str
    bad: Annotated[list[str], Field(min_length=1)]


class TimeColumn(_Document):
    """Which column is the day of a row, how it is written, and after how many days its outcome is final."""

    column: str
    format: str = "%Y-%m-%d"
    outcome_days: Annotated[int, Field(ge=0, le=3_650)]


class TableMapping(_Document):
    """What the columns of a table mean.

    Attributes:
        about: what the data are, in words.
        features: column → direction: 1 where more is riskier, -1 where more is safer, 0 where nobody knows.
        customer: rows of one customer stay in one part; without it every row is a customer.
        time: without it the split is by customer alone, and the report says so.
        groups: columns whose groups are compared; never features by themselves.
        delimiter: between two values.
        names: of the columns, where the table has no head.
    """

    about: str
    label: LabelColumn
    features: Annotated[dict[str, Direction], Field(min_length=1)]
    customer: str | None = None
    time: TimeColumn | None = None
    groups: list[str] = []
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    names: list[str] | None = None

    @model_validator(mode="after")
    def _outcome_is_no_feature(self) -> "TableMapping":
        named = {self.label.column, self.customer, *([self.time.column] if self.time else [])}
        if named & set(self.features):
            raise ValueError("the outcome, the customer and the time are no features")
        return self

    def columns(self) -> list[str]:
        """Every column that is read."""
        further = [self.label.column, self.customer, self.time.column if self.time else None, *self.groups]
        return list(dict.fromkeys([*self.features, *(name for name in further if name is not None)]))


@dataclass(frozen=True)
class OutsideTable:
    """A table as the trainer takes it, with its groups by column and how many rows had no outcome."""

    data: TrainingSet
    features: tuple[Feature, ...]
    groups: Mapping[str, tuple[str | None, ...]]
    unlabelled: int


def load_outside_table(table: Path, mapping: Path) -> OutsideTable:
    """Reads a CSV file by its mapping, a YAML file with the keys of `TableMapping`.

    Raises:
        TrainingSetUnusable: the mapping or the table cannot be read as stated; the message names columns, no values.
    """
    try:
        raw, stated = table.read_bytes(), mapping.read_bytes()
        # Only texts: a column may be called No or Yes.
        document = yaml.load(stated, yaml.BaseLoader)  # noqa: S506  # it makes texts, lists and mappings alone
        meaning = TableMapping.model_validate(document)
    except OSError as error:
        raise TrainingSetUnusable("the table or its mapping cannot be read") from error
    except (ValidationError, yaml.YAMLError) as error:
        raise TrainingSetUnusable(f"the mapping is not usable: {_where(error)}") from error
    rows = _read(raw, meaning)
    outcome = rows[meaning.label.column]
    rows = rows.filter(pc.is_valid(outcome))
    unlabelled = len(outcome) - rows.num_rows
    days = _days(rows, meaning)
    customers = _customers(rows, meaning)
    order = np.array(sorted(range(rows.num_rows), key=lambda i: (days[i] if days else date.min, customers[i], i)))
    rows = rows.take(pa.array(order, pa.int64()))
    bad = set(meaning.label.bad)
    frame = _frame([customers[i] for i in order], {name: _numbers(rows[name], name) for name in meaning.features})
    data = TrainingSet(
        frame=frame,
        is_bad=np.array([float(value in bad) for value in rows[meaning.label.column].to_pylist()]),
        snapshots=tuple(days[i] for i in order) if days else (),
        digest=digest_of({"table": sha256_hex(raw), "mapping": sha256_hex(stated)}),
        outcome_days=meaning.time.outcome_days if meaning.time else 0,
        about=meaning.about,
    )
    return OutsideTable(
        data=data,
        features=tuple(_feature(name, direction) for name, direction in sorted(meaning.features.items())),
        groups={name: tuple(rows[name].to_pylist()) for name in meaning.groups},
        unlabelled=unlabelled,
    )


def _read(raw: bytes, meaning: TableMapping) -> pa.Table:
    names = meaning.columns()
    try:
        options = pacsv.ConvertOptions(
            include_columns=names,
            column_types={name: pa.string() for name in names},
            null_values=sorted(UNKNOWN),
            strings_can_be_null=True,
        )
        rows = pacsv.read_csv(
            pa.BufferReader(raw),
            read_options=pacsv.ReadOptions(column_names=meaning.names),
            parse_options=pacsv.ParseOptions(delimiter=meaning.delimiter),
            convert_options=options,
        )
        return pa.table({name: _known(rows[name]) for name in names})
    except KeyError as error:
        raise TrainingSetUnusable("the table lacks a column that the mapping names") from error
    except (pa.ArrowException, ValueError) as error:
        raise TrainingSetUnusable("the table is no CSV of one width in UTF-8") from error


def _known(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Trimmed texts; what is unknown behind blanks is unknown too, and no value."""
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(trimmed, pa.array(sorted(UNKNOWN))), pa.scalar(None, pa.string()), trimmed)


def _numbers(column: pa.ChunkedArray, name: str) -> Floats:
    try:
        numbers = column.cast(pa.float64()).combine_chunks()
    except pa.ArrowException as error:
        raise TrainingSetUnusable(f"column {name} holds what is no number") from error
    values = np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    if (np.abs(values) > np.finfo(np.float32).max).any():  # the booster's inputs have 32 bits
        raise TrainingSetUnusable(f"column {name} holds an infinite number, or one too large to learn from")
    return values


def _days(rows: pa.Table, meaning: TableMapping) -> list[date]:
    if meaning.time is None:
        return []
    try:
        return [
            datetime.strptime(text, meaning.time.format).date()  # noqa: DTZ007  # a day without a zone
            for text in rows[meaning.time.column].to_pylist()
        ]
    except (TypeError, ValueError, re.error) as error:  # a format that names a field twice is no pattern
        raise TrainingSetUnusable(f"column {meaning.time.column} holds what is no day of that format") from error


def _customers(rows: pa.Table, meaning: TableMapping) -> list[str]:
    if meaning.customer is None:
        return [f"row-{number}" for number in range(rows.num_rows)]
    customers: Sequence[str | None] = rows[meaning.customer].to_pylist()
    if None in customers:
        raise TrainingSetUnusable(f"column {meaning.customer} lacks a customer")
    return [f"{customer}" for customer in customers]


def _frame(customers: Sequence[str], numbers: Mapping[str, Floats]) -> GoldFrame:
    nothing = (None,) * len(customers)
    return GoldFrame(
        retailer_ids=tuple(customers),
        numbers=numbers,
        gmv_6m_inr=nothing,
        data_as_of_on=nothing,
        districts=nothing,
        size_bands=nothing,
    )


def _feature(name: str, direction: int) -> Feature:
    return Feature(name=name, family=FAMILY, group=None, direction=direction, is_croston=False)


def _where(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'columns'}: {item['msg']}" for item in error.errors())
    return "not YAML"
