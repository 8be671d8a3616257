"""A Gold run in memory: columns of retailers, sorted by id, and the row form that evidence keeps."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.errors import GoldUnusable

Floats = NDArray[np.float64]


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

    def column(self, name: str) -> Floats:
        """One column; unknown throughout where the frame lacks it, as a training set of an outside ledger may."""
        values = self.numbers.get(name)
        return np.full(len(self), math.nan) if values is None else values

    def take(self, indices: "Sequence[int] | NDArray[np.int64]") -> "GoldFrame":
        """The rows at these positions."""
        return GoldFrame(
            retailer_ids=tuple(self.retailer_ids[i] for i in indices),
            numbers={name: values[np.asarray(indices, dtype=np.int64)] for name, values in self.numbers.items()},
            gmv_6m_inr=tuple(self.gmv_6m_inr[i] for i in indices),
            data_as_of_on=tuple(self.data_as_of_on[i] for i in indices),
            districts=tuple(self.districts[i] for i in indices),
            size_bands=tuple(self.size_bands[i] for i in indices),
        )

    def facts(self, index: int) -> dict[str, float]:
        """Every number of one row, for the plain facts of GR-3."""
        return {name: float(values[index]) for name, values in self.numbers.items()}

    def row(self, index: int) -> dict[str, Any]:
        """One row as JSON values; doubles survive RFC 8785 unchanged, an unknown number is null."""
        data_on = self.data_as_of_on[index]
        return {
            "retailer_id": self.retailer_ids[index],
            "numbers": {name: None if math.isnan(v) else v for name, v in sorted(self.facts(index).items())},
            "gmv_6m_inr": None if self.gmv_6m_inr[index] is None else str(self.gmv_6m_inr[index]),
            "data_as_of_on": None if data_on is None else data_on.isoformat(),
            "district": self.districts[index],
            "size_band": self.size_bands[index],
        }


def frame_of_row(row: Mapping[str, Any]) -> GoldFrame:
    """The frame of a single evidence row; the inverse of `GoldFrame.row`."""
    data_on, gmv = row["data_as_of_on"], row["gmv_6m_inr"]
    return GoldFrame(
        retailer_ids=(row["retailer_id"],),
        numbers={name: np.array([math.nan if v is None else float(v)]) for name, v in row["numbers"].items()},
        gmv_6m_inr=(None if gmv is None else Decimal(gmv),),
        data_as_of_on=(None if data_on is None else date.fromisoformat(data_on),),
        districts=(row["district"],),
        size_bands=(row["size_band"],),
    )
