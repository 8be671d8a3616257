"""The vault's application: mTLS only; every route allows the callers that need it, and every use is audited."""

from altscore_libs.web import create_app as create_strict_app
from fastapi import FastAPI

from altscore_ingestion.vault.dependencies import Services
from altscore_ingestion.vault.erasures import routes as erasures
from altscore_ingestion.vault.exports import routes as exports
from altscore_ingestion.vault.identities import routes as identities
from altscore_ingestion.vault.mergers import routes as mergers
from altscore_ingestion.vault.phones import routes as phones

MAX_BODY_BYTES = 4 * 1024 * 1024


def create_app(services: Services | None) -> FastAPI:
    """The vault's API; without services it can only be described."""
    app = create_strict_app("AltScore vault", services=services, max_body_bytes=MAX_BODY_BYTES)
    app.include_router(identities.router)
    app.include_router(phones.router)
    app.include_router(erasures.router)
    app.include_router(exports.router)
    app.include_router(mergers.router)
    return app
