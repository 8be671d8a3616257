"""Proofs of entries and of the tree's growth, and the signed checkpoints that they lead to."""

from typing import Annotated

from altscore_libs.errors import Forbidden, InvalidRequest, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query

from altscore_audit.chain.schemas import entry_out
from altscore_audit.dependencies import ServicesDependency, only_admin, only_score
from altscore_audit.proofs.schemas import (
    CheckpointsIn,
    CheckpointsOut,
    ConsistencyIn,
    ConsistencyOut,
    LenderProofsIn,
    LenderProofsOut,
    ProofsIn,
    ProofsOut,
    checkpoint_out,
    consistency_out,
    proof_out,
)

router = make_router(
    prefix="/internal/audit",
    dependencies=[Depends(only_admin)],
    responses=error_responses(Forbidden, InvalidRequest, NotFound, Unavailable),
)
lenders_router = make_router(
    prefix="/internal/audit/lenders",
    dependencies=[Depends(only_score)],
    responses=error_responses(Forbidden, InvalidRequest, Unavailable),
)
LenderPath = Annotated[str, Path(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$")]


@router.get("/proofs")
async def get_proofs(services: ServicesDependency, query: Annotated[ProofsIn, Query()]) -> ProofsOut:
    """Inclusion proofs of an event's entry, a request's entries or a record's; an unknown one has none."""
    if query.event_id is not None:
        proofs, unsigned = await services.proofs.of_event(query.event_id)
    elif query.request_id is not None:
        proofs, unsigned = await services.proofs.of_request(query.request_id)
    else:
        proofs, unsigned = await services.proofs.of_record(str(query.record_id), retailer_id=str(query.retailer_id))
    return ProofsOut(proofs=[proof_out(proof) for proof in proofs], unsigned=[entry_out(link) for link in unsigned])


@router.get("/consistency")
async def get_consistency(services: ServicesDependency, query: Annotated[ConsistencyIn, Query()]) -> ConsistencyOut:
    """Proof that a chain's tree of `second` entries begins with its tree of `first` entries."""
    return consistency_out(await services.proofs.consistency(query.chain, first=query.first, second=query.second))


@router.get("/checkpoints")
async def get_checkpoints(services: ServicesDependency, query: Annotated[CheckpointsIn, Query()]) -> CheckpointsOut:
    """Signed checkpoints of a chain behind `after`, in order."""
    signed = await services.proofs.signed(query.chain, after=query.after, limit=query.limit)
    return CheckpointsOut(
        checkpoints=[checkpoint_out(checkpoint) for checkpoint in signed],
        next=signed[-1].seq if len(signed) == query.limit else None,
    )


@lenders_router.get("/{lender_id}/proofs")
async def get_lender_proofs(
    services: ServicesDependency, lender_id: LenderPath, query: Annotated[LenderProofsIn, Query()]
) -> LenderProofsOut:
    """Inclusion proofs of what a lender itself did; what is another's, or not for lenders, is as unknown."""
    if query.request_id is not None:
        proofs, unsigned = await services.proofs.of_lenders_request(lender_id, query.request_id)
    else:
        proofs, unsigned = await services.proofs.of_lenders_record(
            lender_id, str(query.record_id), retailer_id=str(query.retailer_id)
        )
    return LenderProofsOut(proofs=[proof_out(proof) for proof in proofs], unsigned=len(unsigned))
