"""The operators' HTTP API."""

from pathlib import Path

from altscore_libs import web
from fastapi import FastAPI

from altscore_admin.anomalies.routes import router as anomalies
from altscore_admin.approvals.routes import router as approvals
from altscore_admin.audit_events.routes import router as audit_events
from altscore_admin.audit_segments.routes import router as audit_segments
from altscore_admin.compliance.routes import router as compliance
from altscore_admin.confirmations.routes import router as confirmations
from altscore_admin.dependencies import MAX_BODY_BYTES, Services
from altscore_admin.erasures.routes import router as erasures
from altscore_admin.exports.routes import router as exports
from altscore_admin.grievances.routes import router as grievances
from altscore_admin.incidents.notice_routes import router as notices
from altscore_admin.incidents.routes import router as incidents
from altscore_admin.invitations.routes import router as invitations
from altscore_admin.lender_access.routes import router as lender_access
from altscore_admin.lender_people.routes import router as lender_people
from altscore_admin.model_decisions.routes import router as model_decisions
from altscore_admin.models.routes import router as models
from altscore_admin.operator_saml.routes import router as saml
from altscore_admin.overview.routes import router as overview
from altscore_admin.pages.routes import pages_router
from altscore_admin.parked.routes import router as parked
from altscore_admin.partners.routes import router as partners
from altscore_admin.portal_people.routes import router as portal_people
from altscore_admin.raw_access.routes import router as raw_access
from altscore_admin.retailers.routes import router as retailers
from altscore_admin.rights.routes import router as rights
from altscore_admin.security_keys.routes import router as security_keys
from altscore_admin.sessions.routes import router as sessions
from altscore_admin.switches.routes import router as switches

ROUTERS = (
    *(saml, sessions, security_keys, confirmations),
    *(partners, invitations, retailers, lender_access, models, model_decisions),
    *(grievances, anomalies, audit_events, overview, portal_people, lender_people),
    *(approvals, raw_access, switches, parked, audit_segments),
    *(rights, erasures, exports),
    *(incidents, notices, compliance),
)


def create_app(services: Services | None, *, pages_dir: Path | None = None) -> FastAPI:
    """The application; without services it can only be described, without a folder of pages it has none."""
    app = web.create_app("AltScore admin", services=services, max_body_bytes=MAX_BODY_BYTES)
    for router in ROUTERS:
        app.include_router(router)
    if pages_dir is not None:
        app.include_router(pages_router(pages_dir / "admin", "/"))
    return app
