"""Public errors: the class is the meaning, `code` is the contract's word; no message ever holds the rejected input."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class FieldError(NamedTuple):
    """One offending field: its path and the rule it broke, without its value."""

    field: str
    reason: str


class AltScoreError(Exception):
    """A fault of ours.

    The base of every error that a caller may see; the first paragraph of each class stands in the OpenAPI documents.

    Args:
        detail: a sentence for people; ids only, no personal data, no input.
        errors: the offending fields.
        headers: extra response headers, such as Retry-After.
    """

    code = "INTERNAL_ERROR"
    status = 500

    def __init__(
        self, detail: str = "", *, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class InvalidRequest(AltScoreError):
    """The request breaks the schema or the strict JSON rules."""

    code, status = "INVALID_REQUEST", 400


class Unauthorized(AltScoreError):
    """Who calls is unknown or not proven."""

    code, status = "UNAUTHORIZED", 401


class Forbidden(AltScoreError):
    """The caller is known and may not do this."""

    code, status = "FORBIDDEN", 403


class NotFound(AltScoreError):
    """There is no such thing, or none that the caller may know of."""

    code, status = "NOT_FOUND", 404


class MethodNotAllowed(AltScoreError):
    """The path exists, not with this method."""

    code, status = "METHOD_NOT_ALLOWED", 405


class RequestTimeout(AltScoreError):
    """The request did not arrive in time; the connection ends, since what follows on it cannot be told apart."""

    code, status = "REQUEST_TIMEOUT", 408

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"Connection": "close"})


class Conflict(AltScoreError):
    """The request contradicts what already stands."""

    code, status = "CONFLICT", 409


class PayloadTooLarge(AltScoreError):
    """The body is larger than this endpoint takes."""

    code, status = "PAYLOAD_TOO_LARGE", 413


class UnsupportedMediaType(AltScoreError):
    """The body is not declared as plain JSON, or declares a content encoding."""

    code, status = "UNSUPPORTED_MEDIA_TYPE", 415


class HeadersTooLarge(AltScoreError):
    """More or longer header fields than this service reads."""

    code, status = "HEADERS_TOO_LARGE", 431


class RateLimited(AltScoreError):
    """A quota is spent; Retry-After says when to come back."""

    code, status = "RATE_LIMIT_EXCEEDED", 429

    def __init__(self, detail: str = "", *, limit: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, headers=headers)
        self.limit = limit
        """Name of the quota, a member of the problem document."""


class Unavailable(AltScoreError):
    """Something this answer depends on cannot be reached: blocked, not guessed."""

    code, status = "SERVICE_UNAVAILABLE", 503

    def __init__(
        self, detail: str = "", *, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail, errors=errors, headers={"Retry-After": "30", **(headers or {})})


DEPENDENCIES = (Unavailable, OSError, TimeoutError)
"""What is waited for, however long it takes: the fault is not that of what was being done."""
