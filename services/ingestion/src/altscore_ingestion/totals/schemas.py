"""Bodies of the totals: the ERP's side, Bronze's side, and whether they were compared and agree."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from altscore_ingestion.totals.domain import Comparison, MonthComparison


class ErpTotal(BaseModel):
    """What the ERP says: documents that are not cancelled, and their sum in rupees."""

    count: int
    amount_inr: Decimal


class BronzeTotal(BaseModel):
    """What Bronze holds: live documents that are not cancelled, the records they consist of, their sum in rupees."""

    documents: int
    records: int
    amount_inr: Decimal


class MonthTotals(BaseModel):
    """One table in one month; `agrees` is null where nothing was compared."""

    table: Literal["invoices", "payments", "returns"]
    month: str
    erp: ErpTotal | None
    bronze: BronzeTotal | None
    compared: bool
    agrees: bool | None

    @classmethod
    def of(cls, month: MonthComparison) -> "MonthTotals":
        """As it is answered."""
        return cls(
            table=month.key.table,
            month=f"{month.key.month_on:%Y-%m}",
            erp=ErpTotal(count=month.erp.documents, amount_inr=month.erp.amount_inr) if month.erp else None,
            bronze=BronzeTotal(**month.bronze._asdict()) if month.bronze else None,
            compared=month.is_compared,
            agrees=month.agrees,
        )


class Totals(BaseModel):
    """ERP against Bronze. `agrees`: true when every month was compared and agrees, false when one differs, or null."""

    compared: bool
    agrees: bool | None
    months: list[MonthTotals]

    @classmethod
    def of(cls, comparison: Comparison) -> "Totals":
        """As it is answered."""
        return cls(
            compared=comparison.is_compared,
            agrees=comparison.agrees,
            months=[MonthTotals.of(month) for month in comparison.months],
        )
