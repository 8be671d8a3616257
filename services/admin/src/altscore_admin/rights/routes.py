"""Rights requests: taken in, listed by their clocks, answered step by step."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query

from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import EvidenceRequired, RightsStepRefused
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.rights.domain import Step
from altscore_admin.rights.schemas import (
    CloseIn,
    CorrectionIn,
    EvidenceIn,
    RefuseIn,
    RightsIn,
    RightsListIn,
    RightsListOut,
    RightsOut,
    RightsWhole,
    TicketIn,
    ToldIn,
    VerifyIn,
    page_of,
    rights_out,
    rights_whole,
)

router = make_router(prefix="/v1/admin/rights", responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest))
RequestId = Annotated[str, Path(pattern=r"^rgt_[0-9a-f]{32}$")]
Reader = Annotated[Operator, Depends(require(Permission.READ_RIGHTS))]
Handler = Annotated[Operator, Depends(require(Permission.HANDLE_RIGHTS))]
_STEP = error_responses(NotFound, RightsStepRefused)


@router.post("")
async def post_rights(services: ServicesDependency, operator: Handler, body: RightsIn) -> RightsOut:
    """Takes in a request and starts its clock; while one of its kind is open, that one is the answer."""
    return rights_out(await services.rights.open(operator, body.intake(body.kind, body.retailer_id)))


@router.get("")
async def get_rights(
    services: ServicesDependency, _operator: Reader, query: Annotated[RightsListIn, Query()]
) -> RightsListOut:
    """Requests with their clocks, the most urgent first."""
    requests = await services.rights.page(state=query.state, after=query.after(), limit=query.limit)
    return page_of(requests, query.limit)


@router.get("/{request_id}", responses=error_responses(NotFound))
async def get_rights_request(services: ServicesDependency, operator: Reader, request_id: RequestId) -> RightsWhole:
    """One request with its log; the reading is audited."""
    return rights_whole(*await services.rights.read(operator, request_id))


@router.post("/{request_id}/evidence", responses=error_responses(NotFound, RightsStepRefused, EvidenceRequired))
async def post_evidence(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: EvidenceIn
) -> RightsOut:
    """Attaches documents of a nominee or a guardian; a request refused for want of them begins now."""
    return rights_out(await services.rights.attach_evidence(operator, request_id, body.evidence))


@router.post("/{request_id}/verify", responses=_STEP)
async def post_verify(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: VerifyIn
) -> RightsOut:
    """Records how the requester was verified; the notice of an erasure is sent then."""
    return rights_out(await services.rights.verify(operator, request_id, method=body.method, evidence=body.evidence))


@router.post("/{request_id}/refuse", responses=_STEP)
async def post_refuse(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: RefuseIn
) -> RightsOut:
    """Ends a request with a reason."""
    return rights_out(await services.rights.refuse(operator, request_id, body.reason))


@router.post("/{request_id}/object", responses=_STEP)
async def post_object(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: ToldIn
) -> RightsOut:
    """The retailer takes the request back; an erasure does not happen."""
    return rights_out(await services.rights.object(operator, request_id, channel=body.channel, ticket=body.ticket))


@router.post("/{request_id}/notice", responses=_STEP)
async def post_notice(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: ToldIn
) -> RightsOut:
    """The retailer was told of the erasure by other means than a message of ours; the 48 hours begin now."""
    return rights_out(await services.erasures.notice_given(operator, request_id, body.channel, ticket=body.ticket))


@router.post("/{request_id}/correction", responses=_STEP)
async def post_correction(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: CorrectionIn
) -> RightsOut:
    """Asks a distributor to correct its records and to send them again."""
    details = body.model_dump()
    changes = {"distributor_id": body.distributor_id, "subject": body.subject}
    return rights_out(await services.rights.act(operator, request_id, Step.CORRECTION_ASKED, details, changes))


@router.post("/{request_id}/correction/confirm", responses=_STEP)
async def post_correction_confirmed(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: TicketIn
) -> RightsOut:
    """The distributor's corrected records have arrived."""
    details = {"ticket": body.ticket}
    return rights_out(await services.rights.act(operator, request_id, Step.CORRECTION_CONFIRMED, details))


@router.post(
    "/{request_id}/request-rescoring", responses=error_responses(NotFound, RightsStepRefused, *UPSTREAM_ERRORS)
)
async def post_rescoring(services: ServicesDependency, operator: Handler, request_id: RequestId) -> RightsOut:
    """Asks for a score from the corrected records."""
    return rights_out(await services.rights.request_rescoring(operator, request_id))


@router.post("/{request_id}/nomination", responses=_STEP)
async def post_nomination(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: TicketIn
) -> RightsOut:
    """Records under which number the nomination is filed; who was nominated stands in the document alone."""
    changes = {"outcome": "nomination_recorded"}
    details = {"ticket": body.ticket}
    return rights_out(await services.rights.act(operator, request_id, Step.NOMINATION_RECORDED, details, changes))


@router.post("/{request_id}/close", responses=_STEP)
async def post_close(
    services: ServicesDependency, operator: Handler, request_id: RequestId, body: CloseIn
) -> RightsOut:
    """Ends an answered request."""
    return rights_out(await services.rights.close(operator, request_id, body.outcome))
