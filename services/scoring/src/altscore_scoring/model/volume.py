"""Volume shifts (GR-2, decision 96): a retailer's purchases against the retailer's own history and against peers.

A forest over half a hundred features hardly notices that seven of them grew tenfold; a ratio to the own past does.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import constants as c

Floats = NDArray[np.float64]
BILLS_PER_DAY = ("bills_per_day_3m", "bills_per_day_6m")
SHIFTS = ("monthly_3m", "monthly_6m", "per_invoice_3m", "per_invoice_6m", *BILLS_PER_DAY, "peers_12m")
COLUMNS = ("gmv_3m_inr", "gmv_6m_monthly_inr", "gmv_12m_inr", "invoices_3m", "invoices_6m", "invoices_12m",
           "months_history", "order_days_3m", "order_days_6m", "order_days_12m")  # fmt: skip
EARLIER_MONTHS_MIN = 3


class Peers(NamedTuple):
    """What the route's retailers with as many invoices buy in a year: log rupees = intercept + slope · log invoices."""

    intercept: float
    slope: float


def volume_shifts(frame: GoldFrame, peers: Peers) -> Floats:
    """The shifts of every row as natural logarithms, in the order of `SHIFTS`; 0 where there is no past to compare.

    Purchases per month, and per invoice, of the last three and six full months are divided by those of the rest of the
    year; purchases of the year by what peers with as many invoices buy. So are bills per order day, which a purchase
    billed in parts multiplies. Unknown purchases count as none: GR-4 blocks such a row.
    """
    columns = np.nan_to_num(frame.matrix(COLUMNS)).T
    gmv_3m, gmv_6m_monthly, gmv_12m, invoices_3m, invoices_6m, invoices_12m, months_history, *order_days = columns
    gmv_6m, months = gmv_6m_monthly * 6, np.minimum(months_history, 12)
    shifts = []
    for recent, span in ((gmv_3m, 3), (gmv_6m, 6)):
        earlier = gmv_12m - recent
        has_past = (months - span >= EARLIER_MONTHS_MIN) & (earlier > 0)
        own = _log_ratio(recent / span, earlier / np.maximum(months - span, EARLIER_MONTHS_MIN))
        shifts.append(np.where(has_past, own, 0.0))
    for recent, invoices in ((gmv_3m, invoices_3m), (gmv_6m, invoices_6m)):
        earlier, others = gmv_12m - recent, invoices_12m - invoices
        has_past = (others >= 1) & (invoices >= 1) & (earlier > 0)
        own = _log_ratio(recent / np.maximum(invoices, 1), earlier / np.maximum(others, 1))
        shifts.append(np.where(has_past, own, 0.0))
    shifts += _bills_per_day(order_days, (invoices_3m, invoices_6m, invoices_12m))
    size, count = peer_coordinates(frame)
    shifts.append(size - (peers.intercept + peers.slope * count))
    return np.column_stack(shifts)


def _bills_per_day(order_days: Sequence[Floats], invoices: Sequence[Floats]) -> list[Floats]:
    """How bills per order day of the last three and six months differ from the rest of the year's.

    A few ordinary days are added to both, so that one busy day of a sparse ledger is no shift.
    """
    *recent_days, days_12m = order_days
    *recent_invoices, invoices_12m = invoices
    shifts = []
    for days, count in zip(recent_days, recent_invoices, strict=True):
        recent = (count + c.ORDER_DAYS_FLOOR) / (days + c.ORDER_DAYS_FLOOR)
        has_past = days_12m > days
        others = np.maximum(invoices_12m - count, 0) + c.ORDER_DAYS_FLOOR
        earlier = others / (np.where(has_past, days_12m - days, 0) + c.ORDER_DAYS_FLOOR)
        shifts.append(np.where(has_past, np.log(recent / earlier), 0.0))
    return shifts


def peer_coordinates(frame: GoldFrame) -> tuple[Floats, Floats]:
    """Log of a year's purchases and log of its invoices, which `Peers` relates to each other."""
    gmv_12m, invoices_12m = np.nan_to_num(frame.matrix(("gmv_12m_inr", "invoices_12m"))).T
    return np.log(np.maximum(gmv_12m, 0) + c.VOLUME_FLOOR_INR), np.log(np.maximum(invoices_12m, 1))


def _log_ratio(recent: Floats, earlier: Floats) -> Floats:
    ratio = (np.maximum(recent, 0) + c.VOLUME_FLOOR_INR) / (np.maximum(earlier, 0) + c.VOLUME_FLOOR_INR)
    logs: Floats = np.log(ratio)
    return logs
