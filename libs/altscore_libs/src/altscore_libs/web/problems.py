"""Every failure of a request becomes a problem document."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from altscore_libs.errors import (
    AltScoreError,
    FieldError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
)
from altscore_libs.problem import PROBLEM_TYPE, problem_document


class ProblemResponse(JSONResponse):
    """A problem document; when it is sent, the access line of the request learns its code."""

    code = AltScoreError.code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it."""
        scope.setdefault("state", {})["problem_code"] = self.code
        await super().__call__(scope, receive, send)


def problem(error: AltScoreError, identifier: str, *, types: str | None = None) -> Response:
    """The response to an error: an RFC 9457 document with the contract's code and never the input."""
    document = problem_document(error, identifier, types=types)
    response = ProblemResponse(document, status_code=error.status, headers=error.headers, media_type=PROBLEM_TYPE)
    response.code = error.code
    return response


def _field_error(error: Mapping[str, object]) -> FieldError:
    location = [str(part) for part in _parts(error["loc"]) if part not in ("body", "query", "path", "header")]
    if error["type"] == "extra_forbidden":  # the last part is the caller's own key
        whole = "query" if "query" in _parts(error["loc"])[:1] else "body"
        return FieldError(".".join(location[:-1]) or whole, "unknown field")
    reason = str(error["msg"]).removeprefix("Value error, ") if error["type"] == "value_error" else str(error["type"])
    return FieldError(".".join(location) or "body", reason)


def _parts(location: object) -> tuple[object, ...]:
    return location if isinstance(location, tuple) else (location,)


def install_error_handlers(app: FastAPI, field_codes: Mapping[str, str] | None = None) -> None:
    """Every failure becomes a problem document; `field_codes` gives a field its own error code."""
    codes = dict(field_codes or {})

    async def altscore_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, AltScoreError)  # noqa: S101  # registered for this class alone
        return problem(error, _id_of(request), types=_types_of(request))

    async def validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class alone
        fields = [_field_error(item) for item in error.errors()]
        refusal = InvalidRequest("the request does not match the schema", errors=fields)
        refusal.code = next((codes[item.field] for item in fields if item.field in codes), refusal.code)
        return problem(refusal, _id_of(request), types=_types_of(request))

    async def http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class alone
        kinds: dict[int, type[AltScoreError]] = {404: NotFound, 405: MethodNotAllowed, 413: PayloadTooLarge}
        refusal = kinds.get(error.status_code, InvalidRequest)(headers=error.headers)  # Allow of a 405
        return problem(refusal, _id_of(request), types=_types_of(request))

    app.add_exception_handler(AltScoreError, altscore_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_exception)


def _id_of(request: Request) -> str:
    return str(request.state.request_id)


def _types_of(request: Request) -> str | None:
    types: str | None = getattr(request.app.state, "problem_types", None)
    return types
