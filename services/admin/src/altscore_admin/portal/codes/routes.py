"""Sign-in of distributors with two codes; open to everybody, limited per person and per address."""

from altscore_libs.errors import Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import public
from altscore_libs.web import router as make_router
from fastapi import Request, Response

from altscore_admin.portal.codes.domain import Codes
from altscore_admin.portal.codes.schemas import StartIn, StartOut, VerifyIn
from altscore_admin.portal.dependencies import ServicesDependency, source_of
from altscore_admin.portal.errors import CodesRefused, CsrfRefused, ProviderConfigured, TooManySignIns
from altscore_admin.portal.people.domain import Email, parse_email
from altscore_admin.portal.sessions.domain import COOKIES, is_foreign
from altscore_admin.portal.sessions.routes import set_session_cookie
from altscore_admin.portal.sessions.schemas import SignedInOut

router = make_router(
    prefix="/v1/portal",
    responses=error_responses(ProviderConfigured, TooManySignIns, CsrfRefused, Unavailable),
)


def _refuse_foreign(request: Request) -> None:
    """A page of another site starts no sign-in, and above all completes none with its own codes."""
    if is_foreign(request.headers.get("sec-fetch-site")):
        raise CsrfRefused("sign in from a page of the portal")


@router.post("/otp", status_code=202)
@public
async def post_codes(request: Request, services: ServicesDependency, body: StartIn) -> StartOut:
    """Sends a code by e-mail and another one by SMS to whoever is enrolled with that address."""
    _refuse_foreign(request)
    challenge = await services.codes.start(parse_email(body.email) or Email(""), source=source_of(request))
    return StartOut(**challenge._asdict())


@router.post("/otp/verify", responses=error_responses(CodesRefused))
@public
async def post_verify(
    request: Request, response: Response, services: ServicesDependency, body: VerifyIn
) -> SignedInOut:
    """Signs in who has both codes; the session is in the cookie alone."""
    _refuse_foreign(request)
    opened = await services.codes.verify(
        body.challenge_id,
        Codes(body.email_code, body.phone_code),
        source=source_of(request),
        former_token=request.cookies.get(COOKIES["distributor"]),
    )
    set_session_cookie(response, opened)
    return SignedInOut(expires_at=opened.expires_at, csrf_token=services.sessions.keys.csrf_token(opened.token))
