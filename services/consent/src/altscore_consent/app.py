"""The application: internal callers only, each route with its list of certificates."""

from altscore_libs import web
from altscore_libs.parked_routes import routes as parked_routes
from fastapi import FastAPI

from altscore_consent.checks import routes as checks
from altscore_consent.dependencies import Services
from altscore_consent.exports import routes as exports
from altscore_consent.grants import routes as grants
from altscore_consent.invites import routes as invites
from altscore_consent.platform.hot_routes import add_hot_checks
from altscore_consent.settings import SERVICE

BODY_BYTES = 5_242_880  # a delivery of 3 MiB in Base64; 5,000 ids need 262,144


def create_app(services: Services | None = None) -> FastAPI:
    """The application; without services it can only be described."""
    app = web.create_app(
        SERVICE,
        services=services,
        max_body_bytes=BODY_BYTES,
        field_codes={"retailer_id": "INVALID_RETAILER_ID"},
    )
    for resource in (grants, checks, exports, invites):
        app.include_router(resource.router)
    app.include_router(parked_routes)
    if services is not None:
        add_hot_checks(app, services.checks)
    return app
