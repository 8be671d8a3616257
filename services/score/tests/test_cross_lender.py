"""Lender B asks for everything that lender A may see, at every endpoint of the document: refusals that tell nothing."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import httpx
import pytest
import redis

from .audit_proofs.proofs import proofs_of
from .redis_server import RedisServer
from .world import (
    GSTIN,
    LENDER,
    OTHER_LENDER,
    PURPOSE,
    RETAILER,
    UNKNOWN_GSTIN,
    UNKNOWN_RETAILER,
    World,
    record_of,
)

COMMITTED = Path(__file__).parents[1] / "openapi.json"
SCORE = str(record_of(RETAILER)["score_id"])
UNKNOWN_GRIEVANCE, UNKNOWN_LENDER = "grv_" + "0" * 32, "lender_nobody"
KEY = UUID(int=0x5EED)
MASKED = ("x-request-id", "date", "x-ratelimit-remaining", "x-ratelimit-reset", "content-length")
CONTENT = {"score_id", "altscore", "resolution", "history", "consent_active", "access_token", "grievance_id", "proofs"}


class Ids(NamedTuple):
    """What a request names."""

    retailer_id: str
    gst: str
    grievance_id: str
    client_id: str
    refresh_token: str
    request_id: str


class Probe(NamedTuple):
    """A request that names something of one lender."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    query: dict[str, str] | None = None
    has_token: bool = True


Recipe = Callable[[Ids], Probe]
RECIPES: dict[tuple[str, str], list[Recipe]] = {
    ("post", "/v1/score"): [
        lambda ids: Probe("POST", "/v1/score", {"retailer_id": ids.retailer_id, "purpose": PURPOSE}),
        lambda ids: Probe("POST", "/v1/score", {"retailer_id": ids.retailer_id, "purpose": "vehicle_loan"}),
    ],
    ("post", "/v1/score/batch"): [
        lambda ids: Probe("POST", "/v1/score/batch", {"retailer_ids": [ids.retailer_id], "purpose": PURPOSE}),
    ],
    ("get", "/v1/score/{retailer_id}/history"): [
        lambda ids: Probe("GET", f"/v1/score/{ids.retailer_id}/history"),
        lambda ids: Probe("GET", f"/v1/score/{ids.retailer_id}/history", query={"purpose": PURPOSE, "months": "12"}),
    ],
    ("get", "/v1/retailers/lookup"): [lambda ids: Probe("GET", "/v1/retailers/lookup", query={"gst": ids.gst})],
    ("post", "/v1/retailers/lookup"): [lambda ids: Probe("POST", "/v1/retailers/lookup", {"gst": ids.gst})],
    ("post", "/v1/grievances"): [
        lambda ids: Probe(
            "POST",
            "/v1/grievances",
            {"retailer_id": ids.retailer_id, "score_id": SCORE, "grievance_type": "other", "description": "x"},
        ),
    ],
    ("get", "/v1/grievances/{grievance_id}"): [lambda ids: Probe("GET", f"/v1/grievances/{ids.grievance_id}")],
    ("get", "/v1/audit-proofs"): [
        lambda ids: Probe("GET", "/v1/audit-proofs", query={"request_id": ids.request_id}),
        lambda ids: Probe(
            "GET", "/v1/audit-proofs", query={"grievance_id": ids.grievance_id, "retailer_id": ids.retailer_id}
        ),
    ],
    ("post", "/v1/auth/token"): [
        lambda ids: Probe(
            "POST", "/v1/auth/token", {"client_id": ids.client_id, "client_secret": "s" * 64}, has_token=False
        ),
        lambda ids: Probe(
            "POST",
            "/v1/auth/token",
            {
                "client_id": OTHER_LENDER,
                "client_secret": "SECRET OF B",
                "grant_type": "refresh_token",
                "refresh_token": ids.refresh_token,
            },
            has_token=False,
        ),
    ],
}
NOBODYS = {("get", "/.well-known/jwks.json"), ("get", "/.well-known/audit-keys.json")}  # one answer for everybody


@dataclass
class Scene:
    """Lender A with something of everything, lender B with nothing but its own credentials."""

    world: World
    redis: RedisServer
    ids_of_a: Ids
    ids_of_nobody: Ids
    secret_of_b: str
    used: list[tuple[str, httpx.Response]] = field(default_factory=list)

    async def send(self, probe: Probe, lender_id: str) -> httpx.Response:
        """The request as a lender sends it, with the X-Request-ID that lender A has used."""
        is_batch = probe.path == "/v1/score/batch"  # whose id belongs to one list of retailers
        headers = {"X-Request-ID": str(uuid5(KEY, str(probe.body)) if is_batch else KEY)}
        if probe.has_token:
            headers |= self.world.headers(lender_id)
        body = probe.body and json.loads(json.dumps(probe.body).replace("SECRET OF B", self.secret_of_b))
        return await self.world.lenders.request(
            probe.method, probe.path, json=body, params=probe.query, headers=headers
        )


@pytest.fixture
async def scene(world: World, redis_server: RedisServer) -> Scene:
    """Both lenders; A has used every endpoint."""
    world.neighbours.identities[GSTIN] = RETAILER
    secret_of_b = await world.onboard(OTHER_LENDER)
    secret_of_a = await world.onboard("lender_third")
    sign_in = await world.sign_in("lender_third", secret_of_a)
    filing = {"retailer_id": RETAILER, "score_id": SCORE, "grievance_type": "other", "description": "x"}
    filed = await world.lenders.post("/v1/grievances", json=filing, headers=world.headers())
    ids_of_a = Ids(
        retailer_id=RETAILER,
        gst=GSTIN,
        grievance_id=filed.json()["grievance_id"],
        client_id=LENDER,
        refresh_token=sign_in.json()["refresh_token"],
        request_id=str(KEY),
    )
    for named in (str(KEY), f"{ids_of_a.grievance_id} of {RETAILER}"):
        world.neighbours.proofs[LENDER, named] = proofs_of(LENDER)
    ids_of_nobody = Ids(
        retailer_id=UNKNOWN_RETAILER,
        gst=UNKNOWN_GSTIN,
        grievance_id=UNKNOWN_GRIEVANCE,
        client_id=UNKNOWN_LENDER,
        refresh_token="0" * 64,
        request_id=str(UUID(int=0xFACADE)),
    )
    scene = Scene(
        world=world, redis=redis_server, ids_of_a=ids_of_a, ids_of_nobody=ids_of_nobody, secret_of_b=secret_of_b
    )
    for recipes in RECIPES.values():
        for recipe in recipes:
            probe = recipe(ids_of_a)
            if probe.has_token:
                scene.used.append((f"{probe.method} {probe.path}", await scene.send(probe, LENDER)))
    return scene


def masked(reply: httpx.Response, ids: Ids) -> tuple[int, str, list[tuple[str, str]]]:
    """A reply without request ids, dates, limits, and without what the request itself named."""
    text = reply.text
    for value in ids:
        text = text.replace(value, "(named)")
    text = re.sub(r'"request_id":"[^"]*"', '"request_id":""', text)
    return reply.status_code, text, sorted(header for header in reply.headers.items() if header[0] not in MASKED)


def keys_in(value: Any) -> set[str]:
    """Every name in a JSON value."""
    if isinstance(value, dict):
        return set(value) | {name for member in value.values() for name in keys_in(member)}
    return {name for member in value for name in keys_in(member)} if isinstance(value, list) else set()


class RedisMonitor:
    """Keeps every command that reaches Redis while the block runs, those of scripts included."""

    def __init__(self, server: RedisServer) -> None:
        self._port = server.port
        self.commands: list[str] = []

    async def __aenter__(self) -> "RedisMonitor":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(b"MONITOR\r\n")
        assert await self._reader.readline() == b"+OK\r\n"
        return self

    async def __aexit__(self, *_: object) -> None:
        with redis.Redis(port=self._port) as client:
            client.echo("the end of the block")
        while "the end of the block" not in (line := (await self._reader.readline()).decode()):
            self.commands.append(line)
        self._writer.close()


def document() -> set[tuple[str, str]]:
    """Every operation of the lenders' API, as the committed document names it."""
    operations = {
        (method, path)
        for path, methods in json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"].items()
        for method in methods
        if not path.startswith("/internal/")
    }
    assert len(operations) >= 9
    return operations


def test_every_endpoint_of_the_document_has_its_probe() -> None:
    assert document() - NOBODYS == set(RECIPES), "a new endpoint needs a recipe: what may another lender ask of it?"


async def test_lender_a_has_seen_all_that_is_probed(scene: Scene) -> None:
    refused = [(name, reply.text) for name, reply in scene.used if reply.status_code != 200]
    assert [name for name, _ in refused] == ["POST /v1/score"], refused  # the one for a purpose not consented to


@pytest.mark.parametrize("operation", sorted(RECIPES), ids=" ".join)
async def test_another_lender_is_answered_as_about_nobody(scene: Scene, operation: tuple[str, str]) -> None:
    for recipe in RECIPES[operation]:
        theirs = await scene.send(recipe(scene.ids_of_a), OTHER_LENDER)
        nobodys = await scene.send(recipe(scene.ids_of_nobody), OTHER_LENDER)
        assert masked(theirs, scene.ids_of_a) == masked(nobodys, scene.ids_of_nobody)
        items = theirs.json().get("results")
        statuses = [item["status"] for item in items] if items else [theirs.status_code]
        assert all(400 <= status < 500 for status in statuses), theirs.text
        assert not keys_in(theirs.json()) & CONTENT


@pytest.mark.parametrize("operation", sorted(RECIPES), ids=" ".join)
async def test_another_lenders_call_touches_no_cache_key_of_the_first(scene: Scene, operation: tuple[str, str]) -> None:
    for recipe in RECIPES[operation]:
        probe = recipe(scene.ids_of_a)
        if probe.body is not None and probe.body.get("client_id") == LENDER:
            continue  # who tries A's client id is counted against A's client id: that is the limit's purpose
        async with RedisMonitor(scene.redis) as monitor:
            await scene.send(probe, OTHER_LENDER)
        commands = [command for command in monitor.commands if "score:" in command]
        assert commands, "no command was seen: the rule would hold over nothing"
        for command in commands:
            named = set(re.findall(r"lender_[a-z0-9_]+", command))
            assert named <= {OTHER_LENDER}, command
            keys = re.findall(r"score:[^\"]*", command)
            assert all(key.startswith(f"score:{{{OTHER_LENDER}}}:") for key in keys), command


async def test_every_cache_key_stands_under_its_lender(scene: Scene) -> None:
    with redis.Redis(port=scene.redis.port) as client:
        keys = [key.decode() for key in client.keys("*")]
    parts = {key.split("}:")[1].split(":")[0] for key in keys}
    assert {"minute", "day", "disclosed", "cached"} <= parts
    assert all(re.fullmatch(r"score:\{lender_[a-z0-9_]+\}:.+", key) for key in keys), keys
