"""The operators' door."""

from altscore_libs.web import create_app
from fastapi import FastAPI

from altscore_admin.api import audit, grievances, lender_access, models, overview, partners
from altscore_admin.desk import Desk

MAX_BODY_BYTES = 262_144  # 5,000 retailer ids, or a whole evaluation report


def build(desk: Desk | None) -> FastAPI:
    """The application; without its parts it only describes itself."""
    app = create_app("AltScore admin", max_body_bytes=MAX_BODY_BYTES)
    app.state.desk = desk
    for one in (partners.router, lender_access.router, models.router, grievances.router, audit.router, overview.router):
        app.include_router(one)
    return app
