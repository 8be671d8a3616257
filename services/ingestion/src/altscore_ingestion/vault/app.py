"""The vault's application: mTLS only; every route allows the callers that need it, and every use is audited."""

import logging

from altscore_libs.errors import AltScoreError, Forbidden, Unavailable
from altscore_libs.web import create_app as create_strict_app
from altscore_libs.web import peer
from fastapi import FastAPI, Request, Response

from altscore_ingestion.vault.access.service import RefusalAudit, RefusedCall
from altscore_ingestion.vault.dependencies import Services
from altscore_ingestion.vault.erasures import routes as erasures
from altscore_ingestion.vault.exports import routes as exports
from altscore_ingestion.vault.identities import routes as identities
from altscore_ingestion.vault.mergers import routes as mergers
from altscore_ingestion.vault.phones import routes as phones
from altscore_ingestion.vault.portal import routes as portal

MAX_BODY_BYTES = 4 * 1024 * 1024
_log = logging.getLogger("altscore.vault.access")


def create_app(services: Services | None) -> FastAPI:
    """The vault's API; without services it can only be described."""
    app = create_strict_app("AltScore vault", services=services, max_body_bytes=MAX_BODY_BYTES)
    if services is not None:
        _audit_refusals(app, services.refusals)
    app.include_router(identities.router)
    app.include_router(phones.router)
    app.include_router(erasures.router)
    app.include_router(exports.router)
    app.include_router(mergers.router)
    app.include_router(portal.router)
    return app


def _audit_refusals(app: FastAPI, refusals: RefusalAudit) -> None:
    """Audits every request whose caller the route does not allow, before it is answered."""
    respond = app.exception_handlers[AltScoreError]

    async def refused(request: Request, error: Exception) -> Response:
        route = getattr(request.scope.get("route"), "path", "none")
        address = request.client.host if request.client is not None else "none"
        try:
            await refusals.record(RefusedCall(peer(request), route, address))
        except Unavailable:  # it is refused all the same, and counted
            _log.warning("a refused caller is not audited", extra={"route": route})
        answer = respond(request, error)
        return answer if isinstance(answer, Response) else await answer

    app.add_exception_handler(Forbidden, refused)
