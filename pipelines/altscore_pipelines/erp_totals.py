"""ERP = Bronze: what each ERP says of its own ledger, and what a run says of the comparison with Bronze."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from altscore_pipelines.bronze import Batch
from altscore_pipelines.bronze_rows import MonthTotal

NAMED_MONTHS = 12
_Month = tuple[str, str, str]
_Order = tuple[int, datetime, str]
_log = logging.getLogger("altscore.pipeline")


class Statement(NamedTuple):
    """The newest statement of a ledger about one of its months.

    Attributes:
        is_newest: False where a later batch brought records of that month, so that the statement no longer tells the
            whole: a sync is under way, or was cut off before its last batch, which carries the totals.
    """

    distributor_id: str
    table_name: str
    month: str
    document_count: int
    amount_paise: int
    is_newest: bool


@dataclass(frozen=True)
class LedgerComparison:
    """A ledger that was not, or not wholly, found equal to Bronze.

    Attributes:
        differing: its months (of one table each) whose documents or rupees are not those of its ERP.
        not_compared: its months of which its ERP told no total, or none since the last records came.
        differences: the newest of the months that differ, at most NAMED_MONTHS.
    """

    distributor_id: str
    agreeing: int
    differing: int
    not_compared: int
    differences: tuple[dict[str, Any], ...]


class ErpComparison(NamedTuple):
    """Of one run; a ledger that agrees in every month is in the sum alone."""

    agreeing: int
    ledgers: list[LedgerComparison]

    @property
    def differing(self) -> list[LedgerComparison]:
        """The ledgers that differ."""
        return [ledger for ledger in self.ledgers if ledger.differing]

    @property
    def not_compared(self) -> list[LedgerComparison]:
        """The ledgers of which months, or all, were compared with nothing."""
        return [ledger for ledger in self.ledgers if ledger.not_compared]

    def document(self) -> dict[str, Any]:
        """As Gold's manifest tells it; counts are months of one table of one ledger."""
        return {
            "agreeing": self.agreeing,
            "differing": sum(ledger.differing for ledger in self.ledgers),
            "not_compared": sum(ledger.not_compared for ledger in self.ledgers),
            "ledgers": [asdict(ledger) | {"differences": list(ledger.differences)} for ledger in self.ledgers],
        }


def newest_statements(batches: Sequence[Batch]) -> list[Statement]:
    """The newest statement about every month of every ledger: by the batch's sequence, then by its arrival."""
    stated: dict[_Month, tuple[_Order, MonthTotal]] = {}
    moved: dict[_Month, _Order] = {}
    for batch in batches:
        order = (*batch.order, batch.batch_id)
        for total in batch.stated:
            key = (batch.distributor_id, total.table_name, total.month)
            if key not in stated or stated[key][0] < order:
                stated[key] = (order, total)
        for total in batch.totals:
            key = (batch.distributor_id, total.table_name, total.month)
            moved[key] = max(moved.get(key, order), order)
    return [
        Statement(
            distributor_id=key[0],
            table_name=key[1],
            month=key[2],
            document_count=total.row_count,
            amount_paise=total.amount_paise,
            is_newest=moved.get(key, order) <= order,
        )
        for key, (order, total) in sorted(stated.items())
    ]


def comparison_of(months: pa.Table | None) -> ErpComparison:
    """The rows of `erp_comparison`, by ledger."""
    by_ledger: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in [] if months is None else months.to_pylist():
        by_ledger[row["distributor_id"]].append(row)
    ledgers = [_ledger(distributor_id, rows) for distributor_id, rows in sorted(by_ledger.items())]
    return ErpComparison(
        agreeing=sum(ledger.agreeing for ledger in ledgers),
        ledgers=[ledger for ledger in ledgers if ledger.differing or ledger.not_compared],
    )


def _ledger(distributor_id: str, rows: Sequence[dict[str, Any]]) -> LedgerComparison:
    outcomes = [row["outcome"] for row in rows]
    differing = [row for row in rows if row["outcome"] == "differs"]
    newest_first = sorted(differing, key=lambda row: (row["month"], row["table_name"]), reverse=True)
    return LedgerComparison(
        distributor_id=distributor_id,
        agreeing=outcomes.count("agrees"),
        differing=len(differing),
        not_compared=outcomes.count("not_compared"),
        differences=tuple(_difference(row) for row in newest_first[:NAMED_MONTHS]),
    )


def _difference(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "table": row["table_name"],
        "month": row["month"],
        "gap": row["reason"],
        "erp": {"documents": row["erp_documents"], "amount_inr": f"{row['erp_inr']:.2f}"},
        "bronze": {
            "documents": row["bronze_documents"],
            "records": row["bronze_records"],
            "amount_inr": f"{row['bronze_inr']:.2f}",
        },
    }


def log_differences(comparison: ErpComparison) -> None:
    """A line per ledger that differs, and one for all that were not compared."""
    for ledger in comparison.differing:
        months = [f"{gap['table']} {gap['month']} ({gap['gap']})" for gap in ledger.differences]
        _log.warning(
            "ledger differs from its ERP",
            extra={"distributor_id": ledger.distributor_id, "differing": ledger.differing, "months": months},
        )
    if comparison.not_compared:
        names = [ledger.distributor_id for ledger in comparison.not_compared]
        _log.info("ledgers not compared with their ERP", extra={"count": len(names), "distributors": names[:50]})
