"""Rules of grievances: the SLA. No I/O, no clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

Status = Literal["open", "acknowledged", "resolved"]
# What became of it, as notification can tell the retailer in both languages.
Outcome = Literal["data_corrected", "score_confirmed", "consent_settled", "answered"]
SlaState = Literal["on_time", "acknowledgement_overdue", "resolution_overdue", "met", "missed"]


class Sla(NamedTuple):
    """The SLA that applies now: its state, when it is due, and the seconds left (negative when overdue)."""

    state: SlaState
    due_at: datetime
    seconds_left: int


def sla_of(row: Mapping[str, Any], now: datetime) -> Sla:
    """Acknowledgement first, then resolution; for a resolved grievance, whether it was in time.

    Args:
        row: status, ack_by, resolution_by, resolved_at of a grievance.
        now: the present instant.
    """
    if row["resolved_at"] is not None:
        is_met = row["resolved_at"] <= row["resolution_by"]
        return Sla("met" if is_met else "missed", row["resolution_by"], 0)
    state: SlaState = "on_time"
    due_at = row["ack_by"] if row["status"] == "open" else row["resolution_by"]
    if now > row["resolution_by"]:
        state, due_at = "resolution_overdue", row["resolution_by"]
    elif now > due_at:
        state = "acknowledgement_overdue"
    return Sla(state, due_at, int((due_at - now).total_seconds()))
