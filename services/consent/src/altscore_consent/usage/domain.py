"""Which audit event is a use of a consent. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

SCORE = "score"
DISCLOSURES = frozenset({"score_requested", "score_history_read"})
USES_DAMAGED = "uses are not as the service counted them"
DISCLOSED = "served"  # a replay shows the same bytes again, and is no further use


class Use(NamedTuple):
    """One disclosure under a consent."""

    event_id: UUID
    consent_id: str
    lender_id: str
    used_at: datetime


def is_use(producer: str, data: Mapping[str, Any]) -> bool:
    """Whether a lender was shown something under a consent."""
    return (
        producer == SCORE
        and data.get("action") in DISCLOSURES
        and data.get("outcome") == DISCLOSED
        and "consent_id" in data.get("details", {})
    )
