"""Bodies of what was set aside."""

from datetime import datetime

from altscore_libs.parked_dismissals import Reason
from altscore_libs.parked_routes import ParkedEvent
from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field

from altscore_admin.approvals.schemas import Sha256
from altscore_admin.model_decisions.schemas import Ticket
from altscore_admin.parked.service import State

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class ParkedOfService(BaseModel):
    """How much a service has set aside, or why there is no number."""

    service: str
    state: State = Field(description="`silent`: it does not answer now; what it has set aside is not known.")
    waiting: int | None = Field(description="Events that hold back later events of their key.")
    refused: int | None = Field(description="Messages that no producer of the topic sent, or that cannot be.")
    oldest_at: datetime | None


class ParkedOverviewOut(BaseModel):
    """Every service, whether it sets events aside or not."""

    items: list[ParkedOfService]


class ParkedEventsOut(BaseModel):
    """What is set aside now, the oldest first."""

    items: list[ParkedEvent]
    has_more: bool


class OrderIn(StrictModel):
    """The ticket that says more."""

    ticket: Ticket


class DismissalIn(OrderIn):
    """Why nothing is lost by it, and the digest of the message that the dry run looked at."""

    reason: Reason
    sha256: Sha256


class DismissalRequestIn(DismissalIn):
    """The dry run says what the other person is shown of the event: its name, where it can be read."""

    dry_run_id: str = Field(pattern=f"^{_UUID}$", description="The order of the dry run that looked at the event.")
