"""Which records each column of Gold is made of: conditions over the project's own intermediate tables.

A record that is not listed can be removed from the ledger without moving the value; the tests hold every column to it.
"""

from dataclasses import dataclass
from typing import Literal

Table = Literal["invoice", "payment", "return"]


@dataclass(frozen=True)
class Sources:
    """The records behind one column.

    Attributes:
        invoices: SQL condition over `int_invoice`; empty: none enter the value.
        payments: the same over `int_payment`.
        returns: the same over `int_return`.
        settled: the value depends on which credit paid which invoice, and every document of an account has its place
            in that order. `invoice`: every account is listed whole, since a credit less could leave any invoice open;
            `payment`, `return`: the accounts of the records of that table are.
        is_capped: the value uses amounts that are capped by the retailer's median, so every invoice decides the cap.
        master: the value tells of the retailer's accounts (`known`) or of its master record (`described`), not of
            documents.
    """

    invoices: str = ""
    payments: str = ""
    returns: str = ""
    settled: Table | None = None
    is_capped: bool = False
    master: Literal["", "known", "described"] = ""


_YEAR = "age_days <= 365"
_MONTHS = "month_no between {} and 11"
_SIX = _MONTHS.format(6)
_TWELVE = _MONTHS.format(0)
_NAMED = (
    "age_days <= 365 and exists (select 1 from allocation as a where a.distributor_id = int_invoice.distributor_id"
    " and a.invoice_id = int_invoice.invoice_id and a.source = 'payment' and a.method = 'named')"
)
_NOTHING = Sources()
_DELAYS = Sources("delay_days is not null and age_days <= 365", settled="invoice")
_OVERDUE = Sources("is_overdue", settled="invoice")
_OPEN = Sources("open > 0", settled="invoice")
_ORDERS = Sources(_YEAR)
_BASKETS = Sources(_YEAR, is_capped=True)
_LINES = Sources(f"{_YEAR} and line_count is not null")
_TERMS = Sources(f"{_YEAR} and due_on_source <> 'assumed'")
_GMV_6M = Sources(_SIX, returns=_SIX, is_capped=True)
_GMV_12M = Sources(_TWELVE, returns=_TWELVE, is_capped=True)
_KNOWN = Sources(master="known")

SOURCES: dict[str, Sources] = {
    "retailer_id": _NOTHING,
    "as_of_on": _NOTHING,
    "data_as_of_on": _KNOWN,
    "delay_mean_days": _DELAYS,
    "delay_p50_days": _DELAYS,
    "delay_p90_days": _DELAYS,
    "delay_max_days": _DELAYS,
    "on_time_ratio": _DELAYS,
    "late_15_ratio": _DELAYS,
    "late_30_ratio": _DELAYS,
    "delay_std_days": _DELAYS,
    "delay_trend_days": _DELAYS,
    "bounce_count": Sources(payments=f"{_YEAR} and is_bounced"),
    "bounce_ratio": Sources(payments=_YEAR),
    "digital_share": Sources(payments=f"{_YEAR} and not is_bounced and payment_method is not null"),
    "paid_ratio": Sources(f"is_due and {_YEAR}", settled="invoice"),
    "partial_payment_ratio": Sources(_NAMED, settled="invoice"),
    "overdue_amount_inr": _OVERDUE,
    "overdue_count": _OVERDUE,
    "overdue_max_age_days": _OVERDUE,
    "overdue_to_gmv_ratio": Sources(f"is_overdue or {_SIX}", returns=_SIX, settled="invoice", is_capped=True),
    "overdue_90_amount_inr": Sources("is_overdue and delay_days > 90", settled="invoice"),
    "exposure_inr": _OPEN,
    "exposure_to_monthly_gmv_ratio": Sources(f"open > 0 or {_SIX}", returns=_SIX, settled="invoice", is_capped=True),
    "invoices_3m": Sources("age_days <= 91"),
    "invoices_6m": Sources("age_days <= 182"),
    "invoices_12m": _ORDERS,
    "order_days_3m": Sources("age_days <= 91"),
    "order_days_6m": Sources("age_days <= 182"),
    "order_days_12m": _ORDERS,
    "gap_mean_days": _ORDERS,
    "gap_std_days": _ORDERS,
    "gap_max_days": _ORDERS,
    "cadence_cv": _ORDERS,
    "recency_days": Sources("age_days = (select min(age_days) from int_invoice)"),
    "basket_cv": _BASKETS,
    "basket_mean_inr": _BASKETS,
    "basket_slope_ratio": _BASKETS,
    "lines_mean": _LINES,
    "lines_slope_ratio": _LINES,
    "sku_category_count": Sources(f"{_YEAR} and sku_category is not null"),
    "return_rate": Sources(_YEAR, returns=_YEAR, settled="return", is_capped=True),
    "return_count_ratio": Sources(_YEAR, returns=_YEAR, settled="return"),
    "gmv_3m_inr": Sources(_MONTHS.format(9), returns=_MONTHS.format(9), is_capped=True),
    "gmv_6m_monthly_inr": _GMV_6M,
    "gmv_6m_inr": _GMV_6M,
    "size_band": _GMV_6M,
    "gmv_growth_ratio": _GMV_6M,
    "gmv_12m_inr": _GMV_12M,
    "gmv_per_active_month_inr": _GMV_12M,
    "gmv_slope_ratio": _GMV_12M,
    "gmv_cv": _GMV_12M,
    "active_months": _GMV_12M,
    "active_month_ratio": _GMV_12M,
    "peak_month_index": _GMV_12M,
    "festive_share": _GMV_12M,
    "croston_interval_months": _GMV_12M,
    "croston_size_inr": _GMV_12M,
    "croston_rate_inr": _GMV_12M,
    "tenure_days": Sources("age_days = (select max(age_days) from int_invoice)"),
    "months_history": Sources(
        "(distributor_id, invoice_on) in"
        " (select (distributor_id, min(invoice_on)) from int_invoice group by distributor_id)"
    ),
    "active_distributors_count": _ORDERS,
    "largest_distributor_share": _BASKETS,
    "credit_days_mean": _TERMS,
    "credit_days_trend": _TERMS,
    "completeness": Sources(_YEAR, payments=f"{_YEAR} and not is_bounced", settled="payment"),
    "district": Sources(master="described"),
    "distributors_count": _KNOWN,
    "ledger_late_days": _KNOWN,
}
