"""Documented headers and refusals that the lenders' routes share."""

from typing import Any

from altscore_libs.errors import InvalidRequest, RateLimited, Unavailable

from altscore_score.errors import (
    ConsentNotGranted,
    DataInsufficient,
    InvalidRetailerId,
    ManualReviewRequired,
    RetailerNotScored,
    ScopeMismatch,
    SecretRefused,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
)

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
TOKEN_REFUSALS = (TokenMissing, TokenExpired, TokenInvalid, SecretRefused)
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
