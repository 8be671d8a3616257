"""The two applications: the lenders' API with tokens and key set, and the internal API for admin and the portal."""

from functools import partial
from typing import Any

from altscore_libs.parked_routes import routes as parked_routes
from altscore_libs.web import BODY_S, add_hot_route
from altscore_libs.web import create_app as create_base_app
from fastapi import FastAPI

from altscore_score.access.routes import routes as access_routes
from altscore_score.audit_proofs.routes import routes as audit_proof_routes
from altscore_score.dependencies import Services
from altscore_score.errors import PROBLEM_TYPES
from altscore_score.grievances.routes import routes as grievance_routes
from altscore_score.history.routes import routes as history_routes
from altscore_score.lender_accounts.routes import routes as lender_account_routes
from altscore_score.limits.service import RateLimitHeaders
from altscore_score.openapi.document import complete
from altscore_score.portfolios.routes import routes as portfolio_routes
from altscore_score.reference.routes import reference_routes
from altscore_score.retailers.routes import routes as retailer_routes
from altscore_score.rights.routes import routes as rights_routes
from altscore_score.score_batches.routes import routes as score_batch_routes
from altscore_score.score_views.routes import routes as score_view_routes
from altscore_score.scores.routes import post_score
from altscore_score.scores.routes import routes as score_routes
from altscore_score.switches.routes import routes as switch_routes
from altscore_score.tokens.routes import routes as token_routes

LENDERS_ROUTES = (
    score_routes,
    score_batch_routes,
    history_routes,
    retailer_routes,
    grievance_routes,
    audit_proof_routes,
    token_routes,
)


def create_lenders_app(services: Services | None, *, body_timeout_s: float = BODY_S) -> FastAPI:
    """The lenders' API; without services it can only be described."""
    scores = services.scores if services is not None else None
    app = create_base_app(
        "AltScore Score API",
        services=services,
        body_timeout_s=body_timeout_s,
        problem_types=PROBLEM_TYPES,
        outermost=partial(
            RateLimitHeaders,
            authenticator=scores.authenticator if scores is not None else None,
            limiter=scores.limiter if scores is not None else None,
        ),
    )
    for routes in LENDERS_ROUTES:
        app.include_router(routes)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["lenderToken"] = {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"}
        return complete(document, is_lenders=True)

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document
    app.include_router(reference_routes(openapi))
    return app


def create_served_lenders_app(services: Services | None, *, body_timeout_s: float = BODY_S) -> FastAPI:
    """The lenders' API as it is served: POST /v1/score as a hot endpoint in front of FastAPI's route."""
    app = create_lenders_app(services, body_timeout_s=body_timeout_s)
    add_hot_route(app, "/v1/score", post_score, "POST")
    return app


def create_internal_app(services: Services | None) -> FastAPI:
    """The internal API: mutual TLS, admin and the portal; without services it can only be described."""
    app = create_base_app("AltScore Score internal API", services=services)
    app.include_router(access_routes)
    app.include_router(switch_routes)
    app.include_router(rights_routes)
    app.include_router(parked_routes)
    app.include_router(portfolio_routes)
    app.include_router(score_view_routes)
    app.include_router(lender_account_routes)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        return complete(generate(), is_lenders=False)

    app.openapi = openapi  # type: ignore[method-assign]  # as above
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI documents of both applications in one."""
    public = create_lenders_app(None).openapi()
    internal = create_internal_app(None).openapi()
    public["paths"] |= internal["paths"]
    public["components"]["schemas"] |= internal["components"]["schemas"]
    return public
