"""What the routes share: the desks behind them, the call as they take it, the documented headers and refusals."""

from dataclasses import dataclass
from typing import Any

from altscore_libs.web import DEFAULT_BODY_BYTES, read_body, request_id
from fastapi import Request

from altscore_score.batch import BatchDesk
from altscore_score.desk import ScoreDesk
from altscore_score.front import Call
from altscore_score.grievances import GrievanceDesk
from altscore_score.history import HistoryDesk
from altscore_score.keyring import KeyRing
from altscore_score.lookup import LookupDesk
from altscore_score.models import Problem
from altscore_score.onboarding import Onboarding
from altscore_score.revocation import AccessDesk
from altscore_score.token_desk import TokenDesk


@dataclass(frozen=True)
class Desks:
    """What stands behind the routes."""

    score: ScoreDesk
    lookup: LookupDesk
    history: HistoryDesk
    batch: BatchDesk
    token: TokenDesk
    keys: KeyRing
    onboarding: Onboarding
    access: AccessDesk
    grievances: GrievanceDesk


PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
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


def refusals(**described: str) -> dict[int | str, dict[str, Any]]:
    """Documented refusals: `_404="CODE"` for each status."""
    return {int(status[1:]): {**PROBLEM, "description": text} for status, text in described.items()}


SCORE_REFUSALS = refusals(
    _400="INVALID_REQUEST, INVALID_RETAILER_ID",
    _401="TOKEN_MISSING, TOKEN_EXPIRED, TOKEN_INVALID",
    _403="CONSENT_NOT_GRANTED (also for an unknown retailer), SCOPE_MISMATCH",
    _404="RETAILER_NOT_SCORED",
    _409="IDEMPOTENCY_CONFLICT",
    _413="PAYLOAD_TOO_LARGE",
    _415="UNSUPPORTED_MEDIA_TYPE",
    _422="DATA_INSUFFICIENT, MANUAL_REVIEW_REQUIRED",
    _429="RATE_LIMIT_EXCEEDED",
    _503="SERVICE_UNAVAILABLE",
)
LOOKUP_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: SCORE_REFUSALS[status] for status in (400, 401, 403, 413, 415, 429, 503)
}
HISTORY_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: SCORE_REFUSALS[status] for status in (400, 401, 403, 404, 422, 429, 503)
}
BATCH_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: SCORE_REFUSALS[status] for status in (400, 401, 413, 415, 503)
}


def json_body(model: type[Any]) -> dict[str, Any]:
    """The documented request body of a route that parses it itself."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def call_of(request: Request, *, with_body: bool = True) -> Call:
    """A request as the desks take it."""
    body = await read_body(request, DEFAULT_BODY_BYTES) if with_body else b""
    source = request.client.host if request.client is not None else "unknown"
    return Call(request.headers, body, source, request_id(request))
