"""The read-only HTTP API: for the admin service, and proofs of a lender's own acts for score. No route writes."""

from altscore_libs import web
from fastapi import FastAPI

from altscore_audit.chain.routes import router as chain
from altscore_audit.counts.routes import router as counts
from altscore_audit.dependencies import Services
from altscore_audit.proofs.routes import lenders_router as lender_proofs
from altscore_audit.proofs.routes import router as proofs
from altscore_audit.search.routes import router as search
from altscore_audit.segments.routes import router as segments


def create_app(services: Services | None) -> FastAPI:
    """The application; without services it can only be described."""
    app = web.create_app("AltScore audit (internal)", services=services)
    app.include_router(chain)
    app.include_router(counts)
    app.include_router(search)
    app.include_router(proofs)
    app.include_router(lender_proofs)
    app.include_router(segments)
    return app
