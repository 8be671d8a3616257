"""The vault's application: mTLS only; every route allows the callers that need it, and every use is audited."""

import logging
from functools import partial

from altscore_libs.errors import Unavailable
from altscore_libs.web import create_app as create_strict_app
from altscore_libs.web.routing import peer_of_scope
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from altscore_ingestion.vault.access.service import RefusalAudit, RefusedCall
from altscore_ingestion.vault.dependencies import Services
from altscore_ingestion.vault.erasures import routes as erasures
from altscore_ingestion.vault.exports import routes as exports
from altscore_ingestion.vault.identities import routes as identities
from altscore_ingestion.vault.mergers import routes as mergers
from altscore_ingestion.vault.phones import routes as phones

MAX_BODY_BYTES = 4 * 1024 * 1024
FORBIDDEN = 403
_log = logging.getLogger("altscore.vault.access")


class RefusalsAudited:
    """Audits every request whose caller the route does not allow, before it is answered.

    Args:
        app: the layers below.
        refusals: writes or counts them.
    """

    def __init__(self, app: ASGIApp, refusals: RefusalAudit) -> None:
        self._app = app
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""

        async def audited(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == FORBIDDEN:
                await self._record(scope)
            await send(message)

        await self._app(scope, receive, audited if scope["type"] == "http" else send)

    async def _record(self, scope: Scope) -> None:
        route = getattr(scope.get("route"), "path", "none")
        address = (scope.get("client") or ("none",))[0]
        try:
            await self._refusals.record(RefusedCall(peer_of_scope(scope), route, address))
        except Unavailable:  # it is refused all the same, and counted
            _log.warning("a refused caller is not audited", extra={"route": route})


def create_app(services: Services | None) -> FastAPI:
    """The vault's API; without services it can only be described."""
    outermost = partial(RefusalsAudited, refusals=services.refusals) if services is not None else lambda app: app
    app = create_strict_app("AltScore vault", services=services, max_body_bytes=MAX_BODY_BYTES, outermost=outermost)
    app.include_router(identities.router)
    app.include_router(phones.router)
    app.include_router(erasures.router)
    app.include_router(exports.router)
    app.include_router(mergers.router)
    return app
