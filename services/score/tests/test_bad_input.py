"""What a hostile or careless caller sends: a clear 4xx in the contract's shape, nothing echoed."""

import json
from typing import Any

import httpx
import pytest
from altscore_score.app import create_lenders_app
from altscore_score.dependencies import Services
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .hostile import bodies
from .world import CATALOGUE, GSTIN, LENDER, PURPOSE, RETAILER, World

GOOD = {"retailer_id": RETAILER, "purpose": PURPOSE}
BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "INVALID_REQUEST"),
    "no JSON": (b"{", 400, "INVALID_REQUEST"),
    "array": (b"[]", 400, "INVALID_REQUEST"),
    "null": (b"null", 400, "INVALID_REQUEST"),
    "NaN": (b'{"retailer_id": NaN}', 400, "INVALID_REQUEST"),
    "infinite": (json.dumps(GOOD)[:-1].encode() + b', "requested_limit_inr": 1e999}', 400, "INVALID_REQUEST"),
    "huge integer": (
        json.dumps(GOOD)[:-1].encode() + b', "requested_limit_inr": ' + b"9" * 5000 + b"}", 400, "INVALID_REQUEST",
    ),
    "duplicate key": (json.dumps(GOOD)[:-1].encode() + b', "purpose": "x_y_z"}', 400, "INVALID_REQUEST"),
    "lone surrogate": (b'{"retailer_id": "\\ud800", "purpose": "p"}', 400, "INVALID_REQUEST"),
    "byte order mark": (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), 400, "INVALID_REQUEST"),
    "UTF-16": (json.dumps(GOOD).encode("utf-16"), 400, "INVALID_REQUEST"),
    "too deep": (b"[" * 20_000 + b"]" * 20_000, 400, "INVALID_REQUEST"),
    "too large": (b" " * 70_000 + json.dumps(GOOD).encode(), 413, "PAYLOAD_TOO_LARGE"),
    "no id": (b'{"purpose": "working_capital_loan"}', 400, "INVALID_REQUEST"),
    "no purpose": (json.dumps({"retailer_id": RETAILER}).encode(), 400, "INVALID_REQUEST"),
    "id of another form": (json.dumps({**GOOD, "retailer_id": "ret_EVIL"}).encode(), 400, "INVALID_RETAILER_ID"),
    "id with a newline": (json.dumps({**GOOD, "retailer_id": RETAILER + "\n"}).encode(), 400, "INVALID_RETAILER_ID"),
    "id a number": (json.dumps({**GOOD, "retailer_id": 5}).encode(), 400, "INVALID_RETAILER_ID"),
    "purpose with SQL": (json.dumps({**GOOD, "purpose": "x'; DROP TABLE lender"}).encode(), 400, "INVALID_REQUEST"),
    "unknown field": (json.dumps({**GOOD, "EVIL_FIELD": 1}).encode(), 400, "INVALID_REQUEST"),
    "limit a text": (json.dumps({**GOOD, "requested_limit_inr": "5"}).encode(), 400, "INVALID_REQUEST"),
    "limit negative": (json.dumps({**GOOD, "requested_limit_inr": -1}).encode(), 400, "INVALID_REQUEST"),
    "limit with a third decimal": (json.dumps({**GOOD, "requested_limit_inr": 1.001}).encode(), 400, "INVALID_REQUEST"),
    "limit true": (json.dumps({**GOOD, "requested_limit_inr": True}).encode(), 400, "INVALID_REQUEST"),
}  # fmt: skip


async def post(world: World, body: bytes, **more: str) -> httpx.Response:
    """POST /v1/score with this body as it stands."""
    headers = {**world.headers(), "Content-Type": "application/json", **more}
    return await world.lenders.post("/v1/score", content=body, headers=headers)


@pytest.mark.parametrize("case", BODIES)
async def test_a_bad_body_is_refused_in_the_contracts_shape(world: World, case: str) -> None:
    body, status, code = BODIES[case]
    reply = await post(world, body)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert "EVIL" not in reply.text
    assert world.neighbours.asked == 0


async def test_a_refused_body_of_a_lender_is_audited_and_of_an_unknown_caller_writes_nothing(
    world: World,
) -> None:
    before = await world.pool.fetchval("SELECT count(*) FROM outbox")
    await world.lenders.post("/v1/score", content=b"{", headers={"Content-Type": "application/json"})
    assert await world.pool.fetchval("SELECT count(*) FROM outbox") == before
    await post(world, b"{")
    entry = (await world.audit("score_refused"))[-1]
    assert (entry["actor"], entry["reason"]) == (LENDER, "INVALID_REQUEST")


@pytest.mark.parametrize("declared", ["text/plain", "application/xml", "", "application/json-evil"])
async def test_a_body_must_be_declared_as_json(world: World, declared: str) -> None:
    reply = await post(world, json.dumps(GOOD).encode(), **{"Content-Type": declared})
    assert (reply.status_code, reply.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("name", ["Authorization", "X-Client-ID", "X-Request-ID", "Content-Type"])
async def test_a_doubled_header_is_refused(world: World, name: str) -> None:
    headers = httpx.Headers({**world.headers(), "Content-Type": "application/json", "X-Request-ID": "abcdefgh"})
    doubled = [*headers.multi_items(), (name, headers[name])]
    reply = await world.lenders.post("/v1/score", content=json.dumps(GOOD).encode(), headers=doubled)
    assert reply.status_code == 400


@pytest.mark.parametrize("sent", ["short", "x" * 65, "evil\x7fid-evil", "<script>alert(1)</script>"])
async def test_an_unusable_request_id_is_replaced(world: World, sent: str) -> None:
    reply = await post(world, json.dumps(GOOD).encode(), **{"X-Request-ID": sent})
    assert reply.headers["x-request-id"].startswith("req_")
    assert reply.json()["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("language", "leads"),
    [
        ("hi", "hi"),
        ("en", "en"),
        ("", "en"),
        ("fr", "en"),
        ("hi;q=0.4,en;q=0.6", "en"),
        ("hi;q=x", "en"),
        ("*;q=9" * 99, "en"),
    ],
)
async def test_any_language_header_gives_one_of_two_languages(world: World, language: str, leads: str) -> None:
    reply = await post(world, json.dumps(GOOD).encode(), **{"Accept-Language": language})
    assert (reply.status_code, reply.headers["content-language"]) == (200, leads)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client_id": LENDER},
        {"client_id": "x" * 99, "client_secret": "s"},
        {"client_id": LENDER, "client_secret": 5},
        {"client_id": LENDER, "client_secret": "s", "grant_type": "password"},
        {"client_id": "*", "client_secret": "s"},
    ],
)
async def test_bad_credentials_requests_are_400(world: World, body: dict[str, object]) -> None:
    reply = await world.lenders.post("/v1/auth/token", json=body)
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("lender_id", ["shriram", "lender_", "lender_UPPER", "lender_" + "x" * 49, "projector"])
async def test_admin_onboards_no_lender_of_another_form(world: World, lender_id: str) -> None:
    assert (await world.admin.put(f"/internal/admin/lenders/{lender_id}", json={"name": "x"})).status_code == 400


UNWIRED: Any = None
DOCUMENT = create_lenders_app(Services(*[UNWIRED] * len(Services.__dataclass_fields__))).openapi()
TAKEN: dict[str, dict[str, Any]] = {
    "/v1/auth/token": {"client_id": "lender_nobody", "client_secret": "s"},
    "/v1/retailers/lookup": {"gst": GSTIN},
    "/v1/score": GOOD,
    "/v1/score/batch": {"retailer_ids": [RETAILER], "purpose": PURPOSE},
    "/v1/grievances": {
        "retailer_id": RETAILER,
        "score_id": "scr_" + "0" * 32,
        "grievance_type": "incorrect_score",
        "description": "Payment records are missing",
    },
}


def test_every_endpoint_with_a_body_is_tried() -> None:
    with_body = {
        path
        for path, methods in DOCUMENT["paths"].items()
        for operation in methods.values()
        if "requestBody" in operation
    }
    assert with_body == set(TAKEN)


@pytest.mark.parametrize("path", TAKEN)
async def test_hostile_json_is_a_400_everywhere_and_changes_nothing(world: World, path: str) -> None:
    headers = {**world.headers(), "Content-Type": "application/json"}
    good = json.dumps(TAKEN[path]).encode()
    before, unexpected = await world.row_counts(), {}
    for body in bodies(good):
        await world.redis.call("FLUSHDB")  # malformed calls are counted
        world.clock.advance(seconds=1)  # by this process too, whatever Redis loses: 60 a minute are within the limit
        reply = await world.lenders.post(path, content=body, headers=headers)
        expected = (413, "PAYLOAD_TOO_LARGE") if len(body) > 65_536 else (400, "INVALID_REQUEST")
        shown = (reply.status_code, reply.json()["code"].replace("INVALID_RETAILER_ID", "INVALID_REQUEST"))
        is_problem = reply.headers["content-type"] == "application/problem+json"
        if shown != expected or not is_problem or "EVIL" in reply.text:
            unexpected[body[:80]] = shown
    assert not unexpected
    after = await world.row_counts()
    assert {table for table in after if after[table] != before[table]} <= {"outbox"}
    written = await world.fetch_outbox("SELECT name, payload FROM outbox ORDER BY id OFFSET $1", before["outbox"])
    assert {CATALOGUE.decode(row["name"], row["payload"])["outcome"] for row in written} <= {"refused"}
    assert {row["name"] for row in written} <= {"audit_event"}
    assert world.neighbours.asked == 0


@pytest.mark.parametrize("path", TAKEN)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
async def test_any_bytes_are_a_400(world: World, path: str, body: bytes) -> None:
    await world.redis.call("FLUSHDB")  # malformed calls are counted
    headers = {**world.headers(), "Content-Type": "application/json"}
    reply = await world.lenders.post(path, content=body, headers=headers)
    assert (reply.status_code, reply.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", TAKEN)
async def test_a_nul_in_any_field_is_refused_before_the_database_sees_it(world: World, path: str) -> None:
    fields = [name for name, value in TAKEN[path].items() if isinstance(value, str)]
    assert fields
    for name in fields:
        body = {**TAKEN[path], name: f"{TAKEN[path][name]}\x00"}
        reply = await world.lenders.post(path, json=body, headers=world.headers())
        assert reply.status_code == (401 if name == "client_secret" else 400), name
