"""Grievances: taken in once, shown overdue first, answered by those whose role allows it, told to score whole."""

import base64
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from altscore_admin.grievances.events import grievance_filed
from altscore_libs.clock import FixedClock
from altscore_libs.consumer import PoisonEvent, Received
from altscore_libs.db import transaction
from altscore_libs.hpke import HpkeEncryptor

from ..conftest import HPKE_KEY, NOW, Operations

TEXT = "Payments of Ramesh Kumar, 98000 00001, are missing"
RETAILER = "ret_7f3a92c1d4e8b051"
ENCRYPTOR = HpkeEncryptor(HPKE_KEY.public_key())


def identifier(number: int) -> str:
    """A grievance id."""
    return f"grv_{number:032x}"


async def filed(pool: asyncpg.Pool, number: int = 1, *, at: datetime = NOW, **change: Any) -> str:
    """The event, as score emits it."""
    ciphertext = ENCRYPTOR.encrypt(TEXT.encode(), context=identifier(number).encode())
    data = {
        "grievance_id": identifier(number),
        "retailer_id": RETAILER,
        "lender_id": "lender_shriram",
        "score_id": "scr_" + "9b2c" * 8,
        "grievance_type": "incorrect_score",
        "sealed_description": base64.b64encode(ciphertext).decode(),
        "filed_at": at,
        "ack_by": at + timedelta(hours=24),
        "resolution_by": at + timedelta(days=7),
        **change,
    }
    event = Received(
        event_id=uuid4(),
        name="grievance.filed",
        topic="altscore.grievances",
        key=RETAILER,
        occurred_at=at,
        producer="score",
        producer_seq=1,
        data=data,
    )
    async with transaction(pool) as connection:
        await grievance_filed(connection, event)
    return identifier(number)


async def ask(operations: Operations, operator: str | None, path: str = "", **query: Any) -> httpx.Response:
    """A read."""
    async with operations.by(operator) as client:
        return await client.get(f"/v1/admin/grievances{path}", params=query)


async def act(operations: Operations, operator: str, number: int, action: str, body: Any = None) -> httpx.Response:
    """A change."""
    async with operations.by(operator) as client:
        path = f"/v1/admin/grievances/{identifier(number)}/{action}"
        return await client.post(path, json=body) if body is not None else await client.post(path)


ANSWER = {"resolution": "Score updated after data correction"}


async def test_the_longest_overdue_comes_first(pool: asyncpg.Pool, operations: Operations, clock: FixedClock) -> None:
    await filed(pool, 1)
    await filed(pool, 2, at=NOW - timedelta(days=8))  # both SLAs missed
    await filed(pool, 3, at=NOW - timedelta(hours=30))  # not acknowledged in time
    await filed(pool, 4, at=NOW - timedelta(days=6, hours=1))
    await act(operations, "legal-1", 4, "acknowledge")
    await filed(pool, 5, at=NOW - timedelta(days=9))
    await act(operations, "legal-1", 5, "resolve", ANSWER)
    listed = (await ask(operations, "ops-1")).json()["grievances"]
    assert [item["grievance_id"] for item in listed] == [identifier(number) for number in (2, 3, 4, 1)]
    states = {item["grievance_id"]: item["sla"]["state"] for item in listed}
    assert [states[identifier(number)] for number in (1, 2, 3, 4)] == [
        "on_time",
        "resolution_overdue",
        "acknowledgement_overdue",
        "on_time",
    ]
    assert listed[0]["sla"]["seconds_left"] < 0
    assert len((await ask(operations, "ops-1", limit=2)).json()["grievances"]) == 2


async def test_a_filing_is_taken_in_once(pool: asyncpg.Pool) -> None:
    await filed(pool)
    await filed(pool, grievance_type="other")
    assert await pool.fetchval("SELECT grievance_type FROM grievances") == "incorrect_score"


async def test_a_description_that_is_not_base64_is_poison(pool: asyncpg.Pool) -> None:
    with pytest.raises(PoisonEvent):
        await filed(pool, sealed_description="प")


async def test_the_description_is_shown_to_a_handler_alone_and_the_reading_is_audited(
    pool: asyncpg.Pool, operations: Operations
) -> None:
    await filed(pool)
    path = f"/{identifier(1)}"
    assert (await ask(operations, "ops-1", path)).status_code == 403
    assert (await ask(operations, None, path)).status_code == 401
    assert (await ask(operations, "legal-1", path)).json()["description"] == TEXT
    assert ("admin_data_access", "legal-1", "ok") in await operations.audited()
    assert "Ramesh" not in await operations.whole_database()
    assert "Ramesh" not in (await ask(operations, "legal-1")).text


async def test_a_description_that_cannot_be_decrypted_hides_no_grievance(
    pool: asyncpg.Pool, operations: Operations
) -> None:
    await filed(
        pool, sealed_description=base64.b64encode(ENCRYPTOR.encrypt(b"x", context=b"another grievance")).decode()
    )
    answer = await ask(operations, "legal-1", f"/{identifier(1)}")
    assert (answer.status_code, answer.json()["description"]) == (200, None)


async def test_acknowledging_and_resolving_are_published_whole_and_audited(
    pool: asyncpg.Pool, operations: Operations, clock: FixedClock
) -> None:
    await filed(pool)
    clock.advance(seconds=3_600)
    for _ in range(2):  # twice is once
        answer = await act(operations, "legal-1", 1, "acknowledge")
        assert (answer.status_code, answer.json()["status"]) == (200, "acknowledged")
    clock.advance(seconds=3_600)
    for _ in range(2):
        answer = await act(operations, "super-1", 1, "resolve", ANSWER)
        assert (answer.status_code, answer.json()["resolution"]) == (200, ANSWER["resolution"])
    other = await act(operations, "super-1", 1, "resolve", {"resolution": "another text"})
    assert (other.status_code, other.json()["code"]) == (409, "GRIEVANCE_RESOLVED")
    assert (await act(operations, "legal-1", 1, "acknowledge")).json()["status"] == "resolved"
    published = await operations.events("grievance.status_changed")
    assert [(event["version"], event["status"]) for event in published] == [(1, "acknowledged"), (2, "resolved")]
    assert published[1]["acknowledged_at"] == NOW + timedelta(hours=1)
    assert (published[1]["resolved_at"], published[1]["resolution"]) == (NOW + timedelta(hours=2), ANSWER["resolution"])
    assert [event for event in await operations.audited() if event[0].startswith("grievance_")] == [
        ("grievance_acknowledged", "legal-1", "acknowledged"),
        ("grievance_resolved", "super-1", "resolved"),
    ]
    assert (await ask(operations, "ops-1")).json() == {"grievances": [], "next_cursor": None}


async def test_resolving_at_once_acknowledges_too(pool: asyncpg.Pool, operations: Operations) -> None:
    await filed(pool)
    grievance = (await act(operations, "legal-1", 1, "resolve", ANSWER)).json()
    assert (grievance["acknowledged_by"], grievance["sla"]["state"]) == ("legal-1", "met")


@pytest.mark.parametrize("operator", ["ops-1", "ml-1"])
async def test_who_may_not_handle_is_refused_and_audited(
    pool: asyncpg.Pool, operations: Operations, operator: str
) -> None:
    await filed(pool)
    for action, body in (("acknowledge", None), ("resolve", ANSWER)):
        assert (await act(operations, operator, 1, action, body)).status_code == 403
    assert await operations.events("grievance.status_changed") == []
    assert ("admin_action", operator, "refused") in await operations.audited()


async def test_an_unknown_grievance_is_404_and_a_resolution_needs_a_text(
    pool: asyncpg.Pool, operations: Operations
) -> None:
    assert (await act(operations, "legal-1", 1, "acknowledge")).status_code == 404
    await filed(pool)
    for resolution in ("", "x" * 2_001, "nul \x00", 5):
        assert (await act(operations, "legal-1", 1, "resolve", {"resolution": resolution})).status_code == 400
