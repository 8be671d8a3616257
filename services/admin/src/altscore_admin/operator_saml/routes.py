"""SAML 2.0 by redirect to the identity provider and by its browser's POST back to us."""

from typing import Annotated

from altscore_libs.errors import InvalidRequest, PayloadTooLarge, Unavailable, UnsupportedMediaType
from altscore_libs.openapi import error_responses
from altscore_libs.web import public
from altscore_libs.web import router as make_router
from fastapi import Query, Request
from fastapi.responses import RedirectResponse, Response

from altscore_admin.dependencies import ServicesDependency
from altscore_admin.errors import NoRole, SamlNotConfigured, SamlRefused
from altscore_admin.operator_saml.domain import PREFIX
from altscore_admin.pages.routes import accepts_page
from altscore_admin.saml.cookies import forget_state, keep_state
from altscore_admin.saml.form import FORM_DOCUMENT, read_form
from altscore_admin.sessions.domain import SESSION, SIGNING_IN

router = make_router(prefix=PREFIX, responses=error_responses(Unavailable, SamlNotConfigured))


@router.get("/login", status_code=302, response_class=RedirectResponse)
@public
async def get_login(
    services: ServicesDependency,
    next_path: Annotated[str | None, Query(alias="next", max_length=400, description="A path of ours.")] = None,
) -> RedirectResponse:
    """Sends the browser to the identity provider; `next` is where it goes afterwards."""
    redirect = services.saml.request(next_path)
    response = RedirectResponse(redirect.url, status_code=302, headers={"Cache-Control": "no-store"})
    keep_state(response, SIGNING_IN, redirect.state)
    return response


@router.post(
    "/acs",
    status_code=303,
    response_class=RedirectResponse,
    openapi_extra=FORM_DOCUMENT,
    responses=error_responses(SamlRefused, NoRole, InvalidRequest, PayloadTooLarge, UnsupportedMediaType),
)
@public
async def post_acs(services: ServicesDependency, request: Request) -> RedirectResponse:
    """Takes the identity provider's response from the browser that asked for it, once.

    A browser that wants a page gets the sign-in with what to do, anything else the problem as JSON.
    """
    form = await read_form(request)
    try:
        accepted = await services.saml.accept(
            form["SAMLResponse"],
            state=request.cookies.get(SIGNING_IN),
            relay_state=form.get("RelayState"),
            source=request.client.host if request.client else "unknown",
        )
    except (SamlRefused, NoRole) as error:
        if not accepts_page(request):
            raise
        what = "no_role" if isinstance(error, NoRole) else "refused"
        return RedirectResponse(f"/?sign_in={what}", status_code=303, headers={"Cache-Control": "no-store"})
    response = RedirectResponse(accepted.next_path, status_code=303, headers={"Cache-Control": "no-store"})
    forget_state(response, SIGNING_IN)
    response.set_cookie(
        SESSION,
        accepted.cookie.secret,
        expires=accepted.cookie.expires_at,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/metadata", response_class=Response, responses={200: {"content": {"application/samlmetadata+xml": {}}}})
@public
async def get_metadata(services: ServicesDependency) -> Response:
    """What the identity provider needs to know of us: entity id, ACS and the certificate of our requests."""
    return Response(services.saml.metadata(), media_type="application/samlmetadata+xml")
