"""The short way of GET /v1/consent/check, which stands in every lender's call: same answers, same bytes."""

import re

from altscore_libs.dispatch import Dispatcher
from altscore_libs.web import require_caller
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from altscore_consent.api.questions import CHECKERS, answer_of
from altscore_consent.checks import Checks

PATH = "/v1/consent/check"
# Exactly as our own client writes it; anything else, however right, goes the long way.
_PLAIN = re.compile(
    rb"retailer_id=(ret_[0-9a-f]{16})&lender_id=([A-Za-z0-9_-]{1,64})(?:&purpose=([A-Za-z0-9_.-]{1,64}))?"
)


def with_fast_check(app: FastAPI, checks: Checks) -> ASGIApp:
    """The application with its short way in front."""

    async def check(scope: Scope, _: bytes) -> Response:
        require_caller(scope, CHECKERS)
        retailer_id, lender_id, purpose = _asked(scope)
        found = await checks.check(retailer_id, lender_id, purpose)
        return Response(answer_of(found).model_dump_json(), media_type="application/json")

    dispatcher = Dispatcher(app, {("GET", PATH): check})

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        is_plain = scope["type"] == "http" and scope["path"] == PATH and _PLAIN.fullmatch(scope["query_string"])
        await (dispatcher if is_plain else app)(scope, receive, send)

    return door


def _asked(scope: Scope) -> tuple[str, str, str | None]:
    match = _PLAIN.fullmatch(scope["query_string"])
    assert match is not None  # noqa: S101  # the door saw it
    retailer_id, lender_id, purpose = match.groups()
    return retailer_id.decode(), lender_id.decode(), purpose.decode() if purpose is not None else None
