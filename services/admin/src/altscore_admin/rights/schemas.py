"""Query and bodies of rights requests: ids and codes alone, no text of a person."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from altscore_libs.instants import last_day_before
from altscore_libs.types import StrictModel
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from altscore_admin.dependencies import TICKET_PATTERN
from altscore_admin.notices.events import Language
from altscore_admin.partners.schemas import DistributorId
from altscore_admin.rights.domain import (
    Channel,
    ClockState,
    Kind,
    Method,
    Outcome,
    Refusal,
    Requester,
    State,
    Step,
    Subject,
)
from altscore_admin.rights.service import Intake, RightsRequest
from altscore_admin.rights.store import FIRST, LoggedStep, Place

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RetailerId = Annotated[str, StringConstraints(pattern=r"^ret_[0-9a-f]{16}$")]
# The number of a ticket or of a filed document; too short for a phone number, since it enters the audit (decision 100).
DocumentId = Annotated[str, StringConstraints(pattern=TICKET_PATTERN)]
Documents = Annotated[list[DocumentId], Field(max_length=10)]


class IntakeIn(StrictModel):
    """How a request came in and who asks."""

    channel: Channel
    ticket: DocumentId
    language: Annotated[Language, Field(description="In which the retailer is told.")] = "hi"
    requester: Annotated[Requester, Field(strict=False)] = Requester.RETAILER
    is_minor: Annotated[bool, Field(description="The data are of a person under 18.")] = False
    evidence: Documents = Field(
        default=[], description="Documents of death or incapacity and nomination, or of the guardianship."
    )

    def intake(self, kind: Kind, retailer_id: str) -> Intake:
        """As the service takes it."""
        values = self.model_dump(exclude={"kind", "retailer_id", "evidence"})
        return Intake(kind=kind, retailer_id=retailer_id, evidence=tuple(self.evidence), **values)


class RightsIn(IntakeIn):
    """A right of a retailer that is asked for."""

    kind: Annotated[Kind, Field(strict=False)]
    retailer_id: RetailerId


class EvidenceIn(StrictModel):
    """Documents by the numbers that they are filed under."""

    evidence: Annotated[list[DocumentId], Field(min_length=1, max_length=10)]


class VerifyIn(StrictModel):
    """How it was verified that the requester is who they say."""

    method: Method
    evidence: DocumentId


class RefuseIn(StrictModel):
    """Why it is not answered."""

    reason: Refusal


class ToldIn(StrictModel):
    """By which channel and under which ticket somebody was told, or told us."""

    channel: Channel
    ticket: DocumentId


class CorrectionIn(StrictModel):
    """Which distributor is asked to correct which of its records."""

    distributor_id: DistributorId
    subject: Subject
    ticket: DocumentId


class TicketIn(StrictModel):
    """The ticket under which it was done."""

    ticket: DocumentId


class CloseIn(StrictModel):
    """What came of it."""

    outcome: Outcome


class RightsListIn(BaseModel):
    """Which page; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    state: State | None = Field(default=None, description="Without it, all that are open.")
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}\.rgt_[0-9a-f]{32}$")] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )
    limit: int = Field(default=100, ge=1, le=500)

    def after(self) -> Place:
        """The page begins behind this request."""
        if self.cursor is None:
            return FIRST
        micros, _, request_id = self.cursor.partition(".")
        return Place(_EPOCH + timedelta(microseconds=int(micros)), request_id)


class ClockOut(BaseModel):
    """The clock of a request."""

    state: ClockState
    due_on: date = Field(description="The last day in India on which it is answered in time.")
    due_at: datetime = Field(description="The end of that day.")
    seconds_left: int


class RightsOut(BaseModel):
    """A rights request."""

    request_id: str
    kind: Kind
    retailer_id: str
    state: State
    channel: Channel
    ticket: str
    language: Language
    requester: Requester
    is_minor: bool
    evidence: list[str]
    refusal: str | None
    outcome: str | None
    opened_by: str
    received_at: datetime
    ended_at: datetime | None
    distributor_id: str | None = Field(description="Who was asked to correct its records.")
    subject: str | None
    notice_at: datetime | None = Field(description="When the retailer was told of the erasure.")
    erasable_at: datetime | None = Field(description="48 hours later; nobody approves before.")
    clock: ClockOut


class StepOut(BaseModel):
    """A step of the log."""

    seq: int
    step: Step
    actor: str
    at: datetime
    details: dict[str, str]


class RightsWhole(RightsOut):
    """A request with its log."""

    steps: list[StepOut]


class RightsListOut(BaseModel):
    """A page, the most urgent first; `next_cursor` is the `cursor` of the following page, null at the end."""

    items: list[RightsOut]
    next_cursor: str | None


def rights_values(request: RightsRequest) -> dict[str, Any]:
    """The fields of a request as it is shown."""
    row, clock, erasable_at = request
    names = RightsOut.model_fields.keys() - {"clock", "erasable_at"}
    due_on = last_day_before(clock.due_at)
    return {
        **{name: row[name] for name in names},
        "erasable_at": erasable_at,
        "clock": ClockOut(**clock._asdict(), due_on=due_on),
    }


def rights_out(request: RightsRequest) -> RightsOut:
    """A request as it is shown."""
    return RightsOut(**rights_values(request))


def rights_whole(request: RightsRequest, steps: list[LoggedStep]) -> RightsWhole:
    """A request with its log, as it is shown."""
    return RightsWhole(**rights_values(request), steps=[StepOut(**step._asdict()) for step in steps])


def page_of(requests: list[RightsRequest], limit: int) -> RightsListOut:
    """A page of at most `limit` requests."""
    cursor = None
    if len(requests) == limit:
        row = requests[-1].row
        cursor = f"{(row['due_at'] - _EPOCH) // timedelta(microseconds=1)}.{row['request_id']}"
    return RightsListOut(items=[rights_out(request) for request in requests], next_cursor=cursor)
