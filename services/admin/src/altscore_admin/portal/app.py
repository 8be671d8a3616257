"""The portal's applications: what browsers reach, and what admin asks over mutual TLS."""

from pathlib import Path

from altscore_libs import web
from fastapi import FastAPI

from altscore_admin.pages.routes import pages_router
from altscore_admin.portal.codes.routes import router as codes
from altscore_admin.portal.dependencies import Services
from altscore_admin.portal.distributors.routes import router as distributors
from altscore_admin.portal.identity_providers.routes import router as identity_providers
from altscore_admin.portal.lender_portfolio.routes import router as lender_portfolio
from altscore_admin.portal.lender_usage.routes import router as lender_usage
from altscore_admin.portal.oidc.routes import oidc_router
from altscore_admin.portal.people.routes import router as people
from altscore_admin.portal.saml.routes import router as lender_saml
from altscore_admin.portal.sessions.routes import session_router


def create_app(services: Services | None, *, pages_dir: Path | None = None) -> FastAPI:
    """What browsers reach; without services it can only be described, without a folder of pages it has none."""
    app = web.create_app("AltScore portal", services=services)
    app.include_router(codes)
    app.include_router(session_router("distributor", "/v1/portal"))
    app.include_router(session_router("lender", "/v1/lender"))
    app.include_router(oidc_router("distributor"))
    app.include_router(oidc_router("lender"))
    app.include_router(lender_saml)
    app.include_router(distributors)
    app.include_router(lender_portfolio)
    app.include_router(lender_usage)
    if pages_dir is not None:
        for entry in ("portal", "lender"):
            app.include_router(pages_router(pages_dir / entry, f"/{entry}/"))
    return app


def create_internal_app(services: Services | None) -> FastAPI:
    """What admin asks; on a port of its own that demands a client certificate."""
    app = web.create_app("AltScore portal, internal", services=services)
    app.include_router(people)
    app.include_router(identity_providers)
    return app
