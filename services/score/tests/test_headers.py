"""The headers of API §01 and §09 stand on every response of the lenders' door, whatever it says."""

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
PATHS = {path: set(load) for path, load in json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"].items()}


def check(reply: httpx.Response, sent: str | None) -> None:
    """What every response has."""
    headers, told = reply.headers, f"{reply.status_code} {reply.text[:200]}"
    assert {name: headers.get(name) for name in SECURITY} == SECURITY, told
    assert headers.get("cache-control") in ("no-store", "public, max-age=300"), told
    identifiers = headers.get_list("x-request-id")
    assert len(identifiers) == 1, told
    assert identifiers == [sent] if sent else identifiers[0].startswith("req_"), told
    limits = {name: headers.get_list(f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")}
    assert all(len(values) == 1 and values[0].isdigit() for values in limits.values()), f"{told} {limits}"
    assert 0 <= int(limits["remaining"][0]) <= int(limits["limit"][0]), told
    assert int(limits["reset"][0]) > 1_700_000_000, told
    if reply.status_code >= 400:
        check_refusal(reply, told)
    else:
        assert headers["content-type"] == "application/json", told
        assert "retry-after" not in headers, told


def check_refusal(reply: httpx.Response, told: str) -> None:
    """What every refusal has."""
    headers = reply.headers
    assert headers["content-type"] == "application/problem+json", told
    if reply.request.method != "HEAD":
        assert reply.json()["request_id"] == headers["x-request-id"], told
        assert reply.json()["status"] == reply.status_code, told
    has_retry = headers.get("retry-after", "").isdigit()
    assert has_retry == (reply.status_code in (429, 503)) or reply.status_code == 404, told
    is_token = reply.status_code == 401 and reply.json()["code"].startswith("TOKEN_")
    assert ("www-authenticate" in headers) == is_token, told  # credentials in a body know no scheme
    assert ("allow" in headers) == (reply.status_code == 405), told


async def ask(world: World, method: str, path: str, **how: Any) -> httpx.Response:
    """A request with an id of ours, checked."""
    identifier = str(uuid4())
    headers: Mapping[str, str] = how.pop("headers", {})
    reply = await world.lenders.request(method, path, headers={**headers, "X-Request-ID": identifier}, **how)
    check(reply, identifier)
    return reply


def plain(path: str) -> str:
    """A documented path with something in its places."""
    return path.replace("{retailer_id}", "ret_00000000000000aa").replace("{grievance_id}", "grv_" + "0" * 32)


OPERATIONS = sorted(document())


@pytest.mark.parametrize("operation", sorted(RECIPES), ids=" ".join)
async def test_good_answers_and_refusals_of_every_endpoint(scene: Scene, operation: tuple[str, str]) -> None:
    seen = set()
    for recipe in RECIPES[operation]:
        for ids, lender in ((scene.ids_of_a, LENDER), (scene.ids_of_a, OTHER_LENDER), (scene.ids_of_nobody, LENDER)):
            item: Probe = recipe(ids)
            headers = scene.world.headers(lender) if item.has_token else {}
            reply = await ask(scene.world, item.method, item.path, json=item.body, params=item.query, headers=headers)
            assert reply.status_code < 500
            seen.add(reply.status_code)
    assert len(seen) > 1 or operation in {("post", "/v1/auth/token"), ("post", "/v1/score/batch")}, seen


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
async def test_unauthenticated_and_broken_requests(world: World, operation: tuple[str, str]) -> None:
    method, path = operation[0].upper(), plain(operation[1])
    mine = world.headers()
    broken: list[tuple[dict[str, str], bytes]] = [
        ({}, b"{}"),
        ({"Authorization": "Bearer nonsense"}, b"{}"),
        ({**mine, "X-Client-ID": OTHER_LENDER}, b"{}"),
        (mine, b"{"),
        (mine, b"\xff"),
        (mine, b" " * 70_000),
        ({**mine, "Content-Type": "text/plain"}, b"{}"),
    ]
    statuses = []
    for headers, body in broken:
        whole = {"Content-Type": "application/json", **headers}
        reply = await ask(world, method, path, content=b"" if method in BODYLESS else body, headers=whole)
        statuses.append(reply.status_code)
    assert operation in NOBODYS or all(400 <= status < 500 for status in statuses), statuses


@pytest.mark.parametrize("path", sorted(path for path in PATHS if not path.startswith("/internal/")))
async def test_a_method_that_a_path_has_not_is_405_and_names_those_it_has(world: World, path: str) -> None:
    refused = [method_item for method_item in METHODS if method_item.lower() not in PATHS[path]]
    assert refused
    for method in refused:
        reply = await ask(world, method, plain(path), headers=world.headers())
        assert reply.status_code == 405, method
        assert set(reply.headers["allow"].lower().split(", ")) <= PATHS[path] | {"head"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/score/", "/v1/scores", "/v1/%00", "/v1/score/x/y/z", "//v1/score"])
async def test_a_path_that_does_not_exist_is_404(world: World, path: str) -> None:
    for method in ("GET", "POST"):
        assert (await ask(world, method, path, headers=world.headers())).status_code in (404, 405, 307)


async def test_over_the_limit_the_headers_tell_when_to_come_back(world: World) -> None:
    replies = [await world.score(retailer_id=f"ret_{number:016x}") for number in range(101)]
    for reply in replies:
        check(reply, None)
    assert [int(reply_item.headers["x-ratelimit-remaining"]) for reply_item in replies] == [*range(99, -1, -1), 0]
    assert (replies[-1].status_code, 1 <= int(replies[-1].headers["retry-after"]) <= 60) == (429, True)


async def test_gone_neighbours_are_503_with_the_same_headers(world: World) -> None:
    world.neighbours.is_down = True
    reply = await world.score()
    check(reply, None)
    assert reply.status_code == 503
