"""SAML 2.0 for lenders' officers: by redirect to the lender's provider and by the browser's POST back to us."""

from typing import Annotated

from altscore_libs.errors import FieldError, InvalidRequest, PayloadTooLarge, Unavailable, UnsupportedMediaType
from altscore_libs.openapi import error_responses
from altscore_libs.web import public
from altscore_libs.web import router as make_router
from fastapi import Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from altscore_admin.pages.routes import accepts_page
from altscore_admin.portal.dependencies import ServicesDependency, source_of
from altscore_admin.portal.errors import NoProvider, ProviderRefused
from altscore_admin.portal.oidc.domain import HOMES, LONGEST_PATH, is_own_path
from altscore_admin.portal.saml.domain import ROUTE, SIGNING_IN
from altscore_admin.portal.saml.service import Posted
from altscore_admin.portal.sessions.domain import COOKIES
from altscore_admin.portal.sessions.routes import set_session_cookie
from altscore_admin.saml.cookies import forget_state, keep_state
from altscore_admin.saml.form import FORM_DOCUMENT, read_form

NOT_STORED = {"Cache-Control": "no-store"}
HOME = HOMES["lender"]
LenderId = Annotated[str, Path(pattern=r"^lender_[a-z0-9_]{1,48}$")]
router = make_router(prefix=ROUTE, responses=error_responses(Unavailable))


@router.get(
    "/login",
    status_code=302,
    name="get_lender_saml_login",
    response_class=RedirectResponse,
    responses=error_responses(NoProvider),
)
@public
async def get_login(
    services: ServicesDependency,
    lender_id: LenderId,
    next_path: Annotated[str, Query(alias="next", max_length=LONGEST_PATH)] = HOME,
) -> RedirectResponse:
    """Sends the browser to the lender's identity provider."""
    if not is_own_path(next_path):
        raise InvalidRequest("next must be a page of ours", errors=[FieldError("next", "is no page of ours")])
    begun = await services.lender_saml.begin(lender_id, next_path)
    response = RedirectResponse(begun.address, status_code=302, headers=NOT_STORED)
    keep_state(response, SIGNING_IN, begun.cookie)
    return response


@router.post(
    "/acs",
    status_code=303,
    name="post_lender_saml_acs",
    response_class=RedirectResponse,
    openapi_extra=FORM_DOCUMENT,
    responses=error_responses(ProviderRefused, InvalidRequest, PayloadTooLarge, UnsupportedMediaType),
)
@public
async def post_acs(services: ServicesDependency, lender_id: LenderId, request: Request) -> RedirectResponse:
    """Takes the response of this lender's provider from the browser that asked for it, once; RelayState is not read.

    A browser that wants a page gets the sign-in with what to do, anything else the problem as JSON.
    """
    form = await read_form(request)
    posted = Posted(form["SAMLResponse"], request.cookies.get(SIGNING_IN), source_of(request))
    try:
        former = request.cookies.get(COOKIES["lender"])
        completed = await services.lender_saml.complete(lender_id, posted, former_token=former)
    except ProviderRefused:
        if not accepts_page(request):
            raise
        return RedirectResponse(f"{HOME}?sign_in=refused", status_code=303, headers=NOT_STORED)
    response = RedirectResponse(completed.next_path, status_code=303, headers=NOT_STORED)
    set_session_cookie(response, completed.opened)
    forget_state(response, SIGNING_IN)
    return response


@router.get(
    "/metadata",
    name="get_lender_saml_metadata",
    response_class=Response,
    responses={200: {"content": {"application/samlmetadata+xml": {}}}},
)
@public
async def get_metadata(services: ServicesDependency, lender_id: LenderId) -> Response:
    """What this lender's identity provider needs to know of us: entity id and ACS, which are the lender's own."""
    return Response(services.lender_saml.metadata(lender_id), media_type="application/samlmetadata+xml")
