"""Family payment: how a retailer pays."""

from collections.abc import Sequence
from fractions import Fraction

from oracle.months import Months
from oracle.numbers import Number, difference, mean, percentile, ratio, root, variance
from oracle.rules import RECENT, YEAR
from oracle.settlement import AccountState, Settled

DIGITAL = ("upi", "neft")
Features = dict[str, object]


def payment_features(states: Sequence[AccountState], months: Months | None) -> Features:
    """Invoices and payments of the last 365 days; what is overdue or open counts at any age."""
    invoices = [settled for state in states for settled in state.invoices]
    gmv_6m = 0 if months is None else months.net_6m
    part_payments = _named_part_payments(invoices)
    return {
        **_delays(invoices),
        **_means(states),
        **_dues(invoices, gmv_6m),
        "partial_payment_ratio": part_payments,
    }


def _delays(invoices: Sequence[Settled]) -> Features:
    timed = [(settled, settled.delay) for settled in invoices if settled.age <= YEAR]
    delayed = [(settled, delay) for settled, delay in timed if delay is not None]
    delays = [delay for _, delay in delayed]
    recent = mean([delay for settled, delay in delayed if settled.age <= RECENT])
    before = mean([delay for settled, delay in delayed if settled.age > RECENT])
    return {
        "delay_mean_days": mean(delays),
        "delay_p50_days": percentile(delays, Fraction(1, 2)),
        "delay_p90_days": percentile(delays, Fraction(9, 10)),
        "delay_max_days": max(delays, default=None),
        "delay_std_days": root(variance(delays, is_sample=True)),
        "on_time_ratio": _share([delay <= 0 for delay in delays]),
        "late_15_ratio": _share([delay > 15 for delay in delays]),
        "late_30_ratio": _share([delay > 30 for delay in delays]),
        "delay_trend_days": difference(recent, before),
    }


def _share(flags: Sequence[bool]) -> Fraction | None:
    return ratio(sum(flags), len(flags))


def _named_part_payments(invoices: Sequence[Settled]) -> Fraction | None:
    """Of the payments that name an invoice, those after whose day a part of it was still unpaid."""
    flags = []
    for settled in invoices:
        payments = [part for part in settled.parts if part.source == "payment"] if settled.age <= YEAR else []
        for named in (part for part in payments if part.method == "named"):
            paid = sum(part.paise for part in payments if part.allocated_on <= named.allocated_on)
            flags.append(paid < settled.net)
    return _share(flags)


def _means(states: Sequence[AccountState]) -> Features:
    """Bounces and means of payment, of retailers without any invoice too."""
    payments = [
        payment for state in states for payment in state.account.payments if state.account.age(payment.on) <= YEAR
    ]
    arrived = [payment for payment in payments if not payment.is_bounced and payment.method is not None]
    return {
        "bounce_count": sum(payment.is_bounced for payment in payments),
        "bounce_ratio": _share([payment.is_bounced for payment in payments]),
        "digital_share": _share([payment.method in DIGITAL for payment in arrived]),
    }


def _dues(invoices: Sequence[Settled], gmv_6m: Number) -> Features:
    due = [settled for settled in invoices if settled.is_due and settled.age <= YEAR]
    overdue = [settled for settled in invoices if settled.is_overdue]
    overdue_paise = sum(settled.open for settled in overdue)
    overdue_90 = sum(settled.open for settled in overdue if settled.account.age(settled.due_on) > 90)
    exposure = sum(settled.open for settled in invoices)
    return {
        "paid_ratio": ratio(sum(settled.paid for settled in due), sum(settled.net for settled in due)),
        "overdue_amount_inr": Fraction(overdue_paise, 100) if invoices else None,
        "overdue_90_amount_inr": Fraction(overdue_90, 100),
        "overdue_count": len(overdue),
        "overdue_max_age_days": max((settled.account.age(settled.due_on) for settled in overdue), default=0),
        "overdue_to_gmv_ratio": ratio(overdue_paise, gmv_6m) if invoices else None,
        "exposure_inr": Fraction(exposure, 100) if invoices else None,
        "exposure_to_monthly_gmv_ratio": ratio(6 * exposure, gmv_6m) if invoices else None,
    }
