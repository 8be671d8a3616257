"""What a distributor's people read and do; no route takes the id of a distributor."""

from decimal import Decimal
from typing import Annotated, Any

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends

from altscore_admin.portal.clients import UPSTREAM_ERRORS
from altscore_admin.portal.dependencies import SESSION_ERRORS, ServicesDependency, require_person
from altscore_admin.portal.distributors.domain import InviteOrder, is_rotation_due, verdict_of
from altscore_admin.portal.distributors.guidance import guidance_of
from altscore_admin.portal.distributors.schemas import (
    BatchCursor,
    BatchDetailOut,
    BatchesOut,
    BatchPath,
    CredentialsOut,
    InviteCursor,
    InvitedOut,
    InvitesIn,
    InvitesOut,
    Limit,
    MonthOut,
    QuarantineOut,
    RecordCursor,
    RetailerCursor,
    RetailersOut,
    SyncOut,
)
from altscore_admin.portal.errors import InvitesNotEnabled
from altscore_admin.portal.sessions.domain import Person

router = make_router(prefix="/v1/portal", responses=error_responses(*SESSION_ERRORS, *UPSTREAM_ERRORS))
Owner = Annotated[Person, Depends(require_person("distributor"))]


def _month(month: dict[str, Any]) -> MonthOut:
    erp, bronze = month["erp"], month["bronze"]
    difference = Decimal(erp["amount_inr"]) - Decimal(bronze["amount_inr"]) if erp and bronze else None
    return MonthOut.model_validate({**month, "verdict": verdict_of(month["agrees"]), "difference_inr": difference})


@router.get("/sync")
async def get_sync(services: ServicesDependency, person: Owner) -> SyncOut:
    """How far the ledger has come, and whether it agrees with the ERP to the paisa, month by month."""
    sync = await services.distributors.read(person, "sync")
    months = [_month(month) for month in sync["totals"]["months"]]
    return SyncOut.model_validate({**sync, "verdict": verdict_of(sync["totals"]["agrees"]), "months": months})


@router.get("/batches")
async def get_batches(
    services: ServicesDependency, person: Owner, cursor: BatchCursor = None, limit: Limit = 50
) -> BatchesOut:
    """Batches, the newest first."""
    page = await services.distributors.read(person, "batches", cursor=cursor, limit=limit)
    return BatchesOut.model_validate(page)


@router.get("/batches/{batch_id}")
async def get_batch(services: ServicesDependency, person: Owner, batch_id: BatchPath) -> BatchDetailOut:
    """One batch: why records of it stay in quarantine, and what to do about it."""
    detail = await services.distributors.read(person, "batch", batch_id=batch_id)
    return BatchDetailOut.model_validate({**detail, "reasons": [_explained(item) for item in detail["reasons"]]})


def _explained(reason: dict[str, Any]) -> dict[str, Any]:
    return {**reason, "guidance": guidance_of(reason["reason"])}


@router.get("/quarantine")
async def get_quarantine(
    services: ServicesDependency, person: Owner, cursor: RecordCursor = None, limit: Limit = 50
) -> QuarantineOut:
    """Records that wait in quarantine, each with what to do about it."""
    page = await services.distributors.read(person, "quarantine", cursor=cursor, limit=limit)
    items = [{**item, "reasons": [_explained(reason) for reason in item["reasons"]]} for item in page["items"]]
    return QuarantineOut.model_validate({**page, "items": items})


@router.get("/retailers")
async def get_retailers(
    services: ServicesDependency, person: Owner, cursor: RetailerCursor = None, limit: Limit = 50
) -> RetailersOut:
    """The distributor's own retailers, contacts masked."""
    page = await services.distributors.read(person, "retailers", cursor=cursor, limit=limit)
    return RetailersOut.model_validate(page)


@router.get("/invites")
async def get_invites(
    services: ServicesDependency, person: Owner, cursor: InviteCursor = None, limit: Limit = 50
) -> InvitesOut:
    """The distributor's own invites and their answers, the newest first."""
    page = await services.distributors.read(person, "invites", cursor=cursor, limit=limit)
    return InvitesOut.model_validate(page)


@router.post("/invites", responses=error_responses(InvitesNotEnabled))
async def post_invites(services: ServicesDependency, person: Owner, body: InvitesIn) -> InvitedOut:
    """Invites retailers of the own ledger; asking again invites nobody twice."""
    order = InviteOrder(tuple(dict.fromkeys(body.retailer_ids)), body.language)
    return InvitedOut(**await services.distributors.invite(person, order))


@router.get("/credentials")
async def get_credentials(services: ServicesDependency, person: Owner) -> CredentialsOut:
    """Certificates and keys of the connector: age, end, and what is due."""
    held = CredentialsOut.model_validate(await services.distributors.read(person, "credentials"))
    now = services.distributors.clock.now()
    for certificate in held.certificates:
        certificate.rotation_due = is_rotation_due(vars(certificate), now)
    for key in held.api_keys:
        key.age_days = max(0, (now - key.valid_from).days)
        key.rotation_due = is_rotation_due(vars(key), now)
    return held
