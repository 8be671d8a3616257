"""Bodies of what was set aside."""

from altscore_libs.parked_routes import ParkedEvent
from altscore_libs.types import StrictModel
from pydantic import BaseModel

from altscore_admin.model_decisions.schemas import Ticket


class ParkedEventsOut(BaseModel):
    """What is set aside now, the oldest first."""

    items: list[ParkedEvent]
    has_more: bool


class OrderIn(StrictModel):
    """The ticket that says more."""

    ticket: Ticket
