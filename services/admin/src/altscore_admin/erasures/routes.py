"""Erasures: the request with its clock, the two persons, and the proof."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.erasures.schemas import ApproveIn, ProofOut, ProposalOut, proof_out, proposal_out
from altscore_admin.errors import ContentChanged, NoticeRunning, RightsStepRefused, SameOperator
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.retailers.routes import RetailerId
from altscore_admin.rights.domain import Kind
from altscore_admin.rights.routes import Handler, Reader, RequestId
from altscore_admin.rights.schemas import IntakeIn, RightsOut, rights_out

router = make_router(prefix="/v1/admin", responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest))
Approver = Annotated[Operator, Depends(require(Permission.HANDLE_RIGHTS, is_sensitive=True))]


@router.put("/retailers/{retailer_id}/erasure")
async def put_erasure(
    services: ServicesDependency, operator: Handler, retailer_id: RetailerId, body: IntakeIn
) -> RightsOut:
    """Takes in a request of erasure and starts its 30 days; while one is open, that one is the answer."""
    return rights_out(await services.rights.open(operator, body.intake(Kind.ERASURE, retailer_id)))


@router.post(
    "/rights/{request_id}/propose-erasure",
    status_code=202,
    responses=error_responses(NotFound, RightsStepRefused),
)
async def post_propose(services: ServicesDependency, operator: Handler, request_id: RequestId) -> ProposalOut:
    """The first person proposes; a second one has to approve exactly this content."""
    return proposal_out(await services.erasures.propose(operator, request_id))


@router.post(
    "/rights/{request_id}/approve-erasure",
    responses=error_responses(
        NotFound, RightsStepRefused, SameOperator, ContentChanged, NoticeRunning, *UPSTREAM_ERRORS
    ),
)
async def post_approve(
    services: ServicesDependency, operator: Approver, request_id: RequestId, body: ApproveIn
) -> RightsOut:
    """The second person approves, 48 hours after the retailer was told; then it happens."""
    return rights_out(await services.erasures.approve(operator, request_id, body.content_sha256))


@router.get("/rights/{request_id}/proof", responses=error_responses(NotFound))
async def get_proof(services: ServicesDependency, operator: Reader, request_id: RequestId) -> ProofOut:
    """The vault's certificate and what every store reported, for the person and for the offline verifier."""
    return proof_out(await services.erasures.proof(operator, request_id))
