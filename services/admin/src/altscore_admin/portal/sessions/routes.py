"""The session of a person, for distributors and lenders alike, and its end."""

from typing import Annotated

from altscore_libs.openapi import error_responses
from altscore_libs.web import router as make_router
from fastapi import APIRouter, Depends, Query, Request, Response

from altscore_admin.portal.dependencies import SESSION_ERRORS, ServicesDependency, require_session
from altscore_admin.portal.sessions.domain import COOKIES, Kind, Session
from altscore_admin.portal.sessions.schemas import SessionOut, SignedOutOut
from altscore_admin.portal.sessions.service import OpenedSession


def set_session_cookie(response: Response, opened: OpenedSession) -> None:
    """The cookie of a new session; `__Host-` binds it to this host, to TLS and to every path."""
    response.set_cookie(
        COOKIES[opened.kind],
        opened.token,
        max_age=int((opened.expires_at - opened.started_at).total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )


def session_router(kind: Kind, prefix: str) -> APIRouter:
    """The routes of one kind of people."""
    router = make_router(prefix=prefix, responses=error_responses(*SESSION_ERRORS))
    signed_in = Annotated[Session, Depends(require_session(kind))]

    @router.get("/session", name=f"get_{kind}_session")
    async def get_session(request: Request, services: ServicesDependency, session: signed_in) -> SessionOut:
        """Who is signed in, until when, and the token that unsafe methods carry."""
        return SessionOut.of(session, services.sessions.keys.csrf_token(request.cookies[COOKIES[kind]]))

    @router.post("/logout", name=f"post_{kind}_logout")
    async def post_logout(
        *,
        request: Request,
        response: Response,
        services: ServicesDependency,
        session: signed_in,
        everywhere: Annotated[bool, Query(description="Ends every session of this person.")] = False,
    ) -> SignedOutOut:
        """Ends this session, or all of this person."""
        token = request.cookies[COOKIES[kind]]
        ended = await services.sessions.end(session, token, everywhere=everywhere)
        response.delete_cookie(COOKIES[kind], path="/", secure=True, httponly=True, samesite="lax")
        return SignedOutOut(sessions_ended=ended)

    return router
