"""What admin asks on behalf of operators: enrolment, suspension, masked lists. mTLS alone."""

from typing import Annotated

from altscore_libs.errors import Forbidden, NotFound, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import allow_callers, peer
from altscore_libs.web import router as make_router
from fastapi import Depends, Query, Request, Response

from altscore_admin.portal.dependencies import ServicesDependency
from altscore_admin.portal.errors import EnrolledElsewhere
from altscore_admin.portal.people.schemas import (
    AccessOut,
    EndedOut,
    EnrolIn,
    EnrolOut,
    OrganisationId,
    PeopleOut,
    PersonId,
    PersonKind,
    PersonOut,
)
from altscore_admin.portal.people.service import Subject

router = make_router(
    prefix="/internal/admin",
    dependencies=[Depends(allow_callers("admin"))],
    responses=error_responses(Forbidden, Unavailable),
)


def calling_service(request: Request) -> str:
    """Who asks, by its certificate."""
    return peer(request).service or "none"


Caller = Annotated[str, Depends(calling_service)]


@router.post("/people", responses=error_responses(EnrolledElsewhere))
async def post_person(services: ServicesDependency, caller: Caller, response: Response, body: EnrolIn) -> EnrolOut:
    """Enrols a person: 201 the first time, 200 when they are changed."""
    person_id, is_new = await services.people.enrol(body.enrolment(), caller=caller)
    response.status_code = 201 if is_new else 200
    return EnrolOut(person_id=person_id, created=is_new)


@router.get("/organisations/{kind}/{organisation_id}/people")
async def get_people(
    services: ServicesDependency,
    *,
    kind: PersonKind,
    organisation_id: OrganisationId,
    cursor: Annotated[str, Query(pattern=r"^(per_[0-9a-f]{32})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PeopleOut:
    """People of an organisation by id, contacts masked."""
    people = await services.people.listed(kind, organisation_id, after=cursor, limit=limit)
    next_cursor = people[-1].person_id if len(people) == limit else None
    return PeopleOut(items=[PersonOut.of(person) for person in people], next_cursor=next_cursor)


async def _change(services: ServicesDependency, subject: Subject, *, is_suspended: bool, caller: str) -> AccessOut:
    ended = await services.people.set_suspended(subject, is_suspended=is_suspended, caller=caller)
    return AccessOut(suspended=is_suspended, sessions_ended=ended)


@router.post("/organisations/{kind}/{organisation_id}/people/{person_id}/suspend", responses=error_responses(NotFound))
async def post_suspend_person(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId, person_id: PersonId
) -> AccessOut:
    """Ends a person's sessions and lets them start none."""
    return await _change(services, Subject(kind, organisation_id, person_id), is_suspended=True, caller=caller)


@router.post(
    "/organisations/{kind}/{organisation_id}/people/{person_id}/reactivate", responses=error_responses(NotFound)
)
async def post_reactivate_person(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId, person_id: PersonId
) -> AccessOut:
    """Lets a person in again."""
    return await _change(services, Subject(kind, organisation_id, person_id), is_suspended=False, caller=caller)


@router.post("/organisations/{kind}/{organisation_id}/suspend", responses=error_responses(NotFound))
async def post_suspend(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId
) -> AccessOut:
    """Ends every session of an organisation's people and lets them start none."""
    return await _change(services, Subject(kind, organisation_id, None), is_suspended=True, caller=caller)


@router.post("/organisations/{kind}/{organisation_id}/reactivate", responses=error_responses(NotFound))
async def post_reactivate(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId
) -> AccessOut:
    """Lets an organisation's people in again."""
    return await _change(services, Subject(kind, organisation_id, None), is_suspended=False, caller=caller)


@router.post(
    "/organisations/{kind}/{organisation_id}/people/{person_id}/end-sessions", responses=error_responses(NotFound)
)
async def post_end_sessions_of_person(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId, person_id: PersonId
) -> EndedOut:
    """Ends a person's sessions; they may sign in anew."""
    subject = Subject(kind, organisation_id, person_id)
    return EndedOut(sessions_ended=await services.people.end_sessions(subject, caller=caller))


@router.post("/organisations/{kind}/{organisation_id}/end-sessions", responses=error_responses(NotFound))
async def post_end_sessions(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId
) -> EndedOut:
    """Ends the sessions of an organisation's people; they may sign in anew."""
    subject = Subject(kind, organisation_id, None)
    return EndedOut(sessions_ended=await services.people.end_sessions(subject, caller=caller))


@router.post("/organisations/{kind}/{organisation_id}/people/{person_id}/remove", responses=error_responses(NotFound))
async def post_remove_person(
    services: ServicesDependency, caller: Caller, kind: PersonKind, organisation_id: OrganisationId, person_id: PersonId
) -> EndedOut:
    """Removes a person with their contacts."""
    subject = Subject(kind, organisation_id, person_id)
    return EndedOut(sessions_ended=await services.people.remove(subject, caller=caller))
