"""Notices of an incident: asked for, handed out as documents; a second person approves them among all requests."""

from typing import Annotated, Literal

from altscore_libs.errors import NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import CommandConflict, IncidentClosed, ReportNotDrawn
from altscore_admin.incidents.rendering import render_notice
from altscore_admin.incidents.routes import CommandId, IncidentId, command_of
from altscore_admin.incidents.schemas import NoticeIn, NoticeOut, NoticesOut, notice_out
from altscore_admin.operators.domain import Operator, Permission

router = make_router(
    prefix="/v1/admin/incidents/{incident_id}/notices",
    tags=["incidents"],
    responses=error_responses(*SIGN_IN_ERRORS, NotFound, CommandConflict, IncidentClosed),
)
NoticeId = Annotated[str, Path(pattern=r"^ntc_[0-9a-f]{32}$")]
Responder = Annotated[Operator, Depends(require(Permission.HANDLE_INCIDENTS))]


@router.post("", status_code=202)
async def post_notice(
    services: ServicesDependency,
    operator: Responder,
    incident_id: IncidentId,
    *,
    command_id: CommandId,
    request: Request,
    body: NoticeIn,
) -> NoticeOut:
    """Asks for a notice; nothing leaves before another operator approves the request `approval_id`."""
    row = await services.incident_notices.propose(
        operator,
        incident_id,
        body.audience,
        language=body.language,
        facts={name: value for name, value in body.facts.model_dump().items() if value},
        command=command_of(command_id, request, body),
    )
    return notice_out(row)


@router.get("")
async def get_notices(services: ServicesDependency, _operator: Responder, incident_id: IncidentId) -> NoticesOut:
    """Notices of an incident, newest first."""
    return NoticesOut(items=[notice_out(row) for row in await services.incident_notices.page(incident_id)])


@router.get(
    "/{notice_id}/document",
    response_model=None,
    responses=error_responses(ReportNotDrawn) | {200: {"content": {"application/pdf": {}}}},
)
async def get_document(
    services: ServicesDependency,
    _operator: Responder,
    incident_id: IncidentId,
    notice_id: NoticeId,
    *,
    document_format: Annotated[Literal["json", "pdf"], Query(alias="format")] = "json",
    recipient: Annotated[str | None, Query(pattern=r"^(lender|dist)_[a-z0-9_]{1,48}$")] = None,
) -> Response:
    """The notice as a form with its facts; a draft and a drill say so on the page."""
    document = await services.incident_notices.document(incident_id, notice_id, recipient=recipient)
    if document_format == "json":
        return JSONResponse(document, headers={"Cache-Control": "no-store"})
    headers = {"Content-Disposition": f'attachment; filename="{notice_id}.pdf"', "Cache-Control": "no-store"}
    return Response(await render_notice(document), media_type="application/pdf", headers=headers)
