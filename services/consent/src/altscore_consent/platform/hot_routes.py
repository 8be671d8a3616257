"""The checks as hot endpoints, since one of them is part of every lender's call: same answers, same bytes.

FastAPI's routes stay for the OpenAPI document and for every query that is written in another way (ADR 0020).
"""

import re
from functools import partial

from altscore_libs.web import add_hot_route, require_caller
from fastapi import FastAPI, Request, Response
from starlette.types import Scope

from altscore_consent.checks.routes import CHECKERS, MANY_CHECKERS
from altscore_consent.checks.schemas import TRIPLE, CheckResponse, ManyResponse
from altscore_consent.checks.service import CheckService

CHECK, CHECK_MANY = "/v1/consent/check", "/internal/consents/check-many"
# Exactly as our own client writes it; any other query, however valid, is left to the route of FastAPI.
_CHECK_QUERY = re.compile(
    rb"retailer_id=(ret_[0-9a-f]{16})&lender_id=([A-Za-z0-9_-]{1,64})(?:&purpose=([A-Za-z0-9_.-]{1,64}))?"
)
_CHECK_MANY_QUERY = re.compile(f"of={TRIPLE}(%2C{TRIPLE}){{0,63}}".replace(":", "%3A").encode())


def add_hot_checks(app: FastAPI, checks: CheckService) -> None:
    """Puts the hot routes in front of those of FastAPI."""

    async def check(request: Request) -> Response:
        require_caller(request.scope, CHECKERS)
        result = await checks.check(*_read_query(request.scope["query_string"]))
        return Response(CheckResponse.of(result).model_dump_json(), media_type="application/json")

    async def check_many(request: Request) -> Response:
        require_caller(request.scope, MANY_CHECKERS)
        triples = request.scope["query_string"].removeprefix(b"of=").decode().split("%2C")
        results = await checks.check_many([triple.split("%3A") for triple in triples])
        return Response(ManyResponse.of(results).model_dump_json(), media_type="application/json")

    add_hot_route(app, CHECK, check, "GET", only_if=partial(_is_plain, _CHECK_QUERY))
    add_hot_route(app, CHECK_MANY, check_many, "GET", only_if=partial(_is_plain, _CHECK_MANY_QUERY))


def _is_plain(query: re.Pattern[bytes], scope: Scope) -> bool:
    return query.fullmatch(scope["query_string"]) is not None


def _read_query(query: bytes) -> tuple[str, str, str | None]:
    match = _CHECK_QUERY.fullmatch(query)
    assert match is not None  # noqa: S101  # the route matched it
    retailer_id, lender_id, purpose = match.groups()
    return retailer_id.decode(), lender_id.decode(), purpose.decode() if purpose is not None else None
