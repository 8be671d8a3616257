"""The door: problem documents without echo, request ids, callers by certificate."""

from decimal import Decimal

import pytest
from altscore_libs.errors import NotFound
from altscore_libs.testing import api_client
from altscore_libs.types import IsoDate, MoneyInr, StrictModel
from altscore_libs.web import allow_callers, create_app, router
from fastapi import Depends

SECRET = "27AAACZ0000A1Z9"


class Order(StrictModel):
    reference: str
    amount_inr: MoneyInr
    on: IsoDate


def make_app():  # type: ignore[no-untyped-def]
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


@pytest.mark.parametrize("caller", [None, "stranger"])
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


@pytest.mark.parametrize(("sent", "kept"), [("5f3c1f6e-demo-0001", True), ("bad id\x7f", False), ("", False)])
async def test_every_response_carries_a_request_id_and_the_security_headers(sent: str, kept: bool) -> None:
    async with api_client(make_app()) as client:
        answer = await client.get("/missing", headers={"X-Request-ID": sent})
    assert (answer.headers["x-request-id"] == sent) is kept
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_money_keeps_two_places() -> None:
    order = Order.model_validate({"reference": "r", "amount_inr": 5, "on": "2026-05-19"})
    assert order.amount_inr == Decimal("5.00")
