"""What admin says about a grievance: in any order, twice, about none of ours; no lender can say it."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from altscore_score.grievances import store as grievance_store
from altscore_score.grievances.domain import Filing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import LENDER, NOW, RETAILER, SIGNER, World, record_of

SCORE = str(record_of(RETAILER)["score_id"])
UNKNOWN = "grv_" + "0" * 32


async def file(world: World) -> str:
    """Files a grievance and returns its id."""
    body = {"retailer_id": RETAILER, "score_id": SCORE, "grievance_type": "incorrect_score", "description": "Wrong"}
    reply = await world.lenders.post("/v1/grievances", json=body, headers=world.headers())
    assert reply.status_code == 200, reply.text
    return str(reply.json()["grievance_id"])


async def read(world: World, grievance_id: str) -> dict[str, Any]:
    """The body of GET /v1/grievances/{id}."""
    reply = await world.lenders.get(f"/v1/grievances/{grievance_id}", headers=world.headers())
    return dict(reply.json())


async def change_status(world: World, grievance_id: str, version: int, **change: Any) -> None:
    """Applies the event of a status that admin set."""
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


async def test_the_sla_clock_runs_from_stage_to_stage(world: World) -> None:
    identifier = await file(world)
    world.clock.advance(seconds=600)
    await change_status(world, identifier, 1)
    assert (await read(world, identifier))["sla_clock"]["stage"] == "resolution"
    await change_status(world, identifier, 2, **RESOLVED)
    grievance = await read(world, identifier)
    assert (grievance["status"], grievance["resolution"]) == ("resolved", "Corrected")
    assert (grievance["resolved_at"], grievance["sla_clock"]["state"]) == ("2026-05-20T10:00:00Z", "met")


@given(
    order=st.permutations([0, 1, 2, 0, 1, 2]),
    days=st.integers(min_value=0, max_value=5),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_statuses_in_any_order_and_twice_end_the_same(world: World, order: list[int], days: int) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        filing = filing_of(secrets.token_hex(16), world.clock.now())
        await grievance_store.add(connection, filing)
    states: list[dict[str, Any]] = [
        {"version": 1},
        {"version": 2, "acknowledged_at": NOW + timedelta(days=days)},
        {"version": 3, **RESOLVED, "acknowledged_at": NOW + timedelta(days=days)},
    ]
    for number in order:
        await change_status(world, filing.grievance_id, **states[number])
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        row = await grievance_store.find(connection, filing.grievance_id)
    assert row is not None
    assert (row["status"], row["resolution"]) == ("resolved", "Corrected")
    assert (row["acknowledged_at"], row["resolved_at"]) == (NOW + timedelta(days=days), NOW + timedelta(hours=2))


def filing_of(random_hex: str, now: datetime) -> Filing:
    """A grievance of LENDER about RETAILER."""
    return Filing(
        grievance_id=f"grv_{random_hex}",
        lender_id=LENDER,
        retailer_id=RETAILER,
        score_id=SCORE,
        grievance_type="other",
        filed_at=now,
        ack_by=now + timedelta(days=1),
        resolution_by=now + timedelta(days=7),
        request_key=None,
        body_digest=b"",
    )


async def test_a_status_of_a_grievance_filed_elsewhere_changes_nothing(world: World) -> None:
    await change_status(world, UNKNOWN, 1)
    assert (await read(world, UNKNOWN))["code"] == "GRIEVANCE_NOT_FOUND"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grievance SET status = 'resolved', version = 9",
        "DELETE FROM grievance",
        "UPDATE grievance SET lender_id = 'lender_ugro'",
    ],
)
async def test_a_lenders_context_changes_no_status(world: World, statement: str) -> None:
    identifier = await file(world)
    async with world.pool.acquire() as connection, connection.transaction():
        await SIGNER.enter(connection, LENDER)
        try:
            async with connection.transaction():
                assert await connection.execute(statement) == "UPDATE 0"
        except asyncpg.InsufficientPrivilegeError:
            pass
    assert (await read(world, identifier))["status"] == "open"
