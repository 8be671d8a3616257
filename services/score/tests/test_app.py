"""The hot endpoint of POST /v1/score and FastAPI's route are one contract: the same bytes and headers."""

import json
from collections.abc import Mapping
from uuid import uuid4

import pytest
from altscore_libs.testing import api_client
from altscore_score.app import create_lenders_app, create_served_lenders_app

from .world import LENDER, OTHER_RETAILER, PURPOSE, RETAILER, World

KEY = str(uuid4())
GOOD = {"retailer_id": RETAILER, "purpose": PURPOSE}
JSON = {"content-type": "application/json"}
EVERY_HEADER = {
    "x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
    "strict-transport-security", "x-content-type-options", "cache-control", "content-type",
}  # fmt: skip
CALLS: list[tuple[str, bytes, Mapping[str, str], int]] = [
    ("good", json.dumps(GOOD).encode(), JSON, 200),
    ("Hindi", json.dumps(GOOD).encode(), {**JSON, "accept-language": "hi"}, 200),
    ("above", json.dumps({**GOOD, "requested_limit_inr": 999_999}).encode(), JSON, 200),
    ("unknown retailer", json.dumps({**GOOD, "retailer_id": OTHER_RETAILER}).encode(), JSON, 403),
    ("other purpose", json.dumps({**GOOD, "purpose": "vehicle_loan"}).encode(), JSON, 403),
    ("malformed id", json.dumps({**GOOD, "retailer_id": "ret_x"}).encode(), JSON, 400),
    ("unknown field", json.dumps({**GOOD, "x": 1}).encode(), JSON, 400),
    ("no JSON", b"{", JSON, 400),
    ("NaN", b'{"retailer_id": NaN}', JSON, 400),
    ("empty", b"", JSON, 400),
    ("another type", json.dumps(GOOD).encode(), {"content-type": "text/plain"}, 415),
    ("too long", b" " * 65_537, JSON, 413),
    ("no length", b"{}", {**JSON, "content-length": "-1"}, 413),
    ("no token", json.dumps(GOOD).encode(), {**JSON, "authorization": ""}, 401),
    ("another client", json.dumps(GOOD).encode(), {**JSON, "x-client-id": "lender_other"}, 401),
]


@pytest.mark.parametrize(("body", "headers", "status"), [call[1:] for call in CALLS], ids=[call[0] for call in CALLS])
async def test_the_plain_route_and_fastapis_route_answer_alike(
    world: World, body: bytes, headers: Mapping[str, str], status: int
) -> None:
    replies, contents = [], []
    for app in (create_lenders_app(world.services), create_served_lenders_app(world.services)):
        await world.redis.call("FLUSHDB")  # each route gets the same quota
        async with api_client(app) as client:
            own_headers = {name.lower(): value for name, value in world.headers().items()}
            identifier = str(uuid4())  # the same id would be a replay
            reply = await client.post(
                "/v1/score", content=body, headers={**own_headers, "x-request-id": identifier, **headers}
            )
        assert reply.headers["x-request-id"] == identifier
        assert identifier in reply.text
        replies.append(reply)
        contents.append(reply.text.replace(identifier, ""))
    fastapi, plain = replies
    assert (fastapi.status_code, plain.status_code) == (status, status)
    assert contents[0] == contents[1]
    assert [name for name, _ in fastapi.headers.raw] == [name for name, _ in plain.headers.raw]
    moving = {"x-ratelimit-reset", "x-request-id"}
    fastapi_headers, plain_headers = (
        {name: value for name, value in reply.headers.items() if name not in moving} for reply in replies
    )
    assert fastapi_headers == plain_headers
    assert set(plain.headers) >= EVERY_HEADER


async def test_a_reply_of_one_route_is_replayed_by_the_other(world: World) -> None:
    contents = []
    for app in (create_lenders_app(world.services), create_served_lenders_app(world.services)):
        async with api_client(app) as client:
            reply = await client.post("/v1/score", json=GOOD, headers=world.headers(**{"X-Request-ID": KEY}))
            contents.append(reply.content)
    assert contents[0] == contents[1]
    assert [entry["outcome"] for entry in await world.audit("score_requested")] == ["served", "replayed"]


async def test_other_methods_and_paths_are_answered_by_fastapi(world: World) -> None:
    async with api_client(create_served_lenders_app(world.services)) as client:
        assert (await client.get("/v1/score")).json()["code"] == "METHOD_NOT_ALLOWED"
        assert (await client.post("/v1/score/x/y")).json()["code"] == "NOT_FOUND"
    assert await world.audit("failed_auth") == []


async def test_both_routes_audit_the_same_lender_and_address(world: World) -> None:
    for app in (create_lenders_app(world.services), create_served_lenders_app(world.services)):
        async with api_client(app) as client:
            await client.post("/v1/score", json=GOOD, headers=world.headers())
    first, second = await world.audit("score_requested")
    assert first["actor"] == second["actor"] == LENDER
    assert first["details"]["request_ip"] == second["details"]["request_ip"]
