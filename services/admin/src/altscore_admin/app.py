"""The operators' HTTP API."""

from altscore_libs import web
from fastapi import FastAPI

from altscore_admin.anomalies.routes import router as anomalies
from altscore_admin.audit_events.routes import router as audit_events
from altscore_admin.dependencies import Services
from altscore_admin.grievances.routes import router as grievances
from altscore_admin.invitations.routes import router as invitations
from altscore_admin.lender_access.routes import router as lender_access
from altscore_admin.model_decisions.routes import router as model_decisions
from altscore_admin.models.routes import router as models
from altscore_admin.overview.routes import router as overview
from altscore_admin.partners.routes import router as partners
from altscore_admin.retailers.routes import router as retailers

MAX_BODY_BYTES = 262_144  # 5,000 retailer ids, or a whole evaluation report
ROUTERS = (
    *(partners, invitations, retailers, lender_access, models, model_decisions),
    *(grievances, anomalies, audit_events, overview),
)


def create_app(services: Services | None) -> FastAPI:
    """The application; without services it can only be described."""
    app = web.create_app("AltScore admin", services=services, max_body_bytes=MAX_BODY_BYTES)
    for router in ROUTERS:
        app.include_router(router)
    return app
