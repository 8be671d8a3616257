"""The operator's own session: who is signed in, admin tokens by a touch of the key, logging out."""

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import Response

from altscore_admin.dependencies import SESSION_ERRORS, Anybody, ServicesDependency, SessionHolder
from altscore_admin.errors import KeyRefused
from altscore_admin.security_keys.schemas import AssertionChallengeOut, TouchIn
from altscore_admin.sessions.domain import SESSION, TOKEN
from altscore_admin.sessions.schemas import LogOutIn, SessionOut, TokenOut, session_out

router = make_router(prefix="/v1/admin/session", responses=error_responses(*SESSION_ERRORS))


@router.get("")
async def get_session(signed_in: Anybody, response: Response) -> SessionOut:
    """Who is signed in, and the CSRF token of this session."""
    response.headers["Cache-Control"] = "no-store"
    return session_out(signed_in)


@router.post("/challenge", status_code=201, responses=error_responses(KeyRefused))
async def post_challenge(services: ServicesDependency, signed_in: SessionHolder) -> AssertionChallengeOut:
    """What one of the operator's keys signs for an admin token."""
    challenge = await services.sessions.challenge(signed_in)
    return AssertionChallengeOut(challenge_id=challenge.challenge_id, options=challenge.options)


@router.post("/token", status_code=201, responses=error_responses(KeyRefused))
async def post_token(
    services: ServicesDependency, signed_in: SessionHolder, response: Response, body: TouchIn
) -> TokenOut:
    """An admin token for fifteen minutes, in a cookie; it is never renewed, a new one needs a new touch."""
    cookie = await services.sessions.issue_token(signed_in, body.assertion())
    response.set_cookie(
        TOKEN,
        cookie.secret,
        expires=cookie.expires_at,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return TokenOut(token_expires_at=cookie.expires_at)


@router.post("/logout", status_code=204)
async def post_logout(
    services: ServicesDependency, signed_in: SessionHolder, response: Response, body: LogOutIn
) -> None:
    """Ends this session, or all of the operator's, with their admin tokens."""
    await services.sessions.log_out(signed_in, is_everywhere=body.everywhere)
    for name, samesite in ((SESSION, "lax"), (TOKEN, "strict")):
        response.delete_cookie(name, path="/", secure=True, httponly=True, samesite=samesite)  # type: ignore[arg-type]
