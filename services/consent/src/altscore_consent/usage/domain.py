"""Which audit event is a use of a consent. Pure."""

from collections.abc import Mapping
from typing import Any

DISCLOSURES = frozenset({"score_requested", "score_history_read"})
DISCLOSED = "served"  # a replay shows the same bytes again, and is no further use


def is_use(producer: str, data: Mapping[str, Any]) -> bool:
    """Whether a lender was shown something under a consent."""
    return (
        producer == "score"
        and data.get("action") in DISCLOSURES
        and data.get("outcome") == DISCLOSED
        and "consent_id" in data.get("details", {})
    )
