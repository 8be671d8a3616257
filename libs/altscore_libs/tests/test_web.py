"""HTTP: problem documents without echo, request ids, callers by certificate."""

import re
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from altscore_libs.errors import NotFound
from altscore_libs.testing import api_client
from altscore_libs.types import IsoDate, MoneyInr, StrictModel
from altscore_libs.web import allow_callers, create_app, router, services_of
from fastapi import Depends, FastAPI, Request

SECRET = "27AAACZ0000A1Z9"


class Order(StrictModel):
    reference: str
    amount_inr: MoneyInr
    on: IsoDate


def make_app() -> FastAPI:
    app = create_app("shop", field_codes={"reference": "INVALID_REFERENCE"})
    routes = router()

    @routes.post("/orders", dependencies=[Depends(allow_callers("till"))])
    async def order(body: Order) -> dict[str, str]:
        return {"amount": str(body.amount_inr), "on": body.on.isoformat()}

    @routes.get("/broken")
    async def broken() -> None:
        raise RuntimeError(SECRET)

    @routes.get("/missing")
    async def missing() -> None:
        raise NotFound("no order of that id")

    app.include_router(routes)
    return app


ORDER = b'{"reference":"r-1","amount_inr":42000.10,"on":"2026-05-19"}'
JSON = {"content-type": "application/json"}


async def test_a_good_body_reaches_the_route_with_exact_money() -> None:
    async with api_client(make_app(), "till") as client:
        answer = await client.post("/orders", content=ORDER, headers=JSON)
    assert (answer.status_code, answer.json()) == (200, {"amount": "42000.10", "on": "2026-05-19"})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (ORDER.replace(b'"r-1"', b"5"), 400, "INVALID_REFERENCE"),
        (ORDER.replace(b"42000.10", b'"42000.10"'), 400, "INVALID_REQUEST"),
        (ORDER.replace(b"42000.10", b"1e300"), 400, "INVALID_REQUEST"),
        (ORDER.replace(b"42000.10", b"0.001"), 400, "INVALID_REQUEST"),
        (ORDER.replace(b'"2026-05-19"', b"20260519"), 400, "INVALID_REQUEST"),
        (ORDER.replace(b'"2026-05-19"', b'"2026-02-30"'), 400, "INVALID_REQUEST"),
        (ORDER.replace(b'"on"', f'"{SECRET}"'.encode()), 400, "INVALID_REQUEST"),
        (ORDER.replace(b'"r-1"', b'"\\ud800"'), 400, "INVALID_REQUEST"),
        (b"[]", 400, "INVALID_REQUEST"),
        (b"", 400, "INVALID_REQUEST"),
        (b"{" + b" " * 70_000 + b"}", 413, "PAYLOAD_TOO_LARGE"),
    ],
)
async def test_bad_bodies_get_a_clear_4xx_in_the_contracts_shape(body: bytes, status: int, code: str) -> None:
    async with api_client(make_app(), "till") as client:
        answer = await client.post("/orders", content=body, headers=JSON)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert SECRET not in answer.text


async def test_a_body_without_a_declared_type_is_refused() -> None:
    async with api_client(make_app(), "till") as client:
        answer = await client.post("/orders", content=ORDER, headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "", "x-unknown"])
async def test_a_body_that_declares_a_content_encoding_is_refused(coding: str) -> None:
    async with api_client(make_app(), "till") as client:
        answer = await client.post("/orders", content=ORDER, headers={**JSON, "content-encoding": coding})
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_identity_is_no_content_encoding() -> None:
    async with api_client(make_app(), "till") as client:
        answer = await client.post("/orders", content=ORDER, headers={**JSON, "content-encoding": "Identity"})
    assert answer.status_code == 200


@pytest.mark.parametrize("caller", [None, "other"])
async def test_only_listed_certificates_may_call(caller: str | None) -> None:
    async with api_client(make_app(), caller) as client:
        answer = await client.post("/orders", content=ORDER, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/broken", 500, "INTERNAL_ERROR"), ("/missing", 404, "NOT_FOUND"), ("/nowhere", 404, "NOT_FOUND")],
)
async def test_failures_are_problem_documents_that_never_show_their_cause(path: str, status: int, code: str) -> None:
    async with api_client(make_app()) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert SECRET not in answer.text


UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    "sent",
    [
        UUID,
        UUID.upper(),
        UUID.replace("-", ""),
        UUID.replace("-", "").upper(),
        f"urn:uuid:{UUID}",
        f"URN:UUID:{UUID.upper()}",
        f"{{{UUID}}}",
    ],
)
async def test_a_uuid_in_any_spelling_is_the_request_id_in_one_form(sent: str) -> None:
    async with api_client(make_app()) as client:
        reply = await client.get("/missing", headers={"X-Request-ID": sent})
    assert reply.headers["x-request-id"] == reply.json()["request_id"] == UUID
    assert "max-age" in reply.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "bad id\x7f",
        "5f3c1f6e-demo-0001",
        SECRET,
        "919876543210",
        UUID[:-1],
        UUID + "0",
        UUID.replace("-", "", 1),
        f"{{{UUID}",
        f"urn:uuid:{{{UUID}}}",
        f"urn:uuid:{UUID.replace('-', '')}",
        "req_" + "0" * 32,
    ],
)
async def test_any_other_request_id_is_replaced_and_never_echoed(sent: str) -> None:
    async with api_client(make_app()) as client:
        reply = await client.get("/missing", headers={"X-Request-ID": sent})
    assert re.fullmatch("req_[0-9a-f]{32}", reply.headers["x-request-id"])
    assert reply.headers["x-request-id"] != sent
    assert reply.json()["request_id"] == reply.headers["x-request-id"]


async def test_our_own_services_pass_on_an_id_that_one_of_them_made() -> None:
    async with api_client(make_app(), "till") as client:
        reply = await client.get("/missing", headers={"X-Request-ID": "req_" + "0" * 32})
    assert reply.headers["x-request-id"] == "req_" + "0" * 32


class Shop(NamedTuple):
    name: str


async def test_a_route_gets_the_services_that_its_application_was_created_with() -> None:
    app, routes = create_app("shop", services=Shop("corner")), router()

    @routes.get("/name")
    async def name(request: Request) -> str:
        return services_of(request, Shop).name

    @routes.get("/other")
    async def other(request: Request) -> str:
        return str(services_of(request, Path))

    app.include_router(routes)
    async with api_client(app) as client:
        assert (await client.get("/name")).json() == "corner"
        assert (await client.get("/other")).status_code == 500


def test_money_keeps_two_places() -> None:
    order = Order.model_validate({"reference": "r", "amount_inr": 5, "on": "2026-05-19"})
    assert order.amount_inr == Decimal("5.00")
