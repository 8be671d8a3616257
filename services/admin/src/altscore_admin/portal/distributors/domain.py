"""What a distributor reads of its own figures, and what it may ask for. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

ROTATION_DUE = timedelta(days=7)
OUTCOMES = ("invited", "already_open", "unreachable", "refused", "unknown")
Reading = Literal["sync", "batches", "batch", "quarantine", "retailers", "invites", "credentials"]


@dataclass(frozen=True)
class InviteOrder:
    """Whom a distributor asks, in which language."""

    retailer_ids: tuple[str, ...]
    language: str


def complete_counts(outcomes: Sequence[str], unknown: int) -> dict[str, int]:
    """The count of every outcome, 0 where nothing was counted."""
    return {name: outcomes.count(name) for name in OUTCOMES} | {"unknown": unknown}


def is_rotation_due(credential: Mapping[str, Any], now: datetime) -> bool:
    """Whether a credential that counts ends within a week."""
    if credential["revoked_at"] is not None or "accepted_until" not in credential:
        return False
    return bool(now < credential["accepted_until"] <= now + ROTATION_DUE)


def verdict_of(agrees: bool | None) -> Literal["agrees", "differs", "not_compared"]:
    """In one term whether ERP and Bronze agree."""
    if agrees is None:
        return "not_compared"
    return "agrees" if agrees else "differs"
