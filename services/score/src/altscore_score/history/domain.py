"""Months of a history."""

from datetime import datetime
from typing import NamedTuple

from altscore_libs.instants import INDIA


class MonthValue(NamedTuple):
    """The last score of a month."""

    month: str
    altscore: int
    risk_band: str
    score_version: str


def india_month(at: datetime) -> str:
    """The calendar month of an instant as it is counted in India, `YYYY-MM`."""
    return at.astimezone(INDIA).strftime("%Y-%m")
