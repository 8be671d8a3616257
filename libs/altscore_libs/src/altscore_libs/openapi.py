"""OpenAPI documents that tell the truth: errors are problem documents, and FastAPI's own 422 is the project's 400."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from altscore_libs.errors import (
    AltScoreError,
    HeadersTooLarge,
    InvalidRequest,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)
from altscore_libs.problem import PROBLEM_TYPE

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


def error_responses(*kinds: type[AltScoreError]) -> dict[int | str, dict[str, Any]]:
    """The errors of a route or router, for its `responses`: under each status the codes and what each one means."""
    meanings: dict[int, list[str]] = {}
    for kind in kinds:
        meaning = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
        meanings.setdefault(kind.status, []).append(f"{kind.code}: {meaning}")
    return {status: {"description": "\n\n".join(some)} for status, some in meanings.items()}


def openapi_json(app: FastAPI) -> str:
    """The application's OpenAPI document as it is kept in the repository."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def with_problems(make_document: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """A maker of the same document in which every refusal is declared as a problem document.

    Args:
        make_document: FastAPI's `app.openapi`; it keeps its document, so repeating this changes nothing.
            A schema that a route declares for its own problem documents stays.
    """

    def documented() -> dict[str, Any]:
        document = make_document()
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
    common = error_responses(AltScoreError, HeadersTooLarge)
    if _VALIDATION[0] in str(responses.get("422")):
        del responses["422"]
        common |= error_responses(InvalidRequest)
    if "requestBody" in operation:
        common |= error_responses(PayloadTooLarge, RequestTimeout)
        if "application/json" in operation["requestBody"]["content"]:
            common |= error_responses(InvalidRequest, UnsupportedMediaType)
    for status, response in common.items():
        responses.setdefault(str(status), dict(response))
    responses.setdefault("default", {"description": "Any other refusal; `code` says which."})
    content = {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{_NAME}"}}}
    for status, response in responses.items():
        if status == "default" or status >= "400":
            kept = response.get("content", {}).get(PROBLEM_TYPE, {})
            response["content"] = {PROBLEM_TYPE: {**content[PROBLEM_TYPE], **kept}}
