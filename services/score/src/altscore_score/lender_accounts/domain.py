"""A lender's quotas and the age of its credentials. No I/O, no clock."""

from datetime import datetime, timedelta
from typing import NamedTuple

ROTATED_EVERY = timedelta(days=90)
"""As long as an order to rotate is remembered, and as a connector's certificate lives (security, identity tiers)."""


class Quota(NamedTuple):
    """One limit of the lender's calls, and how much of it counts now."""

    name: str
    limit: int
    window_s: int
    used: int


class Account(NamedTuple):
    """One client id of the lender; no secret and no hash."""

    client_id: str
    is_active: bool
    onboarded_at: datetime
    rotated_at: datetime | None
    """Of the last rotation within 90 days; None where there was none."""
    former_valid_until: tuple[datetime, ...]


def is_rotation_due(account: Account, now: datetime) -> bool:
    """Whether the secret is older than it should be."""
    since = account.rotated_at or account.onboarded_at
    return since <= now - ROTATED_EVERY


def secret_since(account: Account, now: datetime) -> datetime | None:
    """Since when the secret counts; None where it is older than orders are remembered, so nobody knows exactly."""
    if account.rotated_at is not None:
        return account.rotated_at
    return account.onboarded_at if account.onboarded_at > now - ROTATED_EVERY else None
