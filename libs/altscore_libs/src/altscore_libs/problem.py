"""Problem documents (RFC 9457) and the headers of every response; below both the HTTP parser and the web package."""

from collections.abc import Mapping
from typing import Any

from altscore_libs.errors import AltScoreError, RateLimited

PROBLEM_TYPE = "application/problem+json"
SECURITY_HEADERS = (
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


def problem_document(
    error: AltScoreError | type[AltScoreError], identifier: str, *, types: str | None = None
) -> dict[str, Any]:
    """Members of an error's problem document: the contract's code, never the input.

    Args:
        error: the refusal.
        identifier: of the request.
        types: the URI that the code is appended to for `type`; without it `about:blank`.
    """
    document: dict[str, Any] = {
        "type": "about:blank" if types is None else f"{types}{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "code": error.code,
        "request_id": identifier,
    }
    if isinstance(error, AltScoreError):
        if error.detail:
            document["detail"] = error.detail
        if error.errors:
            document["errors"] = [{"field": item.field, "reason": item.reason} for item in error.errors]
        if isinstance(error, RateLimited) and error.limit is not None:
            document["limit"] = error.limit
    return document


def header_lines(headers: Mapping[str, str]) -> str:
    """Header fields as HTTP/1.1 writes them, the security headers included."""
    security = {name.decode(): value.decode() for name, value in SECURITY_HEADERS}
    return "".join(f"{name}: {value}\r\n" for name, value in {**headers, **security}.items())
