"""Log lines: JSON with constant fields, the request's context on each, nothing personal, no text of an exception."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from altscore_libs import logs
from altscore_libs.http_client import ServiceClient
from altscore_libs.testing import api_client
from altscore_libs.web import add_hot_route, create_app, router
from fastapi import Request, Response

GSTIN = "27AAACZ0000A1Z9"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
STANDARD = ["at", "level", "service", "logger", "message"]
_log = logging.getLogger("altscore.shop")


@pytest.fixture
def lines() -> Iterator[Any]:
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure("shop")
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)

    def written() -> list[dict[str, Any]]:
        assert stream.getvalue()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


def test_both_kinds_of_loggers_write_the_same_line(lines: Any) -> None:
    _log.warning("an order %s", "waits", extra={"order_id": "ord_1"})
    logs.get_logger("altscore.shop").warning("an order waits", order_id="ord_1")
    standard, structured = lines()
    assert list(standard) == list(structured) == [*STANDARD, "order_id"]
    assert {**standard, "at": ""} == {**structured, "at": ""} == {
        "at": "",
        "level": "warning",
        "service": "shop",
        "logger": "altscore.shop",
        "message": "an order waits",
        "order_id": "ord_1",
    }  # fmt: skip


def test_numbers_of_tax_and_phone_are_masked_wherever_they_stand(lines: Any) -> None:
    with logs.bound(request_id=GSTIN):
        _log.info(f"of {GSTIN}", extra={"phone": "+919876543210"})
        logs.get_logger("altscore.shop").info("of", phone=GSTIN)
    text = json.dumps(lines())
    assert GSTIN not in text
    assert "9876543210" not in text


def test_an_exception_is_its_class_and_its_frames(lines: Any) -> None:
    def fails() -> None:
        raise ValueError(GSTIN)

    try:
        fails()
    except ValueError as error:
        _log.exception("it failed")
        _log.error("it failed", exc_info=error)
        logs.get_logger("altscore.shop").exception("it failed")
    for line in lines():
        assert list(line) == [*STANDARD, "error", "frames"]
        assert line["error"] == "ValueError"
        assert line["frames"][-1].startswith("fails:")


def test_what_is_bound_ends_with_its_block(lines: Any) -> None:
    with logs.bound(request_id="a"):
        logs.bind(lender_id="len_1")
        with logs.bound(request_id="b", retailer_id="ret_1"):
            _log.info("inner")
        _log.info("outer")
    _log.info("outside")
    inner, outer, outside = lines()
    assert (inner["request_id"], inner["lender_id"], inner["retailer_id"]) == ("b", "len_1", "ret_1")
    assert (outer["request_id"], outer["lender_id"], "retailer_id" in outer) == ("a", "len_1", False)
    assert list(outside) == STANDARD


def app() -> Any:
    application, routes = create_app("shop"), router()

    @routes.get("/order")
    async def order() -> str:
        _log.info("ordered")
        return "ok"

    application.include_router(routes)

    async def hot(_request: Request) -> Response:
        _log.info("ordered")
        return Response(b"ok")

    add_hot_route(application, "/hot", hot, "GET")
    return application


@pytest.mark.parametrize("path", ["/order", "/hot"])
@pytest.mark.parametrize(
    ("headers", "trace_id"),
    [
        ({}, UUID.replace("-", "")),
        ({"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}, "ab" * 16),
        ({"traceparent": f"00-{'00' * 16}-{'cd' * 8}-01"}, UUID.replace("-", "")),
    ],
)
async def test_every_line_of_a_request_names_it(lines: Any, path: str, headers: dict[str, str], trace_id: str) -> None:
    async with api_client(app()) as client:
        await client.get(path, headers={"X-Request-ID": UUID, **headers})
    [line] = [line for line in lines() if line["message"] == "ordered"]
    assert (line["request_id"], line["trace_id"]) == (UUID, trace_id)


async def test_a_call_to_another_service_carries_the_request_id() -> None:
    sent: list[str | None] = []

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("x-request-id"))
        return httpx.Response(204)

    async with ServiceClient("https://shop.test", tls=None, transport=httpx.MockTransport(reply)) as client:
        with logs.bound(request_id=UUID):
            await client.call("GET", "/")
        await client.call("GET", "/")
    assert sent == [UUID, None]
