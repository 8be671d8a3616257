"""What a record of Bronze may hold (decision 86): within these bounds every later stage computes without overflow."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

EARLIEST_ON = date(2000, 1, 1)
AHEAD = timedelta(days=1)  # an ERP in India is a day ahead of UTC
LONGEST_CREDIT = timedelta(days=3 * 365)
MAX_AMOUNT_INR = Decimal("10000000000.00")
MAX_ORDER = 2**53 - 1  # of sequence and source_order


def latest_on(ingested_at: datetime) -> date:
    """The last day that a record may bear which arrived at `ingested_at`."""
    return ingested_at.astimezone(UTC).date() + AHEAD
