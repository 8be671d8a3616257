"""The access line: one for each answered request, its route's pattern and its code, never the caller's text."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from altscore_libs import logs
from altscore_libs.errors import NotFound, Unavailable
from altscore_libs.telemetry import access
from altscore_libs.testing import api_client
from altscore_libs.trace_context import below
from altscore_libs.web import add_hot_route, create_app, router
from fastapi import Request, Response

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TRACE = UUID.replace("-", "")
PHONE = "919876543210"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure("shop-api", stream=stream)
    monkeypatch.setattr(access, "written_below", below(1.0))

    def written() -> list[dict[str, Any]]:
        every = [json.loads(line) for line in stream.getvalue().splitlines()]
        return [line for line in every if line["logger"] == "altscore.access"]

    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


def app() -> Any:
    application, routes = create_app("shop"), router()

    @routes.get("/orders/{order_id}")
    async def order(order_id: str) -> str:
        logs.bind(order_id=order_id)
        if order_id == "missing":
            raise NotFound("no such order")
        return "ok"

    application.include_router(routes)

    async def hot(request: Request) -> Response:
        if b"down" in request.scope["query_string"]:
            raise Unavailable("the shelf is empty")
        if b"broken" in request.scope["query_string"]:
            raise RuntimeError(PHONE)
        return Response(b"ok")

    add_hot_route(application, "/hot", hot, "GET")
    return application


async def test_a_request_leaves_one_line_with_the_pattern_of_its_route(lines: Any) -> None:
    async with api_client(app(), "till") as client:
        await client.get(f"/orders/{PHONE}", headers={"X-Request-ID": UUID})
    [line] = lines()
    assert line.pop("ms") >= 0
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "service": "shop-api",
        "logger": "altscore.access",
        "message": "request",
        "method": "GET",
        "route": "/orders/{order_id}",
        "status": 200,
        "request_id": UUID,
        "trace_id": TRACE,
        "order_id": "***",  # what was bound is searched for numbers of people
        "peer": "till",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/orders/missing", (404, "NOT_FOUND", "info", "/orders/{order_id}")),
        (f"/{PHONE}", (404, "NOT_FOUND", "info", "none")),
        ("/hot?down", (503, "SERVICE_UNAVAILABLE", "warning", "/hot")),
        ("/hot?broken", (500, "INTERNAL_ERROR", "warning", "/hot")),
    ],
)
async def test_a_refusal_leaves_its_code_whatever_share_of_answers_is_written(
    lines: Any, monkeypatch: pytest.MonkeyPatch, path: str, expected: tuple[int, str, str, str]
) -> None:
    monkeypatch.setattr(access, "written_below", below(0))
    async with api_client(app()) as client:
        await client.get(path)
    [line] = lines()
    assert (line["status"], line["code"], line["level"], line["route"]) == expected
    assert PHONE not in json.dumps(line)


@pytest.mark.parametrize(
    ("setting", "path", "is_written"),
    [
        ((0.0, 1.0), "/hot", False),
        ((1.0, 1.0), "/hot", True),
        ((0.0, 0.0), "/hot", True),  # every answer is slow
        ((0.0, 1.0), "/orders/1", True),  # no hot endpoint
        ((int(TRACE[-14:], 16) / 16**14 - 1e-6, 1.0), "/hot", False),
        ((int(TRACE[-14:], 16) / 16**14 + 1e-6, 1.0), "/hot", True),
    ],
)
async def test_the_ratio_spares_quick_good_answers_of_hot_endpoints_alone(
    lines: Any, monkeypatch: pytest.MonkeyPatch, setting: tuple[float, float], path: str, is_written: bool
) -> None:
    ratio, slow_s = setting
    monkeypatch.setattr(access, "written_below", below(ratio))
    monkeypatch.setattr(access, "slow_s", slow_s)
    async with api_client(app()) as client:
        await client.get(path, headers={"X-Request-ID": UUID})
    assert len(lines()) == is_written


async def test_a_made_up_method_is_not_kept(lines: Any) -> None:
    async with api_client(app()) as client:
        await client.request("X9198", "/hot")
    [line] = lines()
    assert (line["method"], line["status"]) == ("other", 404)


async def test_linked_traces_of_our_own_services_are_named(lines: Any) -> None:
    links = ",".join(f"00-{digit * 32}-{digit * 16}-00" for digit in "abc")
    async with api_client(app(), "till") as client:
        await client.get("/hot", headers={"X-Trace-Links": links})
    async with api_client(app()) as client:
        await client.get("/hot", headers={"X-Trace-Links": links})
    ours, others = lines()
    assert ours["linked_traces"] == ["a" * 32, "b" * 32, "c" * 32]
    assert "linked_traces" not in others
