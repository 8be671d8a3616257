"""The checks without FastAPI, since one of them is part of every lender's call: same answers, same bytes."""

import re

from altscore_libs.dispatch import Dispatcher
from altscore_libs.web import require_caller
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from altscore_consent.checks.routes import CHECKERS, MANY_CHECKERS
from altscore_consent.checks.schemas import TRIPLE, CheckResponse, ManyResponse
from altscore_consent.checks.service import CheckService

CHECK, CHECK_MANY = "/v1/consent/check", "/internal/consents/check-many"
# Exactly as our own client writes it; any other query, however valid, is left to the route of FastAPI.
_CHECK_QUERY = re.compile(
    rb"retailer_id=(ret_[0-9a-f]{16})&lender_id=([A-Za-z0-9_-]{1,64})(?:&purpose=([A-Za-z0-9_.-]{1,64}))?"
)
_CHECK_MANY_QUERY = re.compile(f"of={TRIPLE}(%2C{TRIPLE}){{0,63}}".replace(":", "%3A").encode())


def with_raw_checks(app: FastAPI, checks: CheckService) -> ASGIApp:
    """The application with its raw routes in front."""

    async def check(scope: Scope, _: bytes) -> Response:
        require_caller(scope, CHECKERS)
        result = await checks.check(*_read_query(scope["query_string"]))
        return Response(CheckResponse.of(result).model_dump_json(), media_type="application/json")

    async def check_many(scope: Scope, _: bytes) -> Response:
        require_caller(scope, MANY_CHECKERS)
        triples = scope["query_string"].removeprefix(b"of=").decode().split("%2C")
        results = await checks.check_many([triple.split("%3A") for triple in triples])
        return Response(ManyResponse.of(results).model_dump_json(), media_type="application/json")

    raw = Dispatcher(app, {("GET", CHECK): check, ("GET", CHECK_MANY): check_many})
    patterns = {CHECK: _CHECK_QUERY, CHECK_MANY: _CHECK_MANY_QUERY}

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        pattern = patterns.get(scope["path"]) if scope["type"] == "http" else None
        is_plain = pattern is not None and pattern.fullmatch(scope["query_string"])
        await (raw if is_plain else app)(scope, receive, send)

    return route


def _read_query(query: bytes) -> tuple[str, str, str | None]:
    match = _CHECK_QUERY.fullmatch(query)
    assert match is not None  # noqa: S101  # the router matched it
    retailer_id, lender_id, purpose = match.groups()
    return retailer_id.decode(), lender_id.decode(), purpose.decode() if purpose is not None else None
