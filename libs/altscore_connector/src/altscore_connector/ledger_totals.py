"""What AltScore's own comparison says: the ERP's totals of every month against what AltScore holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from altscore_connector.errors import DeliveryError

_DIFFERS = (
    "differs: {table} of {month}: the ERP says {erp_count} documents, {erp_inr}; AltScore holds {documents}, "
    "{held_inr}. Look at quarantined records and findings first, then run `altscore-connector resync`",
    "अंतर: {month} ({table}): ERP में {erp_count} दस्तावेज़, {erp_inr}; AltScore में {documents}, {held_inr}। पहले अलग "
    "रखे रिकॉर्ड और सूचनाएँ देखें, फिर `altscore-connector resync` चलाएँ",
)


@dataclass(frozen=True)
class MonthTotals:
    """One table in one month.

    Attributes:
        erp: number of documents and rupees that the ERP states; None where it states none.
        held: the same of what AltScore holds; None where it is not known.
        agrees: None where nothing was compared.
    """

    table: str
    month: str
    erp: tuple[int, Decimal] | None
    held: tuple[int, Decimal] | None
    agrees: bool | None


def months_of(answer: Mapping[str, Any]) -> list[MonthTotals]:
    """The months of an answer.

    Raises:
        DeliveryError: it is none.
    """
    try:
        return [_month(month) for month in answer["months"]]
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise DeliveryError("AltScore's comparison of totals cannot be read", status=200) from None


def lines_of(months: Sequence[MonthTotals]) -> Iterator[str]:
    """For the terminal: one line for all, and two for every month that differs."""
    counts = {verdict: sum(month.agrees is verdict for month in months) for verdict in (True, False, None)}
    yield (
        f"ERP and AltScore, by table and month: {counts[True]} agree, {counts[False]} differ, "
        f"{counts[None]} not compared"
    )
    for month in months:
        if month.agrees is False and month.erp is not None and month.held is not None:
            values = {"table": month.table, "month": month.month, "erp_count": month.erp[0], "documents": month.held[0]}
            for text in _DIFFERS:
                yield text.format(erp_inr=f"{month.erp[1]:.2f}", held_inr=f"{month.held[1]:.2f}", **values)


def _month(month: Mapping[str, Any]) -> MonthTotals:
    agrees = month["agrees"]
    if agrees not in (True, False, None):
        raise ValueError
    return MonthTotals(
        table=str(month["table"]),
        month=str(month["month"]),
        erp=_sums(month["erp"], "count"),
        held=_sums(month["bronze"], "documents"),
        agrees=agrees,
    )


def _sums(sums: Mapping[str, Any] | None, count: str) -> tuple[int, Decimal] | None:
    return None if sums is None else (int(sums[count]), Decimal(sums["amount_inr"]))
