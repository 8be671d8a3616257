"""Query and bodies about months of the audit log."""

from typing import Annotated, Any, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, StringConstraints

from altscore_admin.model_decisions.schemas import Ticket

Chain = Literal["general", "failed_auth"]


class DeletionIn(StrictModel):
    """Which month is deleted, and the ticket that says why."""

    chain: Chain
    month: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    ticket: Ticket


class SegmentsOut(BaseModel):
    """Segments as the audit service proves them, oldest first; the offline verifier reads this answer."""

    segments: list[dict[str, Any]]
