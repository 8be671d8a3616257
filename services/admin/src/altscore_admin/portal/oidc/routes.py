"""Sign-in at an identity provider, for distributors and lenders alike."""

from typing import Annotated

from altscore_libs.errors import FieldError, InvalidRequest, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import public
from altscore_libs.web import router as make_router
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from altscore_admin.pages.routes import accepts_page
from altscore_admin.portal.dependencies import ServicesDependency, source_of
from altscore_admin.portal.errors import NoProvider, ProviderRefused, SignInBySaml
from altscore_admin.portal.oidc.domain import HOMES, LOGIN_LIFETIME, is_own_path
from altscore_admin.portal.oidc.service import PREFIXES, Callback
from altscore_admin.portal.sessions.domain import COOKIES, Kind
from altscore_admin.portal.sessions.routes import set_session_cookie

LOGIN_COOKIE = "__Host-altscore_login"
Answer = Annotated[str | None, Query(max_length=4_096)]
ORGANISATIONS: dict[Kind, str] = {
    "distributor": "Where the distributor has a provider of its own: its id; without it, the one that they share.",
    "lender": "The person's lender.",
}


def oidc_router(kind: Kind) -> APIRouter:
    """The routes of one kind of people."""
    router = make_router(
        prefix=f"{PREFIXES[kind]}/oidc",
        responses=error_responses(NoProvider, SignInBySaml, ProviderRefused, Unavailable),
    )

    @router.get("/login", status_code=302, name=f"get_{kind}_login", response_class=RedirectResponse)
    @public
    async def get_login(
        services: ServicesDependency,
        organisation_id: Annotated[
            str | None,
            Query(alias=f"{kind}_id", pattern=r"^[a-z0-9_]{1,64}$", description=ORGANISATIONS[kind]),
        ] = None,
        next_path: Annotated[str, Query(alias="next", max_length=300)] = HOMES[kind],
    ) -> Response:
        """Sends the browser to the identity provider."""
        if not is_own_path(next_path):
            raise InvalidRequest("next must be a page of ours", errors=[FieldError("next", "is no page of ours")])
        begun = await services.oidc.begin(kind, organisation_id, next_path)
        response = RedirectResponse(begun.address, status_code=302)
        _set_login_cookie(response, begun.browser_token)
        return response

    @router.get("/callback", status_code=303, name=f"get_{kind}_callback", response_class=RedirectResponse)
    @public
    async def get_callback(
        *,
        request: Request,
        services: ServicesDependency,
        state: Answer = None,
        code: Answer = None,
        iss: Answer = None,
        error: Answer = None,
    ) -> Response:
        """Where the provider sends the browser back to; a state and a code count once.

        A browser that wants a page gets the sign-in with what to do, anything else the problem as JSON.
        """
        callback = Callback(
            state=state or "",
            code=None if error is not None else code,
            issuer=iss,
            browser_token=request.cookies.get(LOGIN_COOKIE),
            source=source_of(request),
        )
        try:
            completed = await services.oidc.complete(kind, callback, former_token=request.cookies.get(COOKIES[kind]))
        except (ProviderRefused, Unavailable) as failure:
            if not accepts_page(request):
                raise
            return _back_to_sign_in(kind, failure)
        response = RedirectResponse(completed.next_path, status_code=303)
        set_session_cookie(response, completed.opened)
        response.delete_cookie(LOGIN_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return response

    return router


def _set_login_cookie(response: Response, browser_token: str) -> None:
    """Ties the sign-in to this browser."""
    response.set_cookie(
        LOGIN_COOKIE,
        browser_token,
        max_age=int(LOGIN_LIFETIME.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def _back_to_sign_in(kind: Kind, failure: ProviderRefused | Unavailable) -> Response:
    """The sign-in, which says what to do."""
    what = "refused" if isinstance(failure, ProviderRefused) else "unavailable"
    return RedirectResponse(f"{HOMES[kind]}?sign_in={what}", status_code=303)
