"""Lenders' grievances: consent first, five per lender and retailer a day, told to admin alone, read by the filer."""

import asyncio
import base64
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import psycopg
import pytest
from altscore_libs.hpke import HpkeDecryptor
from altscore_score.grievances import store as grievance_store
from altscore_score.grievances.domain import Filing, sla_clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import (
    BOX_KEY,
    CATALOGUE,
    LENDER,
    NOW,
    OTHER_LENDER,
    OTHER_RETAILER,
    RETAILER,
    SIGNER,
    World,
    record_of,
)

TEXT = "Payments of Ramesh Kumar, 98000 00001, are missing for March"
PHONE_HASH = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
SCORE = str(record_of(RETAILER)["score_id"])
UNKNOWN = "grv_" + "0" * 32


def body(**change: Any) -> dict[str, Any]:
    """A filing."""
    good = {"retailer_id": RETAILER, "score_id": SCORE, "grievance_type": "incorrect_score", "description": TEXT}
    return {**good, **change}


async def file(world: World, lender_id: str = LENDER, *, key: str | None = None, **change: Any) -> httpx.Response:
    """POST /v1/grievances."""
    headers = world.headers(lender_id, **({"X-Request-ID": key} if key else {}))
    return await world.lenders.post("/v1/grievances", json=body(**change), headers=headers)


async def read(world: World, grievance_id: str, lender_id: str = LENDER) -> httpx.Response:
    """GET /v1/grievances/{id}."""
    return await world.lenders.get(f"/v1/grievances/{grievance_id}", headers=world.headers(lender_id))


async def events(world: World) -> list[dict[str, Any]]:
    """grievance.filed in the outbox."""
    rows = await world.pool.fetch("SELECT payload FROM outbox WHERE name = 'grievance.filed' ORDER BY id")
    return [CATALOGUE.decode("grievance.filed", row["payload"]) for row in rows]


def masked(reply: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """A reply without what may differ: request id, limits."""
    hidden = ("x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
    headers = sorted((name, value) for name, value in reply.headers.items() if name not in hidden)
    return reply.status_code, reply.text.replace(reply.headers["x-request-id"], ""), headers


async def changed(world: World, grievance_id: str, version: int, **change: Any) -> None:
    """The event of a status."""
    data = {"status": "acknowledged", "acknowledged_at": NOW + timedelta(hours=1), "resolved_at": None}
    await world.event(
        "grievance.status_changed",
        grievance_id=grievance_id,
        retailer_id=RETAILER,
        lender_id=LENDER,
        version=version,
        **{**data, "resolution": None, **change},
    )


RESOLVED = {"status": "resolved", "resolved_at": NOW + timedelta(hours=2), "resolution": "Corrected"}


async def test_a_filing_answers_with_both_clocks_and_tells_admin(world: World) -> None:
    reply = await file(world)
    assert reply.status_code == 200
    reply_item = reply.json()
    assert reply_item.pop("grievance_id").startswith("grv_")
    assert reply_item == {"status": "open", "ack_by": "2026-05-21T08:00:00Z", "resolution_sla": "2026-05-27T08:00:00Z"}
    (event,) = await events(world)
    box = base64.b64decode(event["sealed_description"])
    assert HpkeDecryptor([BOX_KEY]).decrypt(box, context=event["grievance_id"].encode()).decode() == TEXT
    assert (event["lender_id"], event["score_id"], event["filed_at"]) == (LENDER, SCORE, NOW)
    key = await world.pool.fetchval("SELECT key FROM outbox WHERE name = 'grievance.filed'")
    assert key == RETAILER


async def test_row_event_and_audit_entry_stand_or_fall_together(world: World) -> None:
    with psycopg.connect(world.database.owner_dsn) as owner:
        owner.execute("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (name <> 'grievance.filed')")
    assert (await file(world)).status_code == 503
    assert await events(world) == []
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
        rows = [str(dict(item)) for item in await connection.fetch("SELECT * FROM grievance")]
        rows += [str(bytes(item["payload"])) for item in await connection.fetch("SELECT payload FROM outbox")]
    out = capfd.readouterr()
    everything = "".join(rows) + out.out + out.err + caplog.text
    assert len(rows) > 2
    for secret in ("Ramesh", "98000", PHONE_HASH, PHONE_HASH[:16], "EVIL_TYPE"):
        assert secret not in everything


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
        await file(world, retailer_id="ret_00000000000000aa"),
        await file(world, retailer_id=OTHER_RETAILER),
        await file(world, retailer_id=OTHER_RETAILER, score_id=str(record_of(OTHER_RETAILER)["score_id"])),
        await file(world, OTHER_LENDER),
    ]
    await world.revoke()
    replies.append(await file(world))
    assert [reply.json()["code"] for reply in replies] == ["CONSENT_NOT_GRANTED"] * 5
    assert len({str(masked(reply)) for reply in replies}) == 1
    assert await events(world) == []


async def test_any_active_purpose_will_do(world: World) -> None:
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
        assert [item["field"] for item in reply.json()["errors"]] == ["score_id"]
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
    assert [item["field"] for item in reply.json()["errors"]] == [field]
    assert "EVIL" not in reply.text
    assert "9198" not in reply.text


@pytest.mark.parametrize(
    "text", ["x" * 2_000, "मार्च के भुगतान गायब हैं", "two\nlines\tand a tab", "<script>alert(1)</script>"]
)
async def test_any_text_of_up_to_two_thousand_characters_is_taken(world: World, text: str) -> None:
    assert (await file(world, description=text)).status_code == 200
    (event,) = await events(world)
    box = base64.b64decode(event["sealed_description"])
    assert HpkeDecryptor([BOX_KEY]).decrypt(box, context=event["grievance_id"].encode()).decode() == text


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
    credentials = {"client_id": OTHER_LENDER, "client_secret": secret}  # the hour of the first token is over
    got = await world.lenders.post("/v1/auth/token", json=credentials)
    world.tokens[OTHER_LENDER] = got.json()["access_token"]
    assert (await file(world, OTHER_LENDER)).status_code == 429
    world.clock.advance(seconds=1)
    assert (await file(world, OTHER_LENDER)).status_code == 200
    assert (await file(world, OTHER_LENDER)).status_code == 429
    assert len(await events(world)) == 6


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
    assert len(await events(world)) == 5


async def test_the_same_request_id_files_once_and_answers_the_same_bytes(world: World) -> None:
    key = str(uuid4())
    replies = await asyncio.gather(*(file(world, key=key) for _ in range(8)))
    world.clock.advance(seconds=3_600)
    replies.append(await file(world, key=key))
    assert len({reply.content for reply in replies}) == 1
    assert len(await events(world)) == 1
    other = await file(world, key=key, description="something else")
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
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
    first = await file(world, key=key)
    again = await file(world, key=key)
    left = [int(item.headers["x-ratelimit-remaining"]) for item in (first, again)]
    assert left[0] == left[1]


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


async def test_the_sla_clock_runs_from_stage_to_stage(world: World) -> None:
    identifier = (await file(world)).json()["grievance_id"]
    world.clock.advance(seconds=600)
    await changed(world, identifier, 1)
    assert (await read(world, identifier)).json()["sla_clock"]["stage"] == "resolution"
    await changed(world, identifier, 2, **RESOLVED)
    reply = (await read(world, identifier)).json()
    assert (reply["status"], reply["resolution"], reply["resolved_at"]) == (
        "resolved",
        "Corrected",
        "2026-05-20T10:00:00Z",
    )
    assert reply["sla_clock"]["state"] == "met"


def test_the_sla_clock_tells_overdue_and_missed() -> None:
    row = {"status": "open", "ack_by": NOW, "resolution_by": NOW + timedelta(days=6), "resolved_at": None}
    assert sla_clock(row, NOW)["state"] == "running"
    late = sla_clock(row, NOW + timedelta(seconds=90))
    assert (late["state"], late["seconds_left"]) == ("overdue", -90)
    done = row | {"status": "resolved", "resolved_at": NOW + timedelta(days=7)}
    assert sla_clock(done, NOW)["state"] == "missed"


@given(
    order=st.permutations([0, 1, 2, 0, 1, 2]),
    days=st.integers(min_value=0, max_value=5),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_statuses_in_any_order_and_twice_end_the_same(world: World, order: list[int], days: int) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        filing = _filing(secrets.token_hex(16), world.clock.now())
        await grievance_store.add(connection, filing)
    states: list[dict[str, Any]] = [
        {"version": 1},
        {"version": 2, "acknowledged_at": NOW + timedelta(days=days)},
        {"version": 3, **RESOLVED, "acknowledged_at": NOW + timedelta(days=days)},
    ]
    for number in order:
        await changed(world, filing.grievance_id, **states[number])
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        row = await grievance_store.find(connection, filing.grievance_id)
    assert row is not None
    assert (row["status"], row["resolution"]) == ("resolved", "Corrected")
    assert (row["acknowledged_at"], row["resolved_at"]) == (NOW + timedelta(days=days), NOW + timedelta(hours=2))


def _filing(random_hex: str, now: datetime) -> Filing:
    later = now + timedelta(days=7)
    return Filing(
        grievance_id=f"grv_{random_hex}",
        lender_id=LENDER,
        retailer_id=RETAILER,
        score_id=SCORE,
        grievance_type="other",
        filed_at=now,
        ack_by=now + timedelta(days=1),
        resolution_by=later,
        request_key=None,
        body_digest=b"",
    )


async def test_a_status_of_a_grievance_filed_elsewhere_changes_nothing(world: World) -> None:
    await changed(world, UNKNOWN, 1)
    assert (await read(world, UNKNOWN)).status_code == 404


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grievance SET status = 'resolved', version = 9",
        "DELETE FROM grievance",
        "UPDATE grievance SET lender_id = 'lender_ugro'",
    ],
)
async def test_a_lenders_context_changes_no_status(world: World, statement: str) -> None:
    identifier = (await file(world)).json()["grievance_id"]
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        try:
            async with connection.transaction():
                assert await connection.execute(statement) == "UPDATE 0"
        except asyncpg.InsufficientPrivilegeError:
            pass
    assert (await read(world, identifier)).json()["status"] == "open"


async def test_filing_without_a_token_is_401_and_writes_nothing(world: World) -> None:
    reply = await world.lenders.post("/v1/grievances", json=body())
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_MISSING")
    assert await events(world) == []


async def test_an_unreachable_consent_service_is_503(world: World) -> None:
    world.neighbours.is_down = True
    assert (await file(world)).status_code == 503
    assert await events(world) == []
