"""Erasures: the request with its clock, the first person's proposal, and the proof."""

from altscore_libs.errors import InvalidRequest, NotFound
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency
from altscore_admin.erasures.schemas import ProofOut, proof_out
from altscore_admin.errors import ApprovalConflict, NoticeRunning, RightsStepRefused
from altscore_admin.retailers.routes import RetailerId
from altscore_admin.rights.domain import Kind
from altscore_admin.rights.routes import Handler, Reader, RequestId
from altscore_admin.rights.schemas import IntakeIn, RightsOut, rights_out

router = make_router(prefix="/v1/admin", responses=error_responses(*SIGN_IN_ERRORS, InvalidRequest))


@router.put("/retailers/{retailer_id}/erasure")
async def put_erasure(
    services: ServicesDependency, operator: Handler, retailer_id: RetailerId, body: IntakeIn
) -> RightsOut:
    """Takes in a request of erasure and starts its 30 days; while one is open, that one is the answer."""
    return rights_out(await services.rights.open(operator, body.intake(Kind.ERASURE, retailer_id)))


@router.post(
    "/rights/{request_id}/propose-erasure",
    status_code=202,
    responses=error_responses(NotFound, RightsStepRefused, NoticeRunning, ApprovalConflict),
)
async def post_propose(services: ServicesDependency, operator: Handler, request_id: RequestId) -> RequestedOut:
    """Proposes the erasure, 48 hours after the retailer was told; another person approves it within 24 hours."""
    return requested_out(await services.erasures.propose(operator, request_id))


@router.get("/rights/{request_id}/proof", responses=error_responses(NotFound))
async def get_proof(services: ServicesDependency, operator: Reader, request_id: RequestId) -> ProofOut:
    """The vault's certificate and what every store reported, for the person and for the offline verifier."""
    return proof_out(await services.erasures.proof(operator, request_id))
