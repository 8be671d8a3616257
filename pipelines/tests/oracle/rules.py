"""The rules of the lake that are numbers."""

from datetime import timedelta

ASSUMED_CREDIT = timedelta(days=30)
CAP_MULTIPLE = 10
CAP_MIN_INVOICES = 5
YEAR, HALF_YEAR, QUARTER, RECENT = 365, 182, 91, 90
LATEST_LEDGER_DAYS = 45
WRITE_OFF_DAYS = 45
WRITE_OFF_SHARE = (3, 10)
LABEL_DAYS = 91
