"""The application that Meta calls."""

from altscore_libs import web
from fastapi import FastAPI

from altscore_webhook.deliveries import routes
from altscore_webhook.deliveries.domain import MAX_BODY_BYTES
from altscore_webhook.dependencies import Services


def create_app(services: Services | None) -> FastAPI:
    """The application; without services it can only be described."""
    app = web.create_app("webhook", services=services, max_body_bytes=MAX_BODY_BYTES)
    app.include_router(routes.router)
    return app
