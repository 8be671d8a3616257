"""Raw and hot routes: the same bytes and headers as the route behind them, and nothing taken from other routes."""

import asyncio
from typing import Any

import pytest
from altscore_libs import strictjson
from altscore_libs.errors import NotFound, RateLimited
from altscore_libs.raw_routes import RawRouter
from altscore_libs.testing import api_client
from altscore_libs.tls import Peer
from altscore_libs.web import (
    DEFAULT_BODY_BYTES,
    add_hot_route,
    allow_callers,
    create_app,
    read_body,
    require_caller,
    router,
)
from fastapi import Depends, Request, Response
from prometheus_client import REGISTRY
from starlette.types import Message, Scope

CALLERS = ("till",)
ID = {"x-request-id": "0f8fad5b-d9cb-469f-a165-70867728950e"}


async def shared(body: bytes) -> Response:
    order = strictjson.loads(body)
    if order == "limit":
        raise RateLimited("slowly", headers={"Retry-After": "7"})
    if order == "fault":
        raise RuntimeError("a fault of ours")
    if order == "none":
        raise NotFound("no such order")
    return Response(body, 200, {"Content-Language": "hi"}, "application/json")


async def by_dispatch(scope: Scope, body: bytes) -> Response:
    require_caller(scope, CALLERS)
    return await shared(body)


def make_app(**options: Any) -> Any:
    app = create_app("fast shop", **options)
    routes = router()

    @routes.post("/orders", dependencies=[Depends(allow_callers(*CALLERS))])
    async def order(request: Request) -> Response:
        return await shared(await read_body(request, DEFAULT_BODY_BYTES))

    @routes.get("/orders")
    async def orders() -> list[str]:
        return ["by the application"]

    app.include_router(routes)
    return app


async def by_hot_route(request: Request) -> Response:
    require_caller(request.scope, CALLERS)
    return await shared(await read_body(request, DEFAULT_BODY_BYTES))


def with_hot_route(**options: Any) -> Any:
    app = make_app(**options)
    add_hot_route(app, "/orders", by_hot_route, "POST", only_if=lambda scope: scope["query_string"] != b"slow")
    return app


def dispatched(**options: Any) -> RawRouter:
    return RawRouter(make_app(**options), {("POST", "/orders"): by_dispatch})


@pytest.mark.parametrize(
    ("body", "caller", "headers", "status"),
    [
        (b'"good"', "till", {}, 200),
        (b'"good"', "till", {"x-request-id": "bad id"}, 200),
        (b'"limit"', "till", {}, 429),
        (b'"none"', "till", {}, 404),
        (b'"fault"', "till", {}, 500),
        (b"{", "till", {}, 400),
        (b'"good"', "thief", {}, 403),
        (b" " * (DEFAULT_BODY_BYTES + 1), "till", {}, 413),
        (b'"good"', "till", {"content-length": "1e3"}, 413),
    ],
)
@pytest.mark.parametrize("make", [dispatched, with_hot_route])
async def test_both_ways_give_the_same_bytes_and_headers(
    make: Any, body: bytes, caller: str, headers: dict[str, str], status: int
) -> None:
    replies = []
    for app in (make_app(), make()):
        async with api_client(app, caller) as client:
            replies.append(await client.post("/orders", content=body, headers={**ID, **headers}))
    by_route, fast = replies
    assert (by_route.status_code, fast.status_code) == (status, status)
    if "x-request-id" in headers:  # an unusable id is replaced by a random one
        assert list(by_route.headers) == list(fast.headers)
        assert by_route.headers["x-request-id"] != fast.headers["x-request-id"]
    else:
        assert (by_route.content, by_route.headers.raw) == (fast.content, fast.headers.raw)


@pytest.mark.parametrize("make", [dispatched, with_hot_route])
async def test_other_methods_and_paths_reach_the_application(make: Any) -> None:
    async with api_client(make(), "till") as client:
        assert (await client.head("/orders")).status_code == 405
        assert (await client.get("/orders")).json() == ["by the application"]
        assert (await client.post("/orders/")).status_code in (307, 404)
        assert (await client.post("/nowhere")).json()["code"] == "NOT_FOUND"


async def test_a_hot_route_takes_the_requests_of_its_condition_alone() -> None:
    app, taken = make_app(), []

    async def take(request: Request) -> Response:
        taken.append(request.url.query)
        return Response(b"hot")

    add_hot_route(app, "/orders", take, "POST", only_if=lambda scope: scope["query_string"] != b"slow")
    async with api_client(app, "till") as client:
        assert (await client.post("/orders", content=b'"good"')).content == b"hot"
        assert (await client.post("/orders?slow", content=b'"good"')).content == b'"good"'
    assert taken == [""]
    assert "/orders" in app.openapi()["paths"]


@pytest.mark.parametrize("make", [dispatched, with_hot_route])
async def test_both_ways_count_alike(make: Any) -> None:
    labels = {"app": "fast shop", "method": "POST", "route": "/orders", "status": "200"}
    counts = []
    for app in (make_app(), make()):
        before = REGISTRY.get_sample_value("altscore_http_requests_total", labels) or 0.0
        async with api_client(app, "till") as client:
            await client.post("/orders", content=b'"good"')
        counts.append((REGISTRY.get_sample_value("altscore_http_requests_total", labels) or 0.0) - before)
    assert counts == [1.0, 1.0]


@pytest.mark.parametrize("make", [make_app, dispatched, with_hot_route])
async def test_a_body_that_does_not_end_is_refused_in_time(make: Any) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        if not sent:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await make(body_timeout_s=0.05)(scope_of("POST", "/orders"), receive, send)
    assert sent[0]["status"] == 408


@pytest.mark.parametrize("make", [make_app, dispatched, with_hot_route])
async def test_a_caller_that_leaves_gets_nothing(make: Any) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await make()(scope_of("POST", "/orders"), receive, send)
    assert sent == []


def scope_of(method: str, path: str) -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"altscore.test")],
        "extensions": {"altscore.peer": Peer("till", None, "f" * 64)},
    }
