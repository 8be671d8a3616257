"""Endpoints about phones; each allows the callers that need it."""

from altscore_libs.errors import Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.errors import LookupsExhausted
from altscore_ingestion.vault.dependencies import CallerDep, ServicesDep
from altscore_ingestion.vault.phones.schemas import (
    After,
    ConfirmedPhoneOut,
    ConfirmPhoneIn,
    DistributorPath,
    Limit,
    PhoneIn,
    ReachableOut,
    ReachablePage,
    ResolvedOut,
    RetailerOut,
    RetailerPath,
    RevealIn,
    RevealOut,
)

router = strict_router(prefix="/internal", responses=error_responses(Forbidden, Unavailable))


@router.post(
    "/phones/resolve",
    dependencies=[Depends(allow_callers("webhook", "consent"))],
    responses=error_responses(LookupsExhausted),
)
async def post_resolve(services: ServicesDep, caller: CallerDep, body: PhoneIn) -> ResolvedOut:
    """The retailers whose confirmed phone this is; several shops may share one."""
    contacts = await services.phones.resolve(body.phone, caller=caller)
    return ResolvedOut(retailers=[RetailerOut.model_validate(contact._asdict()) for contact in contacts])


@router.post(
    "/phones/reveal",
    dependencies=[Depends(allow_callers("notification"))],
    responses=error_responses(NotFound, LookupsExhausted),
)
async def post_reveal(services: ServicesDep, caller: CallerDep, body: RevealIn) -> RevealOut:
    """Phone and shop name of a retailer, from the newest ledger that shows the phone asked for."""
    revealed = await services.phones.reveal(
        body.retailer_id, body.contact_ref, message_id=body.message_id, caller=caller
    )
    return RevealOut(phone=revealed.phone, shop_name=revealed.shop_name)


@router.post(
    "/admin/retailers/{retailer_id}/phones/confirm",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(NotFound),
)
async def post_confirm(
    services: ServicesDep, caller: CallerDep, retailer_id: RetailerPath, body: ConfirmPhoneIn
) -> ConfirmedPhoneOut:
    """Confirms the phone that a distributor's ledgers show for a retailer who already has another one."""
    contact_ref = await services.phones.confirm(retailer_id, body.distributor_id, caller=caller)
    return ConfirmedPhoneOut(retailer_id=retailer_id, contact_ref=contact_ref)


@router.get("/admin/distributors/{distributor_id}/retailers", dependencies=[Depends(allow_callers("admin"))])
async def get_retailers(
    services: ServicesDep, caller: CallerDep, distributor_id: DistributorPath, after: After = "", limit: Limit = 500
) -> ReachablePage:
    """A distributor's retailers, page by page, by id."""
    contacts = await services.phones.contacts_of(distributor_id, after=after, limit=limit, caller=caller)
    page = [
        ReachableOut(
            retailer_id=contact.retailer_id,
            reachable=contact.contact_ref is not None,
            contact_ref=contact.contact_ref,
        )
        for contact in contacts
    ]
    return ReachablePage(retailers=page, next=page[-1].retailer_id if len(page) == limit else None)
