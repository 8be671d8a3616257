"""What the routes depend on: the services, and a person of the kind that the route is for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from altscore_libs.errors import Unavailable
from altscore_libs.web import services_of
from fastapi import Depends, Request

from altscore_admin.portal.codes.service import CodeService
from altscore_admin.portal.distributors.service import DistributorService
from altscore_admin.portal.errors import CsrfRefused, SignInNeeded
from altscore_admin.portal.identity_providers.service import IdentityProviderService
from altscore_admin.portal.lender_portfolio.service import LenderService
from altscore_admin.portal.oidc.service import OidcService
from altscore_admin.portal.people.service import PeopleService
from altscore_admin.portal.saml.service import LenderSamlService
from altscore_admin.portal.sessions.domain import COOKIES, CSRF_HEADER, SAFE_METHODS, Attempt, Kind, Person, Session
from altscore_admin.portal.sessions.service import SessionService

SESSION_ERRORS = (SignInNeeded, CsrfRefused, Unavailable)


@dataclass(frozen=True)
class Services:
    """The use cases behind the routes, wired once in main()."""

    people: PeopleService
    sessions: SessionService
    codes: CodeService
    oidc: OidcService
    lender_saml: LenderSamlService
    identity_providers: IdentityProviderService
    distributors: DistributorService
    lenders: LenderService


def get_services(request: Request) -> Services:
    """The services that main() wired."""
    return services_of(request, Services)


ServicesDependency = Annotated[Services, Depends(get_services)]


def source_of(request: Request) -> str:
    """Address of the caller."""
    return request.client.host if request.client else "unknown"


def require_session(kind: Kind) -> Callable[[Request], Awaitable[Session]]:
    """Dependency: the session of a person of this kind, as `require_person`."""

    async def authenticate(request: Request) -> Session:
        attempt = Attempt(
            token=request.cookies.get(COOKIES[kind]),
            csrf_token=request.headers.get(CSRF_HEADER),
            is_unsafe=request.method not in SAFE_METHODS,
            fetch_site=request.headers.get("sec-fetch-site"),
            route=str(getattr(request.scope.get("route"), "path", "unknown")),
            source=source_of(request),
        )
        return await get_services(request).sessions.authenticate(attempt, kind)

    authenticate.altscore_person = kind  # type: ignore[attr-defined]  # a mark that a test reads
    return authenticate


def require_person(kind: Kind) -> Callable[..., Awaitable[Person]]:
    """Dependency: a person of this kind who is signed in.

    Raises:
        SignInNeeded: no session of that kind that lives; audited.
        CsrfRefused: an unsafe method without X-CSRF-Token, or from another site; audited.
    """

    async def person_of(session: Annotated[Session, Depends(require_session(kind))]) -> Person:
        return session.person

    return person_of
