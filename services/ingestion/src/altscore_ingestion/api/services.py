"""What the routes work with; made once in main()."""

from dataclasses import dataclass

import asyncpg
from altscore_libs.clock import Clock
from fastapi import Request

from altscore_ingestion.auth import ConnectorAuth
from altscore_ingestion.ingest import Ingest
from altscore_ingestion.onboarding import Onboarding


@dataclass(frozen=True)
class Services:
    """The parts behind the API."""

    pool: asyncpg.Pool
    clock: Clock
    auth: ConnectorAuth
    ingest: Ingest
    onboarding: Onboarding
    max_body_bytes: int
    max_batches_at_once: int


def services_of(request: Request) -> Services:
    """The parts behind the API, of this application."""
    found = request.app.state.services
    assert isinstance(found, Services)  # noqa: S101  # an application without services is never served
    return found
