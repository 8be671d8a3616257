"""People of distributors at the portal, and the identity provider of a distributor that has one."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query, Response

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, Services, ServicesDependency, require
from altscore_admin.errors import ApprovalConflict
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.partners.schemas import DISTRIBUTOR_PATTERN
from altscore_admin.portal_people.schemas import (
    EnrolledOut,
    PeopleIn,
    PeopleOut,
    PersonId,
    PersonIn,
    PortalAccessOut,
    ProviderIn,
    ProviderOut,
    SessionsEndedOut,
)
from altscore_admin.portal_people.service import Organisation
from altscore_admin.saml.schemas import SamlProviderIn

router = make_router(
    prefix="/v1/admin/distributors/{distributor_id}",
    responses=error_responses(*SIGN_IN_ERRORS, *UPSTREAM_ERRORS),
)
Reader = Annotated[Operator, Depends(require(Permission.ONBOARD))]
Onboarder = Annotated[Operator, Depends(require(Permission.ONBOARD, is_sensitive=True))]
DistributorPath = Annotated[str, Path(pattern=DISTRIBUTOR_PATTERN)]


def _of(distributor_id: str) -> Organisation:
    return Organisation("distributor", distributor_id)


@router.post("/people", responses={201: {"model": EnrolledOut, "description": "Enrolled for the first time"}})
async def post_person(
    services: ServicesDependency,
    operator: Onboarder,
    distributor_id: DistributorPath,
    *,
    response: Response,
    body: PersonIn,
) -> EnrolledOut:
    """Lets an owner of the distributor sign in at the portal; the same address again changes that person."""
    person = body.model_dump(exclude_none=True)
    enrolled = EnrolledOut(**await services.portal_people.enrol(operator, _of(distributor_id), person))
    response.status_code = 201 if enrolled.created else 200
    return enrolled


@router.get("/people")
async def get_people(
    services: ServicesDependency,
    operator: Reader,
    distributor_id: DistributorPath,
    query: Annotated[PeopleIn, Query()],
) -> PeopleOut:
    """The distributor's people at the portal, contacts masked; audited first."""
    params = query.model_dump(exclude_none=True)
    return PeopleOut(**await services.portal_people.listed(operator, _of(distributor_id), params))


@router.post("/people/{person_id}/suspend")
async def post_suspend_person(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath, person_id: PersonId
) -> PortalAccessOut:
    """Ends a person's sessions and lets them start none."""
    return PortalAccessOut(
        **await services.portal_people.change(operator, _of(distributor_id), person_id, change="suspend")
    )


@router.post("/people/{person_id}/reactivate")
async def post_reactivate_person(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath, person_id: PersonId
) -> PortalAccessOut:
    """Lets a person in again."""
    return PortalAccessOut(
        **await services.portal_people.change(operator, _of(distributor_id), person_id, change="reactivate")
    )


@router.post("/portal/suspend")
async def post_suspend(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath
) -> PortalAccessOut:
    """Ends every session of the distributor's people and lets them start none."""
    return PortalAccessOut(**await services.portal_people.change(operator, _of(distributor_id), None, change="suspend"))


@router.post("/portal/reactivate")
async def post_reactivate(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath
) -> PortalAccessOut:
    """Lets the distributor's people in again."""
    return PortalAccessOut(
        **await services.portal_people.change(operator, _of(distributor_id), None, change="reactivate")
    )


@router.post("/people/end-sessions")
async def post_end_all_sessions(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath
) -> SessionsEndedOut:
    """Ends the sessions of all of the distributor's people; they may sign in anew."""
    return SessionsEndedOut(
        **await services.portal_people.change(operator, _of(distributor_id), None, change="end-sessions")
    )


@router.post("/people/{person_id}/end-sessions")
async def post_end_sessions(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath, person_id: PersonId
) -> SessionsEndedOut:
    """Ends a person's sessions; they may sign in anew."""
    return SessionsEndedOut(
        **await services.portal_people.change(operator, _of(distributor_id), person_id, change="end-sessions")
    )


@router.post("/people/{person_id}/remove")
async def post_remove_person(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath, person_id: PersonId
) -> SessionsEndedOut:
    """Removes a person with their contacts; the audit keeps their id."""
    return SessionsEndedOut(
        **await services.portal_people.change(operator, _of(distributor_id), person_id, change="remove")
    )


@router.get("/identity-provider")
async def get_provider(services: ServicesDependency, operator: Reader, distributor_id: DistributorPath) -> ProviderOut:
    """The distributor's own identity provider, without the secret; audited first. 404 where it has none."""
    return ProviderOut(**await services.portal_people.provider(operator, _of(distributor_id)))


@router.post("/identity-provider", status_code=202, responses=error_responses(ApprovalConflict))
async def post_provider(
    services: ServicesDependency, operator: Onboarder, distributor_id: DistributorPath, body: ProviderIn
) -> RequestedOut:
    """Requests that the distributor's people sign in at a provider of its own; another person approves it.

    Their sessions end with it, and codes open nothing for them any more. The secret goes to the portal at once,
    encrypted, and is shown to nobody again: not to the second person either.
    """
    return await requested_provider(services, operator, _of(distributor_id), body)


async def requested_provider(
    services: Services, operator: Operator, organisation: Organisation, body: ProviderIn | SamlProviderIn
) -> RequestedOut:
    """A provider that waits for another person, of a distributor or a lender and of either protocol."""
    draft = await services.portal_people.draft_provider(
        operator, organisation, body.model_dump(), protocol="oidc" if isinstance(body, ProviderIn) else "saml"
    )
    kind, subject = f"{organisation.kind}_identity_provider", organisation.organisation_id
    return requested_out(await services.approvals.ask(operator, kind=kind, subject=subject, content=draft))
