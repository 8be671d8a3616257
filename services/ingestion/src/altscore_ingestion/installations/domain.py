"""Installations of the connector. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

PATTERN = "^ins_[0-9a-f]{32}$"


@dataclass(frozen=True)
class Installation:
    """The installation that sends for a distributor.

    Attributes:
        since: it sends, or has taken over.
        last_batch_at: its last batch that counts; None before the first.
        refused_id: the last other one that was refused since then.
        refused_at: when that was.
    """

    installation_id: str
    since: datetime
    last_batch_at: datetime | None
    refused_id: str | None = None
    refused_at: datetime | None = None


def is_installation_id(text: str) -> bool:
    """Whether a header names an installation."""
    return re.fullmatch(PATTERN, text) is not None
