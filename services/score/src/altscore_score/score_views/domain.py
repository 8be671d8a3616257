"""What a view of one retailer shows, and under which key it is repeated. No I/O, no clock."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from altscore_score.history.domain import MonthValue
from altscore_score.idempotency.domain import IdempotencyKey
from altscore_score.scores.domain import Allow

NAMESPACE = UUID("3f0b6f43-9d4e-5d0c-8c3f-6b8a2c1f7e55")


class View(NamedTuple):
    """A retailer as a lender may see it now."""

    allow: Allow
    body: dict[str, Any] | None
    """The body of POST /v1/score; None where that answers `code`."""
    code: str | None
    months: Sequence[MonthValue] = ()
    retry_after_s: int | None = None
    """Where the lender's calls or the disclosures of the retailer are spent: when to come back."""
    is_repeated: bool = False
    """This lender's dashboard showed the same score within 24 hours, which spent one of the three disclosures."""


def view_key(lender_id: str, retailer_id: str, score_id: str) -> IdempotencyKey:
    """The key under which a view is stored: the same score shown again is a replay, a newer one is another view."""
    content = f"{retailer_id} {score_id}"
    request_id = uuid5(NAMESPACE, content)
    return IdempotencyKey(
        request_id=request_id,
        body_digest=hashlib.sha256(f"view {content}".encode()).digest(),
        mark_name=f"score:{{{lender_id}}}:answered:{request_id.hex}",
    )
