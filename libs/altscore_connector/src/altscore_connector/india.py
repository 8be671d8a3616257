"""The days of India, in which distributors keep their ledgers."""

from datetime import UTC, date, datetime, timedelta, timezone

INDIA = timezone(timedelta(hours=5, minutes=30))  # no daylight saving since 1945


def today_in_india() -> date:
    """The calendar day on which vouchers come due."""
    return datetime.now(UTC).astimezone(INDIA).date()
