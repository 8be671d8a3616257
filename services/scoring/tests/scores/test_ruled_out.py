"""Rules that answer before the model: asked of a whole run they say what they say of each retailer alone."""

import math
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails.eligibility import EXISTING_DEFAULT, is_in_default
from altscore_scoring.scores.domain import Blocked, answerable_rows, ruled_out
from hypothesis import given, settings
from hypothesis import strategies as st

from .. import synthetic


class Row(NamedTuple):
    """What the rules look at."""

    overdue: float
    gmv: Decimal | None
    recency: float
    completeness: float


UNKNOWN = [math.nan, math.inf, -math.inf]
AMOUNTS = st.one_of(
    st.sampled_from([*UNKNOWN, -0.01, -0.0, 0.0, 0.01, 59_999.99, 60_000.0, 60_000.01, 0.1 + 0.2]),
    st.integers(0, 10**13).map(lambda paise: paise / 100),
    st.floats(-1e3, 1e15),
)
PURCHASES = st.one_of(
    st.none(), st.sampled_from([Decimal("600000"), Decimal(0), Decimal(3)]),
    st.integers(-(10**6), 10**14).map(lambda paise: Decimal(paise) / 100),
)  # fmt: skip
RECENCIES = st.one_of(st.sampled_from([*UNKNOWN, 0.0, 90.0, 90.01, 91.0]), st.floats(0, 400))
COMPLETENESS = st.one_of(st.sampled_from([*UNKNOWN, 49.9, 50.0]), st.floats(0, 100))
ROWS = st.lists(st.builds(Row, AMOUNTS, PURCHASES, RECENCIES, COMPLETENESS), max_size=20)


def frame_of(rows: list[Row]) -> GoldFrame:
    """A frame with nothing but what the rules look at."""
    numbers = {
        "overdue_90_amount_inr": [row.overdue for row in rows],
        "recency_days": [row.recency for row in rows],
        "completeness": [row.completeness for row in rows],
    }
    return GoldFrame(
        retailer_ids=tuple(synthetic.retailer_id(number) for number in range(len(rows))),
        numbers={name: np.array(values, dtype=np.float64) for name, values in numbers.items()},
        gmv_6m_inr=tuple(row.gmv for row in rows),
        data_as_of_on=(date(2026, 5, 19),) * len(rows),
        districts=("Jaipur",) * len(rows),
        size_bands=("small",) * len(rows),
    )


def ruled_out_alone(retailer_id: str, row: Row) -> Blocked | None:
    """The rules one after the other, over one retailer."""
    if checks.is_completeness_blocked(row.completeness):
        return Blocked(retailer_id, "GR-5", "DATA_INSUFFICIENT")
    amount = Decimal(repr(row.overdue)) if math.isfinite(row.overdue) else None
    is_default = is_in_default(amount, gmv_6m_inr=row.gmv, recency_days=row.recency)
    if is_default is None:
        return Blocked(retailer_id, EXISTING_DEFAULT, "DATA_INSUFFICIENT")
    return Blocked(retailer_id, EXISTING_DEFAULT, "MANUAL_REVIEW_REQUIRED") if is_default else None


@settings(max_examples=400, deadline=None)
@given(rows=ROWS)
def test_the_rules_say_of_a_run_what_they_say_of_each_retailer_alone(rows: list[Row]) -> None:
    frame = frame_of(rows)
    alone = {index: ruled_out_alone(frame.retailer_ids[index], row) for index, row in enumerate(rows)}
    expected = {index: block for index, block in alone.items() if block is not None}
    assert ruled_out(frame) == expected
    assert answerable_rows(frame) == [index for index in range(len(rows)) if index not in expected]


def test_a_ledger_without_the_overdue_amount_is_unknown_throughout() -> None:
    frame = frame_of([Row(overdue=0.0, gmv=Decimal(1), recency=1.0, completeness=90.0)] * 3)
    del frame.numbers["overdue_90_amount_inr"]  # type: ignore[attr-defined]
    assert {(block.reason, block.code) for block in ruled_out(frame).values()} == {
        (EXISTING_DEFAULT, "DATA_INSUFFICIENT")
    }
    assert answerable_rows(frame) == []
