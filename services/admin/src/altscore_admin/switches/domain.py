"""What can be switched off in a breach. No I/O, no clock."""

from enum import StrEnum
from typing import NamedTuple


class Target(StrEnum):
    """Scores to lenders, or data from distributors."""

    SERVING = "serving"
    INGESTION = "ingestion"


class SwitchCommand(NamedTuple):
    """One order; its owner's audit entry names `order_id` and `by` too."""

    target: Target
    is_off: bool
    reason: str
    ticket: str
    order_id: str
