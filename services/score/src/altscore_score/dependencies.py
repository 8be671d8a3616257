"""What routes depend on: the services behind them and the call as the services take it."""

from dataclasses import dataclass
from typing import cast

from altscore_libs.web import DEFAULT_BODY_BYTES, read_body, request_id
from fastapi import Request

from altscore_score.access.service import AccessService, OnboardingService
from altscore_score.calls.domain import Call
from altscore_score.grievances.service import GrievanceService
from altscore_score.history.service import HistoryService
from altscore_score.retailers.service import LookupService
from altscore_score.score_batches.service import BatchService
from altscore_score.scores.service import ScoreService
from altscore_score.tokens.service import TokenService
from altscore_score.tokens.verifier import KeyRing


@dataclass(frozen=True)
class Services:
    """The use cases of both applications."""

    scores: ScoreService
    score_batches: BatchService
    history: HistoryService
    retailers: LookupService
    tokens: TokenService
    keys: KeyRing
    onboarding: OnboardingService
    access: AccessService
    grievances: GrievanceService


def services_of(request: Request) -> Services:
    """The services of the application that serves a request."""
    return cast(Services, request.app.state.services)


async def call_of(request: Request, *, with_body: bool = True) -> Call:
    """A request as the services take it."""
    body = await read_body(request, DEFAULT_BODY_BYTES) if with_body else b""
    source = request.client.host if request.client is not None else "unknown"
    return Call(headers=request.headers, body=body, source=source, request_id=request_id(request))
