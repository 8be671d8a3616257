"""Incidents: opened, worked through by steps, switches and queries, closed, and handed out."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from altscore_libs.canonical_json import canonical_json
from altscore_libs.errors import NotFound
from altscore_libs.ids import uuid7
from altscore_libs.openapi import error_responses
from altscore_libs.types import StrictModel
from altscore_libs.web import request_id
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query, Request, Response

from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import CommandConflict, IncidentClosed, StepsMissing
from altscore_admin.incidents import timeline as timelines
from altscore_admin.incidents.affected import AffectedQuery
from altscore_admin.incidents.domain import Status
from altscore_admin.incidents.schemas import (
    CURSOR_PATTERN,
    INCIDENT_PATTERN,
    AffectedIn,
    AffectedOut,
    AffectedPage,
    AffectedRetailer,
    ChangeIn,
    CloseIn,
    IncidentIn,
    IncidentOut,
    IncidentsOut,
    IncidentSummary,
    StepIn,
    SwitchIn,
    SwitchOut,
    TimelineOut,
    incident_out,
    summary,
    switch_out,
)
from altscore_admin.incidents.service import Opening
from altscore_admin.incidents.store import Command, Place
from altscore_admin.operators.domain import Operator, Permission

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHANGES = error_responses(NotFound, CommandConflict, IncidentClosed)
router = make_router(
    prefix="/v1/admin/incidents", tags=["incidents"], responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS)
)
IncidentId = Annotated[str, Path(pattern=INCIDENT_PATTERN)]
Responder = Annotated[Operator, Depends(require(Permission.HANDLE_INCIDENTS))]
Switcher = Annotated[Operator, Depends(require(Permission.HANDLE_INCIDENTS, is_sensitive=True))]


def _command_id(request: Request) -> UUID:
    """The caller's X-Request-ID where it is a UUID: repeating it repeats nothing."""
    sent = request_id(request).lower()
    return UUID(sent) if _UUID.fullmatch(sent) else uuid7()


CommandId = Annotated[UUID, Depends(_command_id)]


def command_of(command_id: UUID, request: Request, body: StrictModel) -> Command:
    """A request that is carried out once: its id and the digest of what it asks for."""
    content = canonical_json([request.url.path, body.model_dump(mode="json")])
    return Command(command_id, hashlib.sha256(content).hexdigest())


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    micros, _, incident_id = cursor.partition(".")
    try:
        return Place(datetime.fromtimestamp(int(micros) / 1_000_000, UTC), incident_id)
    except (OverflowError, ValueError, OSError):
        return Place(datetime.max.replace(tzinfo=UTC), incident_id)


@router.post("", status_code=201, responses=error_responses(CommandConflict))
async def post_incident(
    services: ServicesDependency, operator: Responder, *, command_id: CommandId, request: Request, body: IncidentIn
) -> IncidentOut:
    """Opens an incident and starts its clocks at the instant of awareness."""
    opening = Opening(**dict(body))
    incident = await services.incidents.open(operator, opening, command_of(command_id, request, body))
    return incident_out(incident, services.incidents.clock.now())


@router.get("")
async def get_incidents(
    services: ServicesDependency,
    _operator: Responder,
    *,
    status: Status | None = None,
    cursor: Annotated[str | None, Query(pattern=CURSOR_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> IncidentsOut:
    """Incidents with their clocks, newest first."""
    page = await services.incidents.page(after=_place(cursor), limit=limit, status=status)
    now = services.incidents.clock.now()
    last = page[-1].row if len(page) == limit else None
    following = None if last is None else f"{_micros(last['opened_at'])}.{last['incident_id']}"
    return IncidentsOut(items=[IncidentSummary(**summary(item, now)) for item in page], next_cursor=following)


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


@router.get("/{incident_id}", responses=error_responses(NotFound))
async def get_incident(services: ServicesDependency, _operator: Responder, incident_id: IncidentId) -> IncidentOut:
    """One incident with its clocks and the steps of the response."""
    return incident_out(await services.incidents.read(incident_id), services.incidents.clock.now())


@router.post("/{incident_id}/steps", responses=_CHANGES)
async def post_step(
    services: ServicesDependency,
    operator: Responder,
    incident_id: IncidentId,
    *,
    command_id: CommandId,
    request: Request,
    body: StepIn,
) -> IncidentOut:
    """States that a step of the response is done or not needed."""
    incident = await services.incidents.state_step(
        operator,
        incident_id,
        body.step,
        state=body.state,
        note=body.note,
        command=command_of(command_id, request, body),
    )
    return incident_out(incident, services.incidents.clock.now())


@router.post("/{incident_id}/change", responses=_CHANGES)
async def post_change(
    services: ServicesDependency,
    operator: Responder,
    incident_id: IncidentId,
    *,
    command_id: CommandId,
    request: Request,
    body: ChangeIn,
) -> IncidentOut:
    """Gives an incident another severity, or records whether it is to be reported; clocks follow."""
    incident = await services.incidents.change(
        operator,
        incident_id,
        severity=body.severity,
        is_reportable=body.is_reportable,
        note=body.note,
        command=command_of(command_id, request, body),
    )
    return incident_out(incident, services.incidents.clock.now())


@router.post(
    "/{incident_id}/close", responses=_CHANGES | error_responses(CommandConflict, IncidentClosed, StepsMissing)
)
async def post_close(
    services: ServicesDependency,
    operator: Responder,
    incident_id: IncidentId,
    *,
    command_id: CommandId,
    request: Request,
    body: CloseIn,
) -> IncidentOut:
    """Ends an incident whose required steps are all stated."""
    command = command_of(command_id, request, body)
    incident = await services.incidents.close(operator, incident_id, note=body.note, command=command)
    return incident_out(incident, services.incidents.clock.now())


@router.post(
    "/{incident_id}/switches",
    responses=_CHANGES
    | error_responses(CommandConflict, IncidentClosed)
    | {207: {"model": SwitchOut, "description": "Something is still on; `failed` names it"}},
)
async def post_switch(
    services: ServicesDependency,
    operator: Switcher,
    incident_id: IncidentId,
    *,
    command_id: CommandId,
    request: Request,
    response: Response,
    body: SwitchIn,
) -> SwitchOut:
    """Operates a switch: 200 when everything is off, 207 when something is not; a drill calls nothing and says so."""
    command = command_of(command_id, request, body)
    result = await services.incident_switches.operate(
        operator, incident_id, body.switch, note=body.note, command=command
    )
    response.status_code = 207 if result.failed else 200
    return switch_out(result)


@router.post("/{incident_id}/affected", responses=_CHANGES)
async def post_affected(
    services: ServicesDependency,
    operator: Responder,
    incident_id: IncidentId,
    *,
    command_id: CommandId,
    request: Request,
    body: AffectedIn,
) -> AffectedOut:
    """Adds the retailers that a query names to those who are affected."""
    query = AffectedQuery(**dict(body))
    outcome = await services.incident_affected.add(operator, incident_id, query, command_of(command_id, request, body))
    return AffectedOut(added=outcome.added, total=outcome.total)


@router.get("/{incident_id}/affected", responses=error_responses(NotFound))
async def get_affected(
    services: ServicesDependency,
    operator: Responder,
    incident_id: IncidentId,
    *,
    cursor: Annotated[str, Query(pattern=r"^(ret_[0-9a-f]{16})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
) -> AffectedPage:
    """Affected retailers by id; the reading is audited."""
    total, rows = await services.incident_affected.page(operator, incident_id, after=cursor, limit=limit)
    items = [AffectedRetailer(**dict(row)) for row in rows]
    return AffectedPage(total=total, items=items, next_cursor=items[-1].retailer_id if len(items) == limit else None)


@router.get(
    "/{incident_id}/timeline",
    response_model=TimelineOut,
    responses=error_responses(NotFound) | {200: {"content": {"text/csv": {}}}},
)
async def get_timeline(
    services: ServicesDependency,
    operator: Responder,
    incident_id: IncidentId,
    timeline_format: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> TimelineOut | Response:
    """Every entry in order with its digest and its place in the audit chain; as CSV without formulas."""
    timeline = await services.incident_timeline.read(operator, incident_id)
    if timeline_format == "json":
        return timeline
    headers = {"Content-Disposition": f'attachment; filename="{incident_id}.csv"'}
    return Response(timelines.to_csv(timeline), media_type="text/csv; charset=utf-8", headers=headers)
