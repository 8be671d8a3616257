"""Eligibility EXISTING_DEFAULT: who is in default already gets no score, whatever the model says (decision 94)."""

from decimal import Decimal

from altscore_scoring.guardrails import constants as c

EXISTING_DEFAULT = "EXISTING_DEFAULT"


def is_in_default(
    overdue_90_amount_inr: Decimal | None, *, gmv_6m_inr: Decimal | None, recency_days: float
) -> bool | None:
    """Whether a default exists already; None when the ledger does not tell, and then the caller blocks too.

    Args:
        overdue_90_amount_inr: open amount of invoices more than 90 days past due, rupees.
        gmv_6m_inr: purchases of the last six full months net of returns, rupees; unknown counts as none.
        recency_days: days since the last invoice; unknown counts as nothing bought.

    Of a retailer who bought nothing in 90 days any such amount is a default: there is no trade that it could be small
    against. Of others it is one from 10 % of six months' purchases on.
    """
    if overdue_90_amount_inr is None:
        return None
    if overdue_90_amount_inr <= 0:
        return False
    has_stopped_buying = not recency_days <= c.NO_PURCHASE_DAYS
    return has_stopped_buying or gmv_6m_inr is None or overdue_90_amount_inr >= c.DEFAULT_SHARE_OF_GMV_6M * gmv_6m_inr
