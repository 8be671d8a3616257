"""Monthly totals of a distributor's ledger: reading what the ERP states, and comparing it with live Bronze. Pure."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from altscore_libs.errors import FieldError, InvalidRequest

from altscore_ingestion.batches import bounds
from altscore_ingestion.batches.payload import DatedTable, ErpTotalIn

_MONEY = re.compile(rb"[0-9]{1,16}(?:\.[0-9]{1,2}0*)?\Z")


class MonthKey(NamedTuple):
    """One table in one month; the month is its first day."""

    table: DatedTable
    month_on: date


class ErpTotal(NamedTuple):
    """What the ERP says of the documents of a month that are not cancelled: how many, and their sum in rupees."""

    documents: int
    amount_inr: Decimal


class LiveTotal(NamedTuple):
    """What Bronze holds of a month: live records that are not cancelled, the documents they are parts of, their sum."""

    documents: int
    records: int
    amount_inr: Decimal


NOTHING = LiveTotal(documents=0, records=0, amount_inr=Decimal("0.00"))


@dataclass(frozen=True)
class MonthComparison:
    """One month of one table; `agrees` is None where nothing was compared."""

    key: MonthKey
    erp: ErpTotal | None
    bronze: LiveTotal | None
    agrees: bool | None

    @property
    def is_compared(self) -> bool:
        """Whether there were two sides."""
        return self.agrees is not None


@dataclass(frozen=True)
class Comparison:
    """All months of a question."""

    months: tuple[MonthComparison, ...]

    @property
    def is_compared(self) -> bool:
        """Whether at least one month was compared."""
        return any(month.is_compared for month in self.months)

    @property
    def agrees(self) -> bool | None:
        """False when a month differs, True when every month was compared and agrees, None otherwise."""
        verdicts = {month.agrees for month in self.months}
        if False in verdicts:
            return False
        return True if verdicts == {True} else None


def read_totals(stated: Sequence[ErpTotalIn], *, received_at: datetime) -> dict[MonthKey, ErpTotal]:
    """The totals of an envelope.

    Raises:
        InvalidRequest: an amount is not one, a month lies in the future or is stated twice; the paths are named.
    """
    faults: list[FieldError] = []
    totals: dict[MonthKey, ErpTotal] = {}
    latest = (received_at.astimezone(UTC) + bounds.LOOKAHEAD).date()
    for place, total in enumerate(stated):
        key = MonthKey(total.table, date.fromisoformat(f"{total.month}-01"))
        amount = _amount(bytes(total.amount_inr).strip())
        if amount is None:
            faults.append(FieldError(f"erp_totals[{place}].amount_inr", "is not an amount with at most two decimals"))
        elif key.month_on > latest:
            faults.append(FieldError(f"erp_totals[{place}].month", bounds.AFTER_LATEST))
        elif key in totals:
            faults.append(FieldError(f"erp_totals[{place}]", "states a table and month twice"))
        else:
            totals[key] = ErpTotal(total.count, amount)
    if faults:
        raise InvalidRequest("the batch breaks the schema", errors=faults)
    return totals


def _amount(raw: bytes) -> Decimal | None:
    if not _MONEY.match(raw):
        return None
    amount = Decimal(raw.decode("ascii"))
    return amount.quantize(Decimal("0.01")) if amount <= bounds.MAX_TOTAL_INR else None


def compare(
    stated: Mapping[MonthKey, ErpTotal], live: Mapping[MonthKey, LiveTotal], *, unknown_tables: Set[str]
) -> Comparison:
    """Compares month by month, every month that either side has.

    A month agrees when the sums are equal to the paisa and the ERP's number of documents lies between Bronze's
    documents and records: one document may be several records, and ERPs count the one or the other.

    Args:
        stated: the ERP's newest statements.
        live: of Bronze.
        unknown_tables: tables with records whose month or amount is not known, so that nothing of them can be compared.
    """
    months = []
    for key in sorted(stated.keys() | live.keys()):
        erp, bronze = stated.get(key), None if key.table in unknown_tables else live.get(key, NOTHING)
        agrees = None
        if erp is not None and bronze is not None:
            agrees = erp.amount_inr == bronze.amount_inr and bronze.documents <= erp.documents <= bronze.records
        months.append(MonthComparison(key=key, erp=erp, bronze=bronze, agrees=agrees))
    return Comparison(tuple(months))
