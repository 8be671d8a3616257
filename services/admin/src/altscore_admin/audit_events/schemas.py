"""Bodies of the audit log."""

from typing import Any

from pydantic import BaseModel


class AuditEventsOut(BaseModel):
    """A page of a chain as the audit service keeps it; `next` is the `after` of the following page."""

    events: list[dict[str, Any]]
    next: int | None
