"""What the portal reads of one distributor's retailers; its caller is the portal alone."""

from altscore_libs.errors import Forbidden, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers
from altscore_libs.web import router as strict_router
from fastapi import Depends

from altscore_ingestion.vault.dependencies import CallerDep, ServicesDep
from altscore_ingestion.vault.phones.schemas import DistributorPath
from altscore_ingestion.vault.portal.schemas import (
    ContactOut,
    ContactsIn,
    ContactsOut,
    Cursor,
    DirectoryOut,
    DirectoryPage,
    Limit,
)

router = strict_router(
    prefix="/internal/portal/distributors/{distributor_id}",
    dependencies=[Depends(allow_callers("portal"))],
    responses=error_responses(Forbidden, Unavailable),
)


@router.get("/retailers")
async def get_directory(
    services: ServicesDep, caller: CallerDep, distributor_id: DistributorPath, cursor: Cursor = "", limit: Limit = 50
) -> DirectoryPage:
    """A distributor's retailers as its own ledgers show them, masked, by id."""
    entries = await services.phones.directory(distributor_id, after=cursor, limit=limit, caller=caller)
    next_cursor = entries[-1].retailer_id if len(entries) == limit else None
    return DirectoryPage(items=[DirectoryOut(**entry._asdict()) for entry in entries], next_cursor=next_cursor)


@router.post("/contacts")
async def post_contacts(
    services: ServicesDep, caller: CallerDep, distributor_id: DistributorPath, body: ContactsIn
) -> ContactsOut:
    """The retailers among these that stand in the distributor's own ledgers, and whether they can be invited."""
    contacts = await services.phones.contacts_among(distributor_id, body.retailer_ids, caller=caller)
    return ContactsOut(items=[ContactOut(**contact._asdict()) for contact in contacts])
