"""Bodies of a lookup and of a history, alike for live and for test credentials."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import orjson

INDIA = ZoneInfo("Asia/Kolkata")


class MonthValue(NamedTuple):
    """The last score of a month."""

    month: str
    altscore: int
    risk_band: str
    score_version: str


def india_month(at: datetime) -> str:
    """The calendar month of an instant as it is counted in India, `YYYY-MM`."""
    return at.astimezone(INDIA).strftime("%Y-%m")


def render_history(retailer_id: str, months: Sequence[MonthValue]) -> bytes:
    """The body of a 200 of GET /v1/score/{retailer_id}/history."""
    return orjson.dumps({"retailer_id": retailer_id, "history": [one._asdict() for one in months]})


def render_lookup(retailer_id: str) -> bytes:
    """The body of a 200 of a lookup."""
    return orjson.dumps({"retailer_id": retailer_id, "consent_active": True})
