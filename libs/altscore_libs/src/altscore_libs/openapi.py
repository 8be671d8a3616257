"""OpenAPI documents that tell the truth: refusals are problem documents, and FastAPI's own 422 is the house's 400."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from altscore_libs.errors import (
    AltScoreError,
    HeadersTooLarge,
    InvalidRequest,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)

PROBLEM_TYPE = "application/problem+json"
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_VALIDATION = ("HTTPValidationError", "ValidationError")
_NAME = "Problem"
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": _NAME,
    "description": "RFC 9457; the rejected input is never in it.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"},
        "request_id": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
                "required": ["field", "reason"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "code", "request_id"],
    "additionalProperties": False,
}


def problem_schema(**more: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a problem document that may have some members more, for a route's own `responses`."""
    return {**_SCHEMA, "properties": {**_SCHEMA["properties"], **more}}


def refusals(*kinds: type[AltScoreError]) -> dict[int | str, dict[str, Any]]:
    """What a route or router refuses, for its `responses`: under each status the codes, and what each one means."""
    meanings: dict[int, list[str]] = {}
    for kind in kinds:
        meaning = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
        meanings.setdefault(kind.status, []).append(f"{kind.code}: {meaning}")
    return {status: {"description": "\n\n".join(some)} for status, some in meanings.items()}


def with_problems(made: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """A maker of the same document in which every refusal is declared as a problem document.

    Args:
        made: FastAPI's `app.openapi`; it keeps what it made, so repeating this changes nothing.
            A schema that a route declares for its own problem documents stays.
    """

    def documented() -> dict[str, Any]:
        document = made()
        for operation in _operations(document):
            _declare(operation)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in _VALIDATION:
            schemas.pop(name, None)
        schemas[_NAME] = dict(_SCHEMA)
        return document

    return documented


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from (operation for method, operation in path.items() if method in _METHODS)


def _declare(operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    common = refusals(AltScoreError, HeadersTooLarge)
    if _VALIDATION[0] in str(responses.get("422")):
        del responses["422"]
        common |= refusals(InvalidRequest)
    if "requestBody" in operation:
        common |= refusals(PayloadTooLarge, RequestTimeout)
        if "application/json" in operation["requestBody"]["content"]:
            common |= refusals(InvalidRequest, UnsupportedMediaType)
    for status, response in common.items():
        responses.setdefault(str(status), dict(response))
    responses.setdefault("default", {"description": "Any other refusal; `code` says which."})
    content = {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{_NAME}"}}}
    for status, response in responses.items():
        if status == "default" or status >= "400":
            kept = response.get("content", {}).get(PROBLEM_TYPE, {})
            response["content"] = {PROBLEM_TYPE: {**content[PROBLEM_TYPE], **kept}}
