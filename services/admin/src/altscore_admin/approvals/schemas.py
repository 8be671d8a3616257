"""Query and bodies of requests that another person approves."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from altscore_admin.approvals.domain import ApprovalRequest, State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ApprovalsIn(BaseModel):
    """Which page; a parameter of another name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    state: State = State.OPEN
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,17}\.apr_[0-9a-f]{32}$")] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )
    limit: int = Field(default=50, ge=1, le=200)

    def before(self) -> tuple[datetime, str]:
        """The page begins behind this request."""
        if self.cursor is None:
            return _END_OF_TIME, ""
        micros, _, approval_id = self.cursor.partition(".")
        return _EPOCH + timedelta(microseconds=int(micros)), approval_id


class ApproveIn(StrictModel):
    """The digest of the content that the approver was shown."""

    content_sha256: Sha256


class RejectIn(StrictModel):
    """Why it is not done."""

    reason: Literal["wrong_content", "not_needed", "not_authorised", "duplicate", "suspicious"]


class RequestedOut(BaseModel):
    """A request that waits for another person: `content` is what that person approves, by its digest."""

    approval_id: str
    state: State
    content: dict[str, Any]
    content_sha256: str
    expires_at: IsoInstant


class ApprovalOut(RequestedOut):
    """A request, who made it, and what became of it."""

    kind: str
    subject: str
    proposed_by: str
    proposed_at: IsoInstant
    approved_by: str | None = None
    approved_at: IsoInstant | None = None
    result: dict[str, Any] | None = Field(default=None, description="Of the execution, without secrets.")
    closed_by: str | None = None
    closed_at: IsoInstant | None = None
    close_reason: str | None = None
    failed_at: IsoInstant | None = None
    failure: str | None = Field(default=None, description="Code of the last execution that failed; it stays open.")


class ApprovalsOut(BaseModel):
    """A page, the newest first; `next_cursor` is null at the end."""

    items: list[ApprovalOut]
    next_cursor: str | None


def requested_out(request: ApprovalRequest) -> RequestedOut:
    """The response to the first person."""
    return RequestedOut(
        approval_id=request.approval_id,
        state=request.state,
        content=json.loads(request.content.text),
        content_sha256=request.content_sha256,
        expires_at=request.expires_at,
    )


def approval_out(request: ApprovalRequest) -> ApprovalOut:
    """The response about a request."""
    approval = request.approval
    return ApprovalOut(
        **requested_out(request).model_dump(),
        kind=request.content.kind,
        subject=request.content.subject,
        proposed_by=request.proposal.proposed_by,
        proposed_at=request.proposal.proposed_at,
        approved_by=approval.by if approval is not None else None,
        approved_at=approval.at if approval is not None else None,
        result=request.result,
        closed_by=request.closed_by,
        closed_at=request.closed_at,
        close_reason=request.close_reason,
        failed_at=request.failed_at,
        failure=request.failure,
    )


def page_of(requests: list[ApprovalRequest], limit: int) -> ApprovalsOut:
    """A page of at most `limit` requests."""
    cursor = None
    if len(requests) == limit:
        micros = (requests[-1].proposal.proposed_at - _EPOCH) // timedelta(microseconds=1)
        cursor = f"{micros}.{requests[-1].approval_id}"
    return ApprovalsOut(items=[approval_out(request) for request in requests], next_cursor=cursor)
