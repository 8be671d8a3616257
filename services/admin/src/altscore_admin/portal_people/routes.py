"""People of distributors at the portal."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Depends, Path, Query, Response

from altscore_admin.clients import UPSTREAM_ERRORS
from altscore_admin.dependencies import SIGN_IN_ERRORS, ServicesDependency, require
from altscore_admin.operators.domain import Operator, Permission
from altscore_admin.partners.schemas import DISTRIBUTOR_PATTERN
from altscore_admin.portal_people.schemas import (
    EnrolledOut,
    PeopleIn,
    PeopleOut,
    PersonId,
    PersonIn,
    PortalAccessOut,
    SessionsEndedOut,
)
from altscore_admin.portal_people.service import Organisation

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
