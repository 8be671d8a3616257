"""The compliance report of a range of days: at once when it is ready, else where and how far it is."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from altscore_libs.errors import InvalidRequest, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.types import IsoDate
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query, Response
from fastapi.responses import JSONResponse

from altscore_admin.compliance.domain import Range
from altscore_admin.compliance.schemas import ReportIn, ReportOut, ReportState
from altscore_admin.compliance.service import content_of
from altscore_admin.dependencies import SIGN_IN_ERRORS, Services, ServicesDependency, require
from altscore_admin.errors import ReportFailed, ReportNotDrawn
from altscore_admin.operators.domain import Operator, Permission

router = make_router(
    prefix="/v1/admin/compliance", tags=["compliance"], responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest)
)
Reader = Annotated[Operator, Depends(require(Permission.READ_COMPLIANCE))]
ReportId = Annotated[str, Path(pattern=r"^rep_[0-9a-f]{32}$")]
Format = Literal["json", "pdf"]
ReportFormat = Annotated[Format, Query(alias="format")]
_RESPONSES = error_responses(ReportNotDrawn, ReportFailed) | {
    200: {"model": ReportOut, "content": {"application/pdf": {}}, "description": "The report"},
    202: {"model": ReportState, "description": "It is being made; `Location` says where it will be"},
}


@router.get("/report", response_model=None, responses=_RESPONSES)
async def get_report(
    services: ServicesDependency,
    operator: Reader,
    first: Annotated[IsoDate, Query(alias="from")],
    last: Annotated[IsoDate, Query(alias="to")],
    report_format: ReportFormat = "json",
) -> Response:
    """The report of the days from `from` to `to` in India, both included."""
    row = await services.compliance.request(operator, Range(first, last))
    return await _answer(services, await services.compliance.ready(row), report_format)


@router.post("/reports", status_code=202)
async def post_report(
    services: ServicesDependency, operator: Reader, response: Response, body: ReportIn
) -> ReportState:
    """Has a report made; one that is being made, or was within the hour, is taken."""
    state = _state(await services.compliance.request(operator, Range(body.first, body.last)))
    response.headers["Location"] = state.location
    return state


@router.get(
    "/reports/{report_id}", response_model=None, responses=_RESPONSES | error_responses(ReportNotDrawn, NotFound)
)
async def get_report_by_id(
    services: ServicesDependency, _operator: Reader, report_id: ReportId, report_format: ReportFormat = "json"
) -> Response:
    """A report, or how far it is."""
    return await _answer(services, await services.compliance.read(report_id), report_format)


async def _answer(services: Services, row: Mapping[str, Any], report_format: Format) -> Response:
    if row["state"] == "failed":
        raise ReportFailed(f"the report could not be made ({row['failure'] or 'unknown'}); ask again")
    if row["state"] != "done":
        state = _state(row)
        headers = {"Location": f"{state.location}?format={report_format}", "Retry-After": "2"}
        return JSONResponse(state.model_dump(mode="json"), 202, headers=headers)
    headers = {"X-Content-SHA256": row["content_sha256"], "Cache-Control": "no-store"}
    if report_format == "json":
        return JSONResponse(content_of(row), headers=headers)
    document = await services.compliance.pdf(row["report_id"])
    if document is None:
        raise ReportNotDrawn("this process cannot draw the PDF; the JSON holds the same figures")
    name = f"compliance-{row['first_day']}-{row['last_day']}.pdf"
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(document, media_type="application/pdf", headers=headers)


def _state(row: Mapping[str, Any]) -> ReportState:
    names = ReportState.model_fields.keys() - {"location"}
    return ReportState(
        **{name: row[name] for name in names}, location=f"/v1/admin/compliance/reports/{row['report_id']}"
    )
