"""The short way of the checks, one of which stands in every lender's call: same answers, same bytes."""

import re

from altscore_libs.raw_routes import RawRouter
from altscore_libs.web import require_caller
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from altscore_consent.api.questions import CHECKERS, MANY_CHECKERS, ONE, answer_of, answer_of_many
from altscore_consent.checks import Checks

PATH, MANY = "/v1/consent/check", "/internal/consents/check-many"
# Exactly as our own client writes it; anything else, however right, goes the long way.
_PLAIN = re.compile(
    rb"retailer_id=(ret_[0-9a-f]{16})&lender_id=([A-Za-z0-9_-]{1,64})(?:&purpose=([A-Za-z0-9_.-]{1,64}))?"
)

_PLAIN_MANY = re.compile(f"of={ONE}(%2C{ONE}){{0,63}}".replace(":", "%3A").encode())


def with_fast_check(app: FastAPI, checks: Checks) -> ASGIApp:
    """The application with its short ways in front."""

    async def check(scope: Scope, _: bytes) -> Response:
        require_caller(scope, CHECKERS)
        retailer_id, lender_id, purpose = _asked(scope)
        found = await checks.check(retailer_id, lender_id, purpose)
        return Response(answer_of(found).model_dump_json(), media_type="application/json")

    async def many(scope: Scope, _: bytes) -> Response:
        require_caller(scope, MANY_CHECKERS)
        of = scope["query_string"].removeprefix(b"of=").decode().replace("%2C", ",").replace("%3A", ":")
        found = await answer_of_many(of, checks)
        return Response(found.model_dump_json(), media_type="application/json")

    dispatcher = RawRouter(app, {("GET", PATH): check, ("GET", MANY): many})
    plain = {PATH: _PLAIN, MANY: _PLAIN_MANY}

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        pattern = plain.get(scope["path"]) if scope["type"] == "http" else None
        is_plain = pattern is not None and pattern.fullmatch(scope["query_string"])
        await (dispatcher if is_plain else app)(scope, receive, send)

    return door


def _asked(scope: Scope) -> tuple[str, str, str | None]:
    match = _PLAIN.fullmatch(scope["query_string"])
    assert match is not None  # noqa: S101  # the door saw it
    retailer_id, lender_id, purpose = match.groups()
    return retailer_id.decode(), lender_id.decode(), purpose.decode() if purpose is not None else None
