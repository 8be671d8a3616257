"""Completes the generated OpenAPI document: examples, the problems behind each status, the headers of each reply."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from altscore_score.errors import PROBLEM_TYPES
from altscore_score.openapi.examples import BODIES, PARAMETER_FAULTS, PARAMETERS, REQUEST_ID, problem_example
from altscore_score.scores.schemas import Problem, ProblemField, RateLimitName
from altscore_score.tokens.domain import CHALLENGE

_Json = dict[str, Any]
_CODE = re.compile(r"^([A-Z][A-Z_]{7,}): ", re.MULTILINE)
_CODE_OF_DEFAULT = 405, "METHOD_NOT_ALLOWED"
_RETRIED = {
    "429": ("RATE_LIMIT_EXCEEDED",),
    "503": ("SERVICE_UNAVAILABLE",),
    "404": ("RETAILER_NOT_SCORED", "AUDIT_PROOF_PENDING"),
}


def _header(description: str, schema: _Json, example: Any) -> _Json:
    return {"description": description, "schema": schema, "example": example}


_WHOLE = {"type": "integer", "minimum": 0}
HEADERS: _Json = {
    "X-Request-ID": _header("Yours, or one that we made.", {"type": "string"}, REQUEST_ID),
    "X-RateLimit-Limit": _header("Calls that the window allows.", _WHOLE, 100),
    "X-RateLimit-Remaining": _header("Calls that are left in it.", _WHOLE, 87),
    "X-RateLimit-Reset": _header("When a place is free again, Unix seconds.", _WHOLE, 1716220800),
    "Retry-After": _header("When to try again, seconds.", {"type": "integer", "minimum": 1}, 23),
    "Content-Language": _header("Which label of a reason leads.", {"type": "string", "enum": ["en", "hi"]}, "en"),
    "WWW-Authenticate": _header("RFC 6750.", {"type": "string"}, 'Bearer error="invalid_token"'),
    "ClientSecretChallenge": _header("The secret goes into the body (RFC 9110).", {"type": "string"}, CHALLENGE),
}
INFO: _Json = {
    "summary": "Credit scores of small retailers, for the lenders that they named.",
    "description": "One score of one retailer, with its reasons, for a lender that the retailer consented to. Sign in "
    "with POST /v1/auth/token; every call about a retailer carries the token and X-Client-ID. X-Client-Secret may "
    "come with it and is then verified. HTTPS with TLS 1.3 alone; bodies are JSON in UTF-8. 100 calls a minute and "
    "5,000 in 24 hours; every refusal is a problem document whose `type` is the page of its code.",
    "contact": {"name": "AltScore support", "email": "support@altscore.in", "url": "https://api.altscore.in/docs"},
    "license": {"name": "Proprietary, all rights reserved"},
}
SERVERS = [{"url": "https://api.altscore.in", "description": "Live, and the sandbox by its credentials."}]
_LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def complete(document: _Json, *, is_lenders: bool) -> _Json:
    """The document with what FastAPI cannot know; the same object, which may come twice.

    Args:
        document: of one application.
        is_lenders: whether it is the lenders' API, whose every reply tells the limits.
    """
    components = document.setdefault("components", {})
    components["headers"] = HEADERS
    if is_lenders:
        document["info"] |= INFO
        document["servers"] = SERVERS
    _describe_problems(components)
    for operation in _operations(document):
        responses = operation["responses"]
        if "requestBody" in operation:
            _name_request(operation["requestBody"]["content"]["application/json"], components)
            _show(operation["requestBody"]["content"]["application/json"], components)
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in PARAMETERS:
                parameter["example"] = PARAMETERS[parameter["name"]]
        fields = _fields_at_fault(operation, components)
        types = PROBLEM_TYPES if is_lenders else None
        for status, response in responses.items():
            _complete_response(status, response, components, fields=fields, types=types)
            names = _headers_of(status, response, operation, is_lenders=is_lenders)
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
            if status == "401" and "TOKEN_" not in response["description"]:
                challenge = {"$ref": "#/components/headers/ClientSecretChallenge"}
                response["headers"]["WWW-Authenticate"] = challenge
    return document


def _operations(document: _Json) -> Iterator[_Json]:
    for path in document["paths"].values():
        yield from path.values()


def _name_request(media: _Json, components: _Json) -> None:
    """Moves the schema of a body that its route parses itself to the components, where generators look for names."""
    schema = media["schema"]
    if "$ref" not in schema:
        components["schemas"][schema["title"]] = schema
        media["schema"] = {"$ref": f"#/components/schemas/{schema['title']}"}


def _describe_problems(components: _Json) -> None:
    schema = components["schemas"]["Problem"] = copy.deepcopy(components["schemas"]["Problem"])
    schema["properties"]["limit"] = {"type": "string", "enum": list(get_args(RateLimitName))}
    described: list[tuple[_Json, type[BaseModel]]] = [
        (schema["properties"], Problem),
        (schema["properties"]["errors"]["items"]["properties"], ProblemField),
    ]
    for properties, model in described:
        for name, member in properties.items():
            member["description"] = model.model_fields[name].description


def _fields_at_fault(operation: _Json, components: _Json) -> dict[str, tuple[str, str]]:
    """By code, a field of this operation that a refusal may name, and the rule that it broke."""
    fields: dict[str, tuple[str, str]] = {}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "header" and (reason := PARAMETER_FAULTS.get(parameter["name"])) is not None:
            fields["INVALID_REQUEST"] = parameter["name"], reason
    if "requestBody" in operation:
        name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        schema = components["schemas"][name]
        fields["INVALID_REQUEST"] = schema["required"][-1], "missing"
        if "retailer_ids" in schema["properties"]:
            fields["INVALID_RETAILER_ID"] = "retailer_ids.0", "string_pattern_mismatch"
    return {"INVALID_RETAILER_ID": ("retailer_id", "string_pattern_mismatch")} | fields


def _complete_response(
    status: str,
    response: _Json,
    components: _Json,
    *,
    fields: Mapping[str, tuple[str, str]],
    types: str | None,
) -> None:
    for media_type, media in response.get("content", {}).items():
        if media_type == "application/problem+json":
            number, code = _CODE_OF_DEFAULT if status == "default" else (int(status), "")
            codes = _CODE.findall(response["description"]) or [code]
            media["examples"] = {
                code: {"value": problem_example(number, code, field=fields.get(code), types=types)} for code in codes
            }
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
    if any(code in response["description"] for code in _RETRIED.get(status, ())):
        names.append("Retry-After")
    if status == "401" and "TOKEN_" in response["description"]:
        names.append("WWW-Authenticate")
    if status == "200" and any(parameter["name"] == "Accept-Language" for parameter in operation.get("parameters", ())):
        names.append("Content-Language")
    return names
