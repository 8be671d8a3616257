"""Handshake, signatures, sizes and repeats; 200 means stored."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from altscore_libs.openapi import openapi_json
from altscore_libs.testing import api_client
from altscore_webhook.app import create_app

from ..conftest import DATA, PHONE, SECRET, TOKEN, World, delivery, enclose, sign

VECTORS = json.loads((DATA / "made_here/signature_vectors.json").read_text(encoding="utf-8"))["vectors"]
FILES = sorted(DATA.glob("*/*.json"))
BODIES = [
    pytest.param(case, id=f"{path.stem}-{name}")
    for path in FILES
    if path.stem not in ("signature_vectors", "wamid_vectors", "send_examples")
    for name, case in json.loads(path.read_text(encoding="utf-8")).items()
]


def test_there_are_vectors_and_bodies() -> None:
    assert len(VECTORS) == 12
    assert len(BODIES) > 60


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
async def test_each_vector_is_taken_or_refused_as_it_says(world: World, vector: dict[str, Any]) -> None:
    assert SECRET == "not-a-real-app-secret-0123456789abcdef"
    raw = base64.b64decode(vector["body_base64"])
    response = await world.deliver(None, raw=raw, signature=vector["header"])
    expected = {True: 400 if "then 400" in vector["why"] else 200, False: 401, None: 200}[vector["valid"]]
    assert response.status_code == expected


@pytest.mark.parametrize("body", BODIES)
async def test_every_published_body_is_answered_200_and_worked_off_without_poison(
    world: World, body: dict[str, Any]
) -> None:
    assert (await world.deliver(body)).status_code == 200
    await world.queue.work_once()
    rows = await world.pool.fetch("SELECT status, outcome FROM messages")
    assert {row["outcome"] for row in rows} & {"gave_up", "unreadable"} == set()
    assert {row["status"] for row in rows} <= {"done", "parked"}


SHAPES = {
    "a number": 7,
    "a list": [],
    "null": None,
    "no entry": {"object": "whatsapp_business_account"},
    "entry is text": {"entry": "x"},
    "changes is null": {"entry": [{"changes": None}]},
    "value is a list": {"entry": [{"changes": [{"field": "messages", "value": []}]}]},
    "message is text": enclose(messages=["x"]),
    "message without id": enclose(messages=[{"type": "text"}]),
    "id is a number": enclose(messages=[{"id": 7, "type": "text"}]),
    "a status never heard of": enclose(statuses=[{"id": "wamid.1", "status": "teleported"}]),
    "another field": enclose("message_echoes", messages=[{"id": "wamid.1"}]),
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES.keys())
async def test_a_signed_body_with_nothing_for_us_is_200_and_stores_nothing(world: World, body: Any) -> None:
    assert (await world.deliver(body)).status_code == 200
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 0


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe{}", b"[" * 200_000, b'{"a":1}x'])
async def test_a_signed_body_that_is_no_json_is_400(world: World, raw: bytes) -> None:
    response = await world.deliver(None, raw=raw)
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("size", [3 * 1024 * 1024 + 1, 10 * 1024 * 1024])
async def test_more_than_three_megabytes_are_413_before_the_signature_is_looked_at(world: World, size: int) -> None:
    response = await world.deliver(None, raw=b" " * size, signature="")
    assert response.status_code == 413


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=zz", "sha1=" + "0" * 40, "sha256=" + "é" * 64, "0" * 64])
async def test_a_wrong_signature_is_401_audited_and_stores_nothing(world: World, header: str) -> None:
    raw = json.dumps(delivery(text="HAAN")).encode()
    async with api_client(create_app(world.services)) as client:
        response = await client.post(
            "/webhooks/whatsapp", content=raw, headers=[(b"x-hub-signature-256", header.encode("latin-1"))]
        )
    assert (response.status_code, response.json()["code"]) == (401, "SIGNATURE_INVALID")
    assert [(entry["action"], entry["outcome"]) for entry in await world.audits()] == [("failed_auth", "refused")]
    assert await world.pool.fetchval("SELECT count(*) FROM deliveries") == 0


async def test_a_repeated_delivery_is_200_and_stored_once(world: World) -> None:
    body = delivery(text="HAAN")
    codes = [(await world.deliver(body)).status_code for _ in range(3)]
    assert codes == [200, 200, 200]
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 1
    assert await world.pool.fetchval("SELECT count(*) FROM deliveries") == 1


async def test_the_same_message_in_two_deliveries_at_once_is_known_once(world: World) -> None:
    bodies = [delivery(text="HAAN") | {"object": f"o{n}"} for n in range(5)]
    responses = await asyncio.gather(*(world.deliver(body) for body in bodies))
    assert {response.status_code for response in responses} == {200}
    assert await world.pool.fetchval("SELECT count(*) FROM messages") == 1


async def test_statuses_are_told_apart_by_id_and_status(world: World) -> None:
    statuses = [{"id": "wamid.1", "status": name} for name in ("read", "sent", "delivered", "delivered")]
    await world.deliver(enclose(statuses=statuses))
    rows = await world.pool.fetch("SELECT outcome, status FROM messages ORDER BY outcome")
    assert [(row["outcome"], row["status"]) for row in rows] == [
        ("delivered", "done"),
        ("read", "done"),
        ("sent", "done"),
    ]


async def test_no_phone_no_text_and_no_message_id_stands_readable_in_the_database(world: World) -> None:
    wamid = "wamid." + base64.b64encode(f"..{PHONE}..".encode()).decode()
    await world.answer(text="a readable reply", id=wamid)
    dump = await world.dump()
    for secret in (PHONE, "readable reply", wamid):
        assert secret not in dump
        assert secret.encode().hex() not in dump


async def test_a_database_that_does_not_answer_is_503_so_that_meta_repeats(world: World) -> None:
    world.pool.terminate()
    assert (await world.deliver(delivery(text="HAAN"))).status_code == 503


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"hub.verify_token": "other"}, 403),
        ({"hub.verify_token": "é"}, 403),
        ({"hub.mode": "unsubscribe"}, 403),
        ({"hub.challenge": "<script>"}, 400),
        ({"hub.challenge": None}, 400),
    ],
)
async def test_the_handshake_gives_the_bare_challenge_to_who_knows_the_token(
    world: World, change: dict[str, Any], status: int
) -> None:
    params = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"} | change
    async with api_client(create_app(world.services)) as client:
        response = await client.get("/webhooks/whatsapp", params={k: v for k, v in params.items() if v is not None})
    assert response.status_code == status
    assert (response.text == "1158201444") == (status == 200)


def test_the_signature_covers_bytes_and_not_meaning() -> None:
    body = delivery(text="हाँ")
    escaped, plain = json.dumps(body).encode(), json.dumps(body, ensure_ascii=False).encode()
    assert json.loads(escaped) == json.loads(plain)
    assert sign(escaped) != sign(plain)


def test_the_committed_openapi_document_is_the_generated_one() -> None:
    committed = (Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8")
    assert committed == openapi_json(create_app(None))
