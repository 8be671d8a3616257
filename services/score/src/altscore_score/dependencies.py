"""What the routes share: the services behind them, the call as they take it, the documented headers and refusals."""

from dataclasses import dataclass
from typing import Any

from altscore_libs.errors import InvalidRequest, RateLimited, Unavailable
from altscore_libs.web import DEFAULT_BODY_BYTES, read_body, request_id
from fastapi import Request

from altscore_score.access.onboarding import OnboardingService
from altscore_score.access.service import AccessService
from altscore_score.calls.service import Call
from altscore_score.errors import (
    ConsentNotGranted,
    DataInsufficient,
    InvalidRetailerId,
    ManualReviewRequired,
    RetailerNotScored,
    ScopeMismatch,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
)
from altscore_score.grievances.service import GrievanceService
from altscore_score.history.service import HistoryService
from altscore_score.retailers.service import LookupService
from altscore_score.score_batches.service import BatchService
from altscore_score.scores.service import ScoreService
from altscore_score.tokens.keyring import KeyRing
from altscore_score.tokens.service import TokenService


@dataclass(frozen=True)
class Services:
    """What stands behind the routes."""

    score: ScoreService
    lookup: LookupService
    history: HistoryService
    batch: BatchService
    token: TokenService
    keys: KeyRing
    onboarding: OnboardingService
    access: AccessService
    grievances: GrievanceService


BEARER: dict[str, Any] = {"security": [{"lenderToken": []}]}
HEADERS: list[dict[str, Any]] = [
    {"name": "X-Client-ID", "in": "header", "required": True, "schema": {"type": "string"}},
    {
        "name": "X-Request-ID",
        "in": "header",
        "description": "A UUID is an idempotency key for 24 hours.",
        "schema": {"type": "string", "format": "uuid"},
    },
]
LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Which label of a reason leads.",
    "schema": {"enum": ["en", "hi"], "default": "en", "type": "string"},
}
TOKEN_REFUSALS = (TokenMissing, TokenExpired, TokenInvalid)
CALL_REFUSALS = (InvalidRequest, *TOKEN_REFUSALS, RateLimited, Unavailable)
SCORE_REFUSALS = (
    *CALL_REFUSALS,
    InvalidRetailerId,
    ConsentNotGranted,
    ScopeMismatch,
    RetailerNotScored,
    DataInsufficient,
    ManualReviewRequired,
)


def json_body(model: type[Any]) -> dict[str, Any]:
    """The documented request body of a route that parses it itself."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def call_of(request: Request, *, with_body: bool = True) -> Call:
    """A request as the services take it."""
    body = await read_body(request, DEFAULT_BODY_BYTES) if with_body else b""
    source = request.client.host if request.client is not None else "unknown"
    return Call(request.headers, body, source, request_id(request))
