"""Rules of grievances: the quota of filings, the SLA, and what a lender is shown."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from altscore_libs.errors import RateLimited
from altscore_libs.instants import format_instant

ACK_WITHIN, RESOLVE_WITHIN = timedelta(hours=24), timedelta(days=7)
QUOTA, QUOTA_WINDOW = 5, timedelta(hours=24)


class Filing(NamedTuple):
    """A grievance as it is filed."""

    grievance_id: str
    lender_id: str
    retailer_id: str
    score_id: str
    grievance_type: str
    filed_at: datetime
    ack_by: datetime
    resolution_by: datetime
    request_key: UUID | None
    body_digest: bytes


class StoredFiling(NamedTuple):
    """What an X-Request-ID of this lender filed."""

    grievance_id: str
    body_digest: bytes
    ack_by: datetime
    resolution_by: datetime


def check_quota(recent: list[datetime], now: datetime) -> None:
    """Passes while fewer than five filings of one lender about one retailer count.

    "Five per retailer" is counted for each lender by itself: counted over all, one lender's filings would block
    another's and tell of them (decision 19).

    Args:
        recent: instants of the lender's filings about the retailer in the last 24 hours, oldest first.
        now: an aware instant.

    Raises:
        RateLimited: with the seconds until the oldest of the five leaves the window.
    """
    if len(recent) >= QUOTA:
        wait_s = math.floor((recent[-QUOTA] + QUOTA_WINDOW - now).total_seconds()) + 1
        detail = f"{QUOTA} grievances of a lender about a retailer are taken in 24 hours"
        raise RateLimited(detail, limit="grievances", headers={"Retry-After": str(max(1, wait_s))})


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at, "seconds")


def filed_body(filed: StoredFiling) -> dict[str, Any]:
    """The body of a filing's 200; the same bytes for a replay."""
    return {
        "grievance_id": filed.grievance_id,
        "status": "open",
        "ack_by": _instant(filed.ack_by),
        "resolution_sla": _instant(filed.resolution_by),
    }


def sla_clock(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The SLA that runs now: first to acknowledge, then to resolve; once resolved, whether that was in time."""
    stage = "acknowledgement" if row["status"] == "open" else "resolution"
    due_at = row["ack_by"] if stage == "acknowledgement" else row["resolution_by"]
    if row["resolved_at"] is not None:
        state, left_s = "met" if row["resolved_at"] <= due_at else "missed", 0
    else:
        left_s = math.floor((due_at - now).total_seconds())
        state = "running" if now <= due_at else "overdue"
    return {"stage": stage, "state": state, "due_at": _instant(due_at), "seconds_left": left_s}


def state_body(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The body of a status read."""
    body = {name: row[name] for name in ("grievance_id", "retailer_id", "score_id", "grievance_type", "status")}
    body |= {name: _instant(row[name]) for name in ("filed_at", "ack_by")}
    body["resolution_sla"] = _instant(row["resolution_by"])
    body |= {name: _instant(row[name]) for name in ("acknowledged_at", "resolved_at")}
    return body | {"resolution": row["resolution"], "sla_clock": sla_clock(row, now)}
