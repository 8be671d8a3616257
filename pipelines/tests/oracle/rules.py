"""The rules of the lake that are numbers or that came later than the rest."""

from dataclasses import dataclass
from datetime import timedelta

ASSUMED_CREDIT = timedelta(days=30)
CAP_MULTIPLE = 10
CAP_MIN_INVOICES = 5
YEAR, HALF_YEAR, QUARTER, RECENT = 365, 182, 91, 90
LATEST_LEDGER_DAYS = 45
WRITE_OFF_DAYS = 45
WRITE_OFF_SHARE = (3, 10)


@dataclass(frozen=True)
class Rules:
    """What a lake may not know yet.

    Attributes:
        account_wise_day: every account is aged to its own ledger's day (decision 92).
        late_ledgers: an account whose ledger is more than 45 days late counts nowhere in the features (decision 92).
        write_offs: a late or large credit note after the due date settles nothing (decision 93).
        named_part_payments: a part payment is one that names its invoice and leaves a part of it unpaid.
        stopped_buyers: who bought nothing is labelled by what was open (decision 94).
        label_days: an invoice unpaid so long after its due date is bad.
    """

    account_wise_day: bool = True
    late_ledgers: bool = True
    write_offs: bool = True
    named_part_payments: bool = True
    stopped_buyers: bool = True
    label_days: int = 91


BEFORE = Rules(
    account_wise_day=False, late_ledgers=False, write_offs=False, named_part_payments=False, stopped_buyers=False
)
