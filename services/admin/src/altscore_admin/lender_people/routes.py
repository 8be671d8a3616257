"""Officers of lenders at the dashboard, and their identity provider."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query, Response

from altscore_admin.approvals.schemas import RequestedOut
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.lender_people.schemas import OfficerIn
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.portal_people.routes import requested_provider
from altscore_admin.portal_people.schemas import (
    EnrolledOut,
    PeopleIn,
    PeopleOut,
    PersonId,
    PortalAccessOut,
    ProviderIn,
    ProviderOut,
    SessionsEndedOut,
)
from altscore_admin.portal_people.service import Organisation
from altscore_admin.saml.schemas import SamlProviderIn

router = make_router(
    prefix="/v1/admin/lenders/{lender_id}", responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS)
)
Reader = Annotated[Operator, Depends(require(Permission.LENDER_ACCESS))]
AccessManager = Annotated[Operator, Depends(require(Permission.LENDER_ACCESS, is_sensitive=True))]
LenderPath = Annotated[str, Path(pattern=r"^lender_[a-z0-9_]{1,48}$")]


def _lender(lender_id: LenderPath) -> Organisation:
    return Organisation("lender", lender_id)


Lender = Annotated[Organisation, Depends(_lender)]


@router.post("/people", responses={201: {"model": EnrolledOut, "description": "Enrolled for the first time"}})
async def post_officer(
    services: ServicesDependency, operator: AccessManager, lender: Lender, *, response: Response, body: OfficerIn
) -> EnrolledOut:
    """Lets an officer sign in at the lender's identity provider; the same address again changes that person."""
    enrolled = EnrolledOut(**await services.portal_people.enrol(operator, lender, body.model_dump()))
    response.status_code = 201 if enrolled.created else 200
    return enrolled


@router.get("/people")
async def get_officers(
    services: ServicesDependency, operator: Reader, lender: Lender, query: Annotated[PeopleIn, Query()]
) -> PeopleOut:
    """The lender's officers, addresses masked; audited first."""
    params = query.model_dump(exclude_none=True)
    return PeopleOut(**await services.portal_people.listed(operator, lender, params))


@router.post("/people/{person_id}/suspend")
async def post_suspend_officer(
    services: ServicesDependency, operator: AccessManager, lender: Lender, person_id: PersonId
) -> PortalAccessOut:
    """Ends an officer's sessions and lets them start none."""
    return PortalAccessOut(**await services.portal_people.change(operator, lender, person_id, change="suspend"))


@router.post("/people/{person_id}/reactivate")
async def post_reactivate_officer(
    services: ServicesDependency, operator: AccessManager, lender: Lender, person_id: PersonId
) -> PortalAccessOut:
    """Lets an officer in again."""
    return PortalAccessOut(**await services.portal_people.change(operator, lender, person_id, change="reactivate"))


@router.post("/people/{person_id}/end-sessions")
async def post_end_officers_sessions(
    services: ServicesDependency, operator: AccessManager, lender: Lender, person_id: PersonId
) -> SessionsEndedOut:
    """Ends an officer's sessions; they may sign in anew."""
    return SessionsEndedOut(**await services.portal_people.change(operator, lender, person_id, change="end-sessions"))


@router.post("/people/{person_id}/remove")
async def post_remove_officer(
    services: ServicesDependency, operator: AccessManager, lender: Lender, person_id: PersonId
) -> SessionsEndedOut:
    """Removes an officer with their address; the audit keeps their id."""
    return SessionsEndedOut(**await services.portal_people.change(operator, lender, person_id, change="remove"))


@router.post("/people/end-sessions")
async def post_end_sessions(services: ServicesDependency, operator: AccessManager, lender: Lender) -> SessionsEndedOut:
    """Ends the sessions of all of the lender's officers; they may sign in anew."""
    return SessionsEndedOut(**await services.portal_people.change(operator, lender, None, change="end-sessions"))


@router.get("/identity-provider")
async def get_provider(services: ServicesDependency, operator: Reader, lender: Lender) -> ProviderOut:
    """Where the lender's officers sign in, without the secret; audited first."""
    return ProviderOut(**await services.portal_people.provider(operator, lender))


@router.post("/identity-provider", status_code=202, responses=error_responses(ApprovalConflict))
async def post_provider(
    services: ServicesDependency, operator: AccessManager, lender: Lender, body: ProviderIn
) -> RequestedOut:
    """Requests where the lender's officers sign in; another person approves it, and their sessions end with it.

    The secret goes to the portal at once, encrypted, and is shown to nobody again: not to the second person either.
    """
    return await requested_provider(services, operator, lender, body)


@router.post("/identity-provider/saml", status_code=202, responses=error_responses(ApprovalConflict))
async def post_saml_provider(
    services: ServicesDependency, operator: AccessManager, lender: Lender, body: SamlProviderIn
) -> RequestedOut:
    """Requests that the lender's officers sign in by SAML; another person approves it, and their sessions end with it.

    The second person compares the digests of its certificates with what the lender wrote.
    """
    return await requested_provider(services, operator, lender, body)
