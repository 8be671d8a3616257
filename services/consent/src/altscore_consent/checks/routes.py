"""Check, batched check, bulk check and snapshot."""

from typing import Annotated

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.types import ShortText
from altscore_libs.web import allow_callers
from altscore_libs.web import router as make_router
from fastapi import Depends, Query

from altscore_consent.checks.schemas import (
    BulkRequest,
    BulkResponse,
    BulkResult,
    CheckResponse,
    Cursor,
    ManyResponse,
    SnapshotEntry,
    SnapshotResponse,
    Triples,
)
from altscore_consent.dependencies import Caller, LenderId, RetailerId, TheServices
from altscore_consent.errors import SnapshotChanged

router = make_router(tags=["checks"], responses=error_responses(Forbidden, Unavailable))
CHECKERS = ("score", "scoring")
MANY_CHECKERS = ("score",)


@router.get("/v1/consent/check", dependencies=[Depends(allow_callers(*CHECKERS))])
async def check(
    retailer_id: RetailerId, lender_id: LenderId, services: TheServices, purpose: ShortText | None = None
) -> CheckResponse:
    """Whether a lender may see a retailer now."""
    return CheckResponse.of(await services.checks.check(retailer_id, lender_id, purpose))


@router.get("/internal/consents/check-many", dependencies=[Depends(allow_callers(*MANY_CHECKERS))])
async def check_many(of: Triples, services: TheServices) -> ManyResponse:
    """Checks that came together, `retailer:lender:purpose` each, comma between: for the serving path under load."""
    return ManyResponse.of(await services.checks.check_many([triple.split(":") for triple in of.split(",")]))


@router.post("/internal/consents/check-bulk", dependencies=[Depends(allow_callers("scoring"))])
async def check_bulk(body: BulkRequest, services: TheServices, caller: Caller) -> BulkResponse:
    """Whether there is any consent, for many retailers."""
    statuses = await services.checks.check_bulk(body.retailer_ids, actor=caller)
    results = [
        BulkResult(retailer_id=retailer, consented=consented, version=version, consent_id=consent_id)
        for retailer in body.retailer_ids
        for consented, version, consent_id in (statuses[retailer],)
    ]
    return BulkResponse(results=results)


@router.get(
    "/internal/snapshot",
    dependencies=[Depends(allow_callers("pipeline"))],
    responses=error_responses(SnapshotChanged),
)
async def snapshot(
    services: TheServices,
    caller: Caller,
    after: Cursor | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 5000,
) -> SnapshotResponse:
    """All retailers with an active consent, page by page."""
    page = await services.checks.snapshot(after, limit, actor=caller)
    retailers = [SnapshotEntry(retailer_id=retailer, version=version) for retailer, version in page.retailers]
    return SnapshotResponse(version=page.version, retailers=retailers, next=page.next_cursor)
