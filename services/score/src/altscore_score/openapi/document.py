"""Completes the generated OpenAPI document: examples, the problems behind each status, the headers of each reply."""

import re
from collections.abc import Iterator
from typing import Any

from altscore_score.openapi.examples import BODIES, PARAMETERS, REQUEST_ID, problem_example

_Json = dict[str, Any]
_CODE = re.compile(r"^([A-Z][A-Z_]{7,}): ", re.MULTILINE)
_CODE_OF_DEFAULT = 405, "METHOD_NOT_ALLOWED"
_RETRIED = {"429": "RATE_LIMIT_EXCEEDED", "503": "SERVICE_UNAVAILABLE", "404": "RETAILER_NOT_SCORED"}


def _header(description: str, schema: _Json, example: Any) -> _Json:
    return {"description": description, "schema": schema, "example": example}


_WHOLE = {"type": "integer", "minimum": 0}
_LIMIT = {
    "description": "Of a 429: the quota that is spent.",
    "enum": ["minute", "day", "disclosures", "token", "grievances"],
    "type": "string",
}
HEADERS: _Json = {
    "X-Request-ID": _header("Yours, or one that we made.", {"type": "string"}, REQUEST_ID),
    "X-RateLimit-Limit": _header("Calls that the window allows.", _WHOLE, 100),
    "X-RateLimit-Remaining": _header("Calls that are left in it.", _WHOLE, 87),
    "X-RateLimit-Reset": _header("When a place is free again, Unix seconds.", _WHOLE, 1716220800),
    "Retry-After": _header("When to try again, seconds.", {"type": "integer", "minimum": 1}, 23),
    "Content-Language": _header("Which label of a reason leads.", {"type": "string", "enum": ["en", "hi"]}, "en"),
    "WWW-Authenticate": _header("RFC 6750.", {"type": "string"}, 'Bearer error="invalid_token"'),
}
_LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def complete(document: _Json, *, is_lenders: bool) -> _Json:
    """The document with what FastAPI cannot know; the same object, which may come twice.

    Args:
        document: of one application.
        is_lenders: whether it is the lenders' API, whose every reply tells the limits.
    """
    components = document.setdefault("components", {})
    components["headers"] = HEADERS
    refusal = components.get("schemas", {}).get("Problem")
    if refusal is not None:
        refusal["properties"] = {**refusal["properties"], "limit": _LIMIT}
    for operation in _operations(document):
        responses = operation["responses"]
        if "requestBody" in operation:
            _show(operation["requestBody"]["content"]["application/json"], components)
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in PARAMETERS:
                parameter["example"] = PARAMETERS[parameter["name"]]
        for status, response in responses.items():
            _complete_response(status, response, components)
            names = _headers_of(status, response, operation, is_lenders=is_lenders)
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return document


def _operations(document: _Json) -> Iterator[_Json]:
    for path in document["paths"].values():
        yield from path.values()


def _complete_response(status: str, response: _Json, components: _Json) -> None:
    for media_type, media in response.get("content", {}).items():
        if media_type == "application/problem+json":
            number, code = _CODE_OF_DEFAULT if status == "default" else (int(status), "")
            codes = _CODE.findall(response["description"]) or [code]
            media["examples"] = {code: {"value": problem_example(number, code)} for code in codes}
        else:
            _show(media, components)


def _show(media: _Json, components: _Json) -> None:
    schema = media.get("schema", {})
    name = schema.get("$ref", "").rsplit("/", 1)[-1] or schema.get("title", "")
    whole = components.get("schemas", {}).get(name, schema)
    example = BODIES.get(name) or next(iter(whole.get("examples", ())), None)
    if example is not None:
        media["example"] = example


def _headers_of(status: str, response: _Json, operation: _Json, *, is_lenders: bool) -> list[str]:
    names = ["X-Request-ID"]
    if is_lenders and status != "431":  # refused before the door: no call, no lender
        names += _LIMITS
    if status in _RETRIED and _RETRIED[status] in response["description"]:
        names.append("Retry-After")
    if status == "401" and "TOKEN_" in response["description"]:
        names.append("WWW-Authenticate")
    if status == "200" and any(parameter["name"] == "Accept-Language" for parameter in operation.get("parameters", ())):
        names.append("Content-Language")
    return names
