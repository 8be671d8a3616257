"""Bodies of incidents."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from altscore_libs.types import IsoInstant, StrictModel
from pydantic import BaseModel, Field, StringConstraints

from altscore_admin.incidents.domain import STEPS, ClockState, Kind, Severity, Status, StepName, StepState
from altscore_admin.incidents.notices import Audience, Language
from altscore_admin.incidents.service import Incident
from altscore_admin.incidents.switches import Switch, SwitchResult, SwitchStatus
from altscore_admin.invitations.schemas import RetailerId
from altscore_admin.partners.schemas import DISTRIBUTOR_PATTERN, LenderId

INCIDENT_PATTERN = r"^inc_[0-9a-f]{32}$"
CURSOR_PATTERN = r"^[0-9]{1,18}\.inc_[0-9a-f]{32}$"
# Line breaks and tabs are text; other control characters are not.
Note = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{0,2000}$")]
Title = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class IncidentIn(StrictModel):
    """An incident to open; the title holds no personal data."""

    title: Title
    kind: Kind
    severity: Severity
    aware_at: IsoInstant | None = Field(default=None, description="When we became aware; now, where it is missing.")
    is_drill: bool = False


class ChangeIn(StrictModel):
    """Another severity, or what legal counsel determined about reports."""

    severity: Severity | None = None
    is_reportable: bool | None = None
    note: Note = ""


class StepIn(StrictModel):
    """A step of the response that is done, or not needed for a stated reason."""

    step: StepName
    state: StepState = "done"
    note: Note = ""


class CloseIn(StrictModel):
    """Why it ends."""

    note: Note = ""


class SwitchIn(StrictModel):
    """A switch of the response."""

    switch: Switch
    note: Note = ""


class AffectedIn(StrictModel):
    """Whose retailers; each part adds to the list."""

    distributor_ids: Annotated[
        list[Annotated[str, StringConstraints(pattern=DISTRIBUTOR_PATTERN)]], Field(max_length=100)
    ] = Field(default_factory=list)
    lender_ids: Annotated[list[LenderId], Field(max_length=20)] = Field(default_factory=list)
    since: IsoInstant | None = None
    until: IsoInstant | None = None
    retailer_ids: Annotated[list[RetailerId], Field(max_length=5_000)] = Field(default_factory=list)


class FactsIn(StrictModel):
    """What a document tells; no personal data."""

    nature: Note = ""
    extent: Note = ""
    consequences: Note = ""
    measures: Note = ""
    contact: Note = ""


class NoticeIn(StrictModel):
    """A notice to ask for; the texts are those approved beforehand."""

    audience: Audience
    language: Language = "hi"
    facts: FactsIn = Field(default_factory=FactsIn)


class NoticeOut(BaseModel):
    """A notice: what it says, who asked, who approved, and to how many retailers it was announced.

    Whether a message arrived is notification's to say: its audit entries name retailer and kind.
    """

    notice_id: str
    incident_id: str
    audience: Audience
    language: Language
    status: Literal["proposed", "approved", "sending", "done", "expired", "rejected", "withdrawn"]
    is_drill: bool
    content: dict[str, Any]
    content_sha256: str
    approval_id: str
    approval_sha256: str | None = Field(
        description="What the second person approves: digest of the request's content, which holds `content_sha256`."
    )
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    announced: int


class NoticesOut(BaseModel):
    """Notices of an incident, newest first."""

    items: list[NoticeOut]


class ClockOut(BaseModel):
    """A clock of an incident."""

    clock: str
    due_at: datetime
    state: ClockState
    seconds_left: int | None
    met_at: datetime | None
    met_by: str | None


class StepOut(BaseModel):
    """A step of the response: what it is, and what was stated last."""

    step: str
    text: str
    state: StepState | None
    by: str | None
    at: datetime | None
    note: str | None


class IncidentSummary(BaseModel):
    """An incident and its clocks."""

    incident_id: str
    title: str
    kind: str
    severity: Severity
    is_drill: bool
    is_reportable: bool | None
    status: Status
    aware_at: datetime
    opened_by: str
    opened_at: datetime
    affected: int = Field(description="Retailers who are affected, as far as it is known.")
    clocks: list[ClockOut]


class IncidentOut(IncidentSummary):
    """With the steps of the response."""

    steps: list[StepOut]


class IncidentsOut(BaseModel):
    """Incidents, newest first; `next_cursor` is the `cursor` of the following page, null at the end."""

    items: list[IncidentSummary]
    next_cursor: str | None


class FailedTarget(BaseModel):
    """What is still on, and the refusal's code."""

    target: str
    code: str


class SwitchOut(BaseModel):
    """What a switch did; in a drill nothing was called, and the list says what would have been."""

    switch: Switch
    status: SwitchStatus
    is_drill: bool
    switched_off: list[str]
    failed: list[FailedTarget]


class AffectedOut(BaseModel):
    """How many retailers the query added, and how many there are."""

    added: int
    total: int


class AffectedRetailer(BaseModel):
    """An affected retailer and the query that named it first."""

    retailer_id: str
    source: str


class AffectedPage(BaseModel):
    """Affected retailers by id."""

    total: int
    items: list[AffectedRetailer]
    next_cursor: str | None


class EntryOut(BaseModel):
    """An entry of the timeline; the audit position is null while the audit service has not chained it."""

    seq: int
    at: datetime
    by: str
    kind: str
    subject: str
    outcome: str
    note: str
    details: dict[str, str]
    entry_sha256: str
    audit_chain: str | None
    audit_seq: int | None


class TimelineOut(BaseModel):
    """A whole timeline.

    `is_intact`: every digest recomputes. `are_positions_complete`: the audit service named the place of each entry.
    """

    incident_id: str
    is_drill: bool
    is_intact: bool
    are_positions_complete: bool
    entries: list[EntryOut]


def summary(incident: Incident, now: datetime) -> dict[str, Any]:
    """The fields of IncidentSummary."""
    clocks = [
        ClockOut(
            clock=row.clock,
            due_at=row.due_at,
            state=state,
            seconds_left=None if row.met_at or row.is_void else int((row.due_at - now).total_seconds()),
            met_at=row.met_at,
            met_by=row.met_by,
        )
        for row, state in incident.clocks
    ]
    return {**dict(incident.row), "clocks": clocks}


def incident_out(incident: Incident, now: datetime) -> IncidentOut:
    """An incident as it is shown."""
    stated = {row["step"]: row for row in incident.steps}
    nothing = dict.fromkeys(("state", "by", "at", "note"))
    steps = [
        StepOut(step=name, text=step.text, **{field: stated.get(name, nothing)[field] for field in nothing})
        for name, step in STEPS.items()
    ]
    return IncidentOut(**summary(incident, now), steps=steps)


def switch_out(result: SwitchResult) -> SwitchOut:
    """What a switch did, as it is shown."""
    return SwitchOut(
        switch=result.switch,
        status=result.status,
        is_drill=result.status == "simulated",
        switched_off=list(result.done),
        failed=[FailedTarget(target=target, code=code) for target, code in result.failed],
    )


def notice_out(row: Mapping[str, Any]) -> NoticeOut:
    """A notice as it is shown."""
    names = NoticeOut.model_fields.keys() - {"content"}
    return NoticeOut(**{name: row[name] for name in names}, content=json.loads(row["content"]))
