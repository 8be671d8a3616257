"""Lenders' grievances: consent first, five per lender and retailer a day, announced to admin, read by the filer."""

import asyncio
import base64
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from altscore_libs.hpke import HpkeDecryptor

from ..world import (
    BOX_KEY,
    CATALOGUE,
    LENDER,
    NOW,
    OTHER_LENDER,
    OTHER_RETAILER,
    RETAILER,
    SIGNER,
    UNKNOWN_RETAILER,
    World,
    record_of,
    without_request_id,
)

TEXT = "Payments of Ramesh Kumar, 98000 00001, are missing for March"
PHONE_HASH = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
SCORE = str(record_of(RETAILER)["score_id"])
UNKNOWN = "grv_" + "0" * 32


def body(**change: Any) -> dict[str, Any]:
    """The body of a good filing, but for the change."""
    good = {"retailer_id": RETAILER, "score_id": SCORE, "grievance_type": "incorrect_score", "description": TEXT}
    return {**good, **change}


async def file(world: World, lender_id: str = LENDER, *, key: str | None = None, **change: Any) -> httpx.Response:
    """POST /v1/grievances."""
    headers = world.headers(lender_id, **({"X-Request-ID": key} if key else {}))
    return await world.lenders.post("/v1/grievances", json=body(**change), headers=headers)


async def read(world: World, grievance_id: str, lender_id: str = LENDER) -> httpx.Response:
    """GET /v1/grievances/{id}."""
    return await world.lenders.get(f"/v1/grievances/{grievance_id}", headers=world.headers(lender_id))


async def filed_events(world: World) -> list[dict[str, Any]]:
    """The events grievance.filed of the outbox, oldest first."""
    rows = await world.fetch_outbox("SELECT payload FROM outbox WHERE name = 'grievance.filed' ORDER BY id")
    return [CATALOGUE.decode("grievance.filed", row["payload"]) for row in rows]


def description_of(event: dict[str, Any]) -> str:
    """The description that admin decrypts from an event."""
    ciphertext = base64.b64decode(event["sealed_description"])
    return HpkeDecryptor([BOX_KEY]).decrypt(ciphertext, context=event["grievance_id"].encode()).decode()


def masked(reply: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """A reply without what no two replies share: request id and limits."""
    hidden = ("x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
    headers = sorted((name, value) for name, value in reply.headers.items() if name not in hidden)
    return reply.status_code, without_request_id(reply), headers


async def test_a_filing_answers_with_both_clocks_and_tells_admin(world: World) -> None:
    reply = await file(world)
    assert reply.status_code == 200
    filed = reply.json()
    assert filed.pop("grievance_id").startswith("grv_")
    assert filed == {"status": "open", "ack_by": "2026-05-21T08:00:00Z", "resolution_sla": "2026-05-27T08:00:00Z"}
    (event,) = await filed_events(world)
    assert description_of(event) == TEXT
    assert (event["lender_id"], event["score_id"], event["filed_at"]) == (LENDER, SCORE, NOW)
    ((key,),) = await world.fetch_outbox("SELECT key FROM outbox WHERE name = 'grievance.filed'")
    assert key == RETAILER


async def test_row_event_and_audit_entry_stand_or_fall_together(world: World) -> None:
    with psycopg.connect(world.database.owner_dsn) as owner:
        owner.execute("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (name <> 'grievance.filed')")
    assert (await file(world)).status_code == 503
    assert await filed_events(world) == []
    assert await world.audit("grievance_filed") == []
    with psycopg.connect(world.database.superuser_dsn) as superuser:
        assert superuser.execute("SELECT count(*) FROM grievance").fetchone() == (0,)


async def test_neither_the_text_nor_the_phone_hash_stays_here(
    world: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert (await file(world, contact_phone_hash=PHONE_HASH)).status_code == 200
    assert (await file(world, grievance_type="EVIL_TYPE")).status_code == 400
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, "projector")
        rows = [str(dict(row)) for row in await connection.fetch("SELECT * FROM grievance")]
        rows += [str(bytes(row["payload"])) for row in await world.fetch_outbox("SELECT payload FROM outbox")]
    captured = capfd.readouterr()
    everything = "".join(rows) + captured.out + captured.err + caplog.text
    assert len(rows) > 2
    for text in ("Ramesh", "98000", PHONE_HASH, PHONE_HASH[:16], "EVIL_TYPE"):
        assert text not in everything


async def test_a_filing_is_audited_with_what_was_complained_about(world: World) -> None:
    identifier = (await file(world)).json()["grievance_id"]
    entry = (await world.audit("grievance_filed"))[-1]
    assert (entry["actor"], entry["subject"], entry["outcome"]) == (LENDER, RETAILER, "open")
    assert entry["details"] == {"grievance_id": identifier, "score_id": SCORE, "grievance_type": "incorrect_score"}
    assert (await world.audit("grievance_requested"))[-1]["outcome"] == "served"


async def test_unknown_foreign_and_unconsented_retailers_are_one_refusal_whatever_the_score(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    await world.grant(OTHER_RETAILER, OTHER_LENDER)
    await world.computed(OTHER_RETAILER)
    replies = [
        await file(world, retailer_id=UNKNOWN_RETAILER),
        await file(world, retailer_id=OTHER_RETAILER),
        await file(world, retailer_id=OTHER_RETAILER, score_id=str(record_of(OTHER_RETAILER)["score_id"])),
        await file(world, OTHER_LENDER),
    ]
    await world.revoke()
    replies.append(await file(world))
    assert [reply.json()["code"] for reply in replies] == ["CONSENT_NOT_GRANTED"] * 5
    assert len({str(masked(reply)) for reply in replies}) == 1
    assert await filed_events(world) == []


async def test_a_consent_for_any_purpose_allows_a_grievance(world: World) -> None:
    await world.revoke()
    assert (await file(world)).status_code == 403
    await world.grant(purpose="vehicle_loan")
    assert (await file(world)).status_code == 200


async def test_a_score_of_another_retailer_is_named_after_consent(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    await world.computed(OTHER_RETAILER)
    for score_id in (str(record_of(OTHER_RETAILER)["score_id"]), "scr_" + "f" * 32):
        reply = await file(world, score_id=score_id)
        assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_REQUEST")
        assert [error["field"] for error in reply.json()["errors"]] == ["score_id"]
        assert score_id not in reply.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"description": ""}, "description"),
        ({"description": "x" * 2_001}, "description"),
        ({"description": "nul \x00"}, "description"),
        ({"description": 5}, "description"),
        ({"grievance_type": "rudeness"}, "grievance_type"),
        ({"score_id": "scr_EVIL"}, "score_id"),
        ({"contact_phone_hash": "+919800000001"}, "contact_phone_hash"),
        ({"retailer_id": "ret_EVIL"}, "retailer_id"),
        ({"EVIL": 1}, "body"),
    ],
)
async def test_a_bad_filing_names_the_field_and_echoes_nothing(
    world: World, change: dict[str, Any], field: str
) -> None:
    reply = await file(world, **change)
    assert reply.status_code == 400
    assert [error["field"] for error in reply.json()["errors"]] == [field]
    assert "EVIL" not in reply.text
    assert "9198" not in reply.text


@pytest.mark.parametrize(
    "text", ["x" * 2_000, "मार्च के भुगतान गायब हैं", "two\nlines\tand a tab", "<script>alert(1)</script>"]
)
async def test_any_text_of_up_to_two_thousand_characters_is_taken(world: World, text: str) -> None:
    assert (await file(world, description=text)).status_code == 200
    (event,) = await filed_events(world)
    assert description_of(event) == text


async def test_five_of_a_lender_about_a_retailer_in_twenty_four_hours(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)
    await world.grant(RETAILER, OTHER_LENDER)
    for _ in range(5):
        assert (await file(world, OTHER_LENDER)).status_code == 200
        world.clock.advance(seconds=60)
    reply = await file(world, OTHER_LENDER)
    assert (reply.status_code, reply.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert reply.json()["limit"] == "grievances"
    wait_s = int(reply.headers["retry-after"])
    assert wait_s == 86_400 - 300 + 1
    world.clock.advance(seconds=wait_s - 1)  # the very edge still counts
    sign_in = await world.sign_in(OTHER_LENDER, secret)  # the hour of the first token is over
    world.tokens[OTHER_LENDER] = sign_in.json()["access_token"]
    assert (await file(world, OTHER_LENDER)).status_code == 429
    world.clock.advance(seconds=1)
    assert (await file(world, OTHER_LENDER)).status_code == 200
    assert (await file(world, OTHER_LENDER)).status_code == 429
    assert len(await filed_events(world)) == 6


async def test_filings_of_one_lender_neither_block_nor_inform_another(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    await world.grant(RETAILER, OTHER_LENDER)
    for _ in range(5):
        assert (await file(world, OTHER_LENDER)).status_code == 200
    assert [(await file(world)).status_code for _ in range(6)] == [200] * 5 + [429]
    assert (await file(world, OTHER_LENDER)).status_code == 429


async def test_the_quota_is_exact_under_concurrency(world: World) -> None:
    replies = await asyncio.gather(*(file(world) for _ in range(20)))
    assert sorted(reply.status_code for reply in replies) == [200] * 5 + [429] * 15
    assert len({reply.json()["grievance_id"] for reply in replies if reply.status_code == 200}) == 5
    assert len(await filed_events(world)) == 5


async def test_the_same_request_id_files_once_and_answers_the_same_bytes(world: World) -> None:
    key = str(uuid4())
    replies = await asyncio.gather(*(file(world, key=key) for _ in range(8)))
    world.clock.advance(seconds=3_600)
    replies.append(await file(world, key=key))
    assert len({reply.content for reply in replies}) == 1
    assert len(await filed_events(world)) == 1
    conflict = await file(world, key=key, description="something else")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    await world.onboard(OTHER_LENDER)
    await world.grant(RETAILER, OTHER_LENDER)
    assert (await file(world, OTHER_LENDER, key=key)).json()["grievance_id"] != replies[0].json()["grievance_id"]


async def test_a_replay_asks_for_consent_first(world: World) -> None:
    key = str(uuid4())
    assert (await file(world, key=key)).status_code == 200
    await world.revoke()
    await world.later(3)
    assert (await file(world, key=key)).json()["code"] == "CONSENT_NOT_GRANTED"


async def test_a_replay_spends_nothing(world: World) -> None:
    key = str(uuid4())
    replies = [await file(world, key=key) for _ in range(2)]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["99", "99"]


async def test_the_filer_alone_reads_and_others_find_nothing(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    await world.grant(RETAILER, OTHER_LENDER)  # even with a consent of its own
    identifier = (await file(world)).json()["grievance_id"]
    own = (await read(world, identifier)).json()
    assert (own["status"], own["resolution"], own["resolved_at"]) == ("open", None, None)
    assert own["sla_clock"] == {
        "stage": "acknowledgement",
        "state": "running",
        "due_at": "2026-05-21T08:00:00Z",
        "seconds_left": 86_400,
    }
    foreign, unknown = await read(world, identifier, OTHER_LENDER), await read(world, UNKNOWN, OTHER_LENDER)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "GRIEVANCE_NOT_FOUND")
    assert masked(foreign) == masked(unknown)


@pytest.mark.parametrize("identifier", ["grv_", "grv_" + "g" * 32, "grv_" + "0" * 33, "scr_" + "0" * 32, "%00"])
async def test_an_id_of_another_form_is_400(world: World, identifier: str) -> None:
    assert (await read(world, identifier)).json()["code"] == "INVALID_REQUEST"


async def test_filing_without_a_token_is_401_and_writes_nothing(world: World) -> None:
    reply = await world.lenders.post("/v1/grievances", json=body())
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_MISSING")
    assert await filed_events(world) == []


async def test_an_unreachable_consent_service_is_503(world: World) -> None:
    world.neighbours.is_down = True
    assert (await file(world)).status_code == 503
    assert await filed_events(world) == []
