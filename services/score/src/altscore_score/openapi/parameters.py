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
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_CLIENT_ID = {
    "name": "X-Client-ID",
    "in": "header",
    "required": True,
    "description": "Your client id; it must be the one that the token was issued to.",
    "schema": {"type": "string"},
}


def _request_id(description: str) -> dict[str, Any]:
    # Not `format: uuid`: generated clients would pass an object where their HTTP library takes text.
    schema = {"type": "string", "pattern": _UUID}
    return {"name": "X-Request-ID", "in": "header", "description": description, "schema": schema}


REQUEST_ID = _request_id(
    "A UUID that names this call in the answer and at support. Any other text is replaced by an id of ours. "
    "It is no idempotency key here."
)
HEADERS: list[dict[str, Any]] = [_CLIENT_ID, REQUEST_ID]
KEY_HEADERS: list[dict[str, Any]] = [
    _CLIENT_ID,
    _request_id(
        "A UUID is the idempotency key of this call for 24 hours: the same id with the same body gives the same "
        "answer, with another body 409. Any other text is replaced by an id of ours and is no key."
    ),
]
LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language whose label stands first in a reason; both are always there.",
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
