"""The listener of a worker that admin asks what is set aside, where the service has no API that admin may call."""

from dataclasses import dataclass

import asyncpg
from fastapi import FastAPI

from altscore_libs.parked import ParkedList
from altscore_libs.parked_routes import routes
from altscore_libs.service import Listener
from altscore_libs.settings import ParkedListenerSettings
from altscore_libs.web import create_app

MAX_BODY_BYTES = 4_096
"""Of an order; nothing else has a body."""


@dataclass(frozen=True, slots=True)
class ParkedServices:
    """What the routes use."""

    parked: ParkedList


def create_parked_app(services: ParkedServices | None, *, title: str = "parked") -> FastAPI:
    """The routes of parked events and nothing else; without services they can only be described."""
    app = create_app(title, services=services, max_body_bytes=MAX_BODY_BYTES)
    app.include_router(routes)
    return app


def parked_listener(settings: ParkedListenerSettings, pool: asyncpg.Pool, *, title: str) -> Listener:
    """The mutual-TLS port of a worker; the routes let nobody in but admin.

    Args:
        settings: of the worker.
        pool: of the service's database.
        title: of the process, in metrics.
    """
    app = create_parked_app(ParkedServices(ParkedList(pool)), title=title)
    return Listener(app, settings.admin_port, settings.server_tls())
