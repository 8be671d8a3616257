"""The headers of API §01 and §09 stand on every response of the lenders' API, whatever it says."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from .test_cross_lender import COMMITTED, NOBODYS, RECIPES, Probe, Scene, document, scene
from .world import LENDER, OTHER_LENDER, World

__all__ = ["scene"]
SECURITY = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
BODYLESS = {"GET", "HEAD", "DELETE", "OPTIONS"}
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
PATHS = {path: set(methods) for path, methods in json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"].items()}


def check(reply: httpx.Response, sent: str | None) -> None:
    """Passes when a reply has what every reply has.

    Args:
        reply: any reply.
        sent: the request id of the call; None where it had none.
    """
    headers, shown = reply.headers, f"{reply.status_code} {reply.text[:200]}"
    assert {name: headers.get(name) for name in SECURITY} == SECURITY, shown
    assert headers.get("cache-control") in ("no-store", "public, max-age=300"), shown
    identifiers = headers.get_list("x-request-id")
    assert len(identifiers) == 1, shown
    assert identifiers == [sent] if sent else identifiers[0].startswith("req_"), shown
    limits = {name: headers.get_list(f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")}
    assert all(len(values) == 1 and values[0].isdigit() for values in limits.values()), f"{shown} {limits}"
    assert 0 <= int(limits["remaining"][0]) <= int(limits["limit"][0]), shown
    assert int(limits["reset"][0]) > 1_700_000_000, shown
    if reply.status_code >= 400:
        check_refusal(reply, shown)
    else:
        assert headers["content-type"] == "application/json", shown
        assert "retry-after" not in headers, shown


def check_refusal(reply: httpx.Response, shown: str) -> None:
    """Passes when a refusal has what every refusal has."""
    headers = reply.headers
    assert headers["content-type"] == "application/problem+json", shown
    if reply.request.method != "HEAD":
        assert reply.json()["request_id"] == headers["x-request-id"], shown
        assert reply.json()["status"] == reply.status_code, shown
    has_retry = headers.get("retry-after", "").isdigit()
    assert has_retry == (reply.status_code in (429, 503)) or reply.status_code == 404, shown
    assert ("www-authenticate" in headers) == (reply.status_code == 401), shown
    assert ("allow" in headers) == (reply.status_code == 405), shown


async def ask(world: World, method: str, path: str, **how: Any) -> httpx.Response:
    """Makes a request with an id of its own and checks the reply."""
    identifier = str(uuid4())
    headers: Mapping[str, str] = how.pop("headers", {})
    reply = await world.lenders.request(method, path, headers={**headers, "X-Request-ID": identifier}, **how)
    check(reply, identifier)
    return reply


def plain(path: str) -> str:
    """A documented path with ids in its places."""
    return path.replace("{retailer_id}", "ret_00000000000000aa").replace("{grievance_id}", "grv_" + "0" * 32)


OPERATIONS = sorted(document())


@pytest.mark.parametrize("operation", sorted(RECIPES), ids=" ".join)
async def test_good_answers_and_refusals_of_every_endpoint(scene: Scene, operation: tuple[str, str]) -> None:
    statuses = set()
    for recipe in RECIPES[operation]:
        for ids, lender in ((scene.ids_of_a, LENDER), (scene.ids_of_a, OTHER_LENDER), (scene.ids_of_nobody, LENDER)):
            probe: Probe = recipe(ids)
            headers = scene.world.headers(lender) if probe.has_token else {}
            how = {"json": probe.body, "params": probe.query, "headers": headers}
            reply = await ask(scene.world, probe.method, probe.path, **how)
            assert reply.status_code < 500
            statuses.add(reply.status_code)
    assert len(statuses) > 1 or operation in {("post", "/v1/auth/token"), ("post", "/v1/score/batch")}, statuses


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
async def test_unauthenticated_and_broken_requests(world: World, operation: tuple[str, str]) -> None:
    method, path = operation[0].upper(), plain(operation[1])
    own_headers = world.headers()
    broken: list[tuple[dict[str, str], bytes]] = [
        ({}, b"{}"),
        ({"Authorization": "Bearer nonsense"}, b"{}"),
        ({**own_headers, "X-Client-ID": OTHER_LENDER}, b"{}"),
        (own_headers, b"{"),
        (own_headers, b"\xff"),
        (own_headers, b" " * 70_000),
        ({**own_headers, "Content-Type": "text/plain"}, b"{}"),
    ]
    statuses = []
    for changed, body in broken:
        headers = {"Content-Type": "application/json", **changed}
        reply = await ask(world, method, path, content=b"" if method in BODYLESS else body, headers=headers)
        statuses.append(reply.status_code)
    assert operation in NOBODYS or all(400 <= status < 500 for status in statuses), statuses


@pytest.mark.parametrize("path", sorted(path for path in PATHS if not path.startswith("/internal/")))
async def test_a_method_that_a_path_has_not_is_405_and_names_those_it_has(world: World, path: str) -> None:
    refused = [method for method in METHODS if method.lower() not in PATHS[path]]
    assert refused
    for method in refused:
        reply = await ask(world, method, plain(path), headers=world.headers())
        assert reply.status_code == 405, method
        assert set(reply.headers["allow"].lower().split(", ")) <= PATHS[path] | {"head"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/score/", "/v1/scores", "/v1/%00", "/v1/score/x/y/z", "//v1/score"])
async def test_a_path_that_does_not_exist_is_404(world: World, path: str) -> None:
    for method in ("GET", "POST"):
        assert (await ask(world, method, path, headers=world.headers())).status_code == 404


async def test_over_the_limit_the_headers_tell_when_to_come_back(world: World) -> None:
    replies = [await world.score(retailer_id=f"ret_{number:016x}") for number in range(101)]
    for reply in replies:
        check(reply, None)
    assert [int(reply.headers["x-ratelimit-remaining"]) for reply in replies] == [*range(99, -1, -1), 0]
    assert (replies[-1].status_code, 1 <= int(replies[-1].headers["retry-after"]) <= 60) == (429, True)


async def test_gone_neighbours_are_503_with_the_same_headers(world: World) -> None:
    world.neighbours.is_down = True
    reply = await world.score()
    check(reply, None)
    assert reply.status_code == 503
