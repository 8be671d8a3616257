"""Bodies of grievances."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from altscore_libs.types import StrictModel
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from altscore_admin.audit_events.schemas import has_few_digits
from altscore_admin.grievances.domain import Outcome, SlaState, Status
from altscore_admin.grievances.service import Grievance
from altscore_admin.grievances.store import Place
from altscore_admin.notices.events import Language

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# It enters the audit: an operator's id, and no room for a phone number (decision 100).
OperatorId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.@-]{0,63}$"), AfterValidator(has_few_digits)]

# Line breaks and tabs are text; other control characters are not.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{1,2000}$")]


class SlaOut(BaseModel):
    """The SLA that applies now, or how the last one ended."""

    state: SlaState
    due_at: datetime
    seconds_left: int


class GrievanceOut(BaseModel):
    """A grievance without its description."""

    grievance_id: str
    retailer_id: str
    lender_id: str
    score_id: str
    grievance_type: str
    status: Status
    filed_at: datetime
    ack_by: datetime
    resolution_by: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    resolution: str | None
    assigned_to: str | None
    assigned_at: datetime | None
    outcome: str | None
    rescoring_requested_at: datetime | None
    sla: SlaOut


class GrievanceWhole(GrievanceOut):
    """With the lender's description; null where none of our keys decrypts it."""

    description: str | None


class GrievancesOut(BaseModel):
    """A page, the longest overdue first; `next_cursor` is the `cursor` of the following page, null at the end."""

    grievances: list[GrievanceOut]
    next_cursor: str | None


class GrievancesIn(BaseModel):
    """Which grievances, and which page; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    status: Status | None = Field(default=None, description="Without it, what is not resolved.")
    assignee: OperatorId | None = None
    overdue: bool = Field(default=False, description="Only those whose SLA is missed.")
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}\.grv_[0-9a-f]{32}$")] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )
    limit: int = Field(default=100, ge=1, le=500)

    def after(self) -> Place:
        """The page begins behind this grievance."""
        if self.cursor is None:
            return Place(_EPOCH, "")
        micros, _, grievance_id = self.cursor.partition(".")
        return Place(_EPOCH + timedelta(microseconds=int(micros)), grievance_id)


class AssignIn(StrictModel):
    """Who handles it; null for nobody."""

    assignee: OperatorId | None


class NoteIn(StrictModel):
    """A handler's note; kept encrypted, read by handlers alone."""

    note: Annotated[Text, Field(description="At most 2,000 characters.")]


class NoteOut(BaseModel):
    """A note; the text is null where none of our keys decrypts it."""

    seq: int
    author: str
    noted_at: datetime
    text: str | None


class NotesOut(BaseModel):
    """Notes in order."""

    items: list[NoteOut]


class EvidenceOut(BaseModel):
    """The score that was complained about as scoring signed it, with its reasons; null when it is no longer held.

    Numeric contributions are scoring's own and stand in no interface: `altscore_scoring replay` shows them.
    """

    score: dict[str, Any] | None
    other_scores: list[dict[str, Any]] = Field(description="Of the same retailer, newest first.")
    blocks: list[dict[str, Any]]


class ResolutionIn(StrictModel):
    """The answer to the lender; it is shown exactly as written, so it holds no personal data."""

    resolution: Annotated[Text, Field(description="At most 2,000 characters.")]
    outcome: Annotated[Outcome, Field(description="What came of it; the retailer is told in their language.")] = (
        "answered"
    )
    language: Annotated[Language | None, Field(description="Without it, that of the last invite.")] = None


def grievance_out(grievance: Grievance) -> GrievanceOut:
    """A grievance as it is shown, without its description."""
    names = GrievanceOut.model_fields.keys() - {"sla"}
    return GrievanceOut(
        **{name: grievance.row[name] for name in names}, sla=SlaOut.model_validate(grievance.sla._asdict())
    )


def grievance_whole(grievance: Grievance, description: str | None) -> GrievanceWhole:
    """A grievance as a handler sees it."""
    return GrievanceWhole(**grievance_out(grievance).model_dump(), description=description)


def page_of(grievances: list[Grievance], limit: int) -> GrievancesOut:
    """A page of at most `limit` grievances."""
    cursor = None
    if len(grievances) == limit:
        row = grievances[-1].row
        due_at = row["ack_by"] if row["status"] == "open" else row["resolution_by"]
        cursor = f"{(due_at - _EPOCH) // timedelta(microseconds=1)}.{row['grievance_id']}"
    return GrievancesOut(grievances=[grievance_out(grievance) for grievance in grievances], next_cursor=cursor)
