"""After an erasure no message of the retailer is kept, queued or sent, whatever comes in whatever order."""

import asyncio
from typing import Any

import asyncpg
import pytest
from altscore_libs.consumer import PoisonEvent
from altscore_libs.ids import uuid7
from altscore_libs.testing import SoftwareSigner
from altscore_libs.testing_erasures import erased_event
from altscore_libs.testing_parked import outcome_of_a_dry_run
from altscore_notification.erasures import store
from altscore_notification.messages.domain import EVENTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..conftest import NOW, RETAILER, VAULT, World

ALIAS, NEIGHBOUR = "ret_00000000000000aa", "ret_00000000000000bb"


async def erase(world: World, *retailer_ids: str, signer: SoftwareSigner = VAULT, **change: Any) -> bool:
    """Applies the event of an erasure; `change` is what somebody changed after it was signed."""
    ids = retailer_ids or (RETAILER,)
    return await world.consumer.apply(await erased_event(ids, erased_at=NOW, signer=signer, **change))


async def send_due(world: World) -> None:
    """Sends what is due, until nothing is."""
    while await world.queue.work_once():
        continue


async def test_messages_of_every_alias_go_sent_and_waiting_and_others_stay(world: World) -> None:
    await world.consume("consent.invited")
    await send_due(world)
    for retailer_id in (RETAILER, ALIAS, NEIGHBOUR):
        await world.consume("consent.granted", retailer_id=retailer_id)
    await erase(world, RETAILER, ALIAS)
    assert [row["retailer_id"] for row in await world.rows()] == [NEIGHBOUR]
    entry = (await world.audits())[-1]
    assert (entry["action"], entry["details"]["messages"]) == ("erasure_applied", "3")


@pytest.mark.parametrize("name", EVENTS)
async def test_nothing_is_queued_or_sent_for_an_erased_retailer(world: World, name: str) -> None:
    await erase(world)
    await world.consume(name)
    await send_due(world)
    assert (await world.rows(), world.neighbours.sent) == ([], [])


async def test_an_answer_that_waits_for_an_erasure_holds_no_message_that_the_erasure_deletes(world: World) -> None:
    await world.consume("consent.invited")
    waiting = (
        "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted)"
    )
    async with world.pool.acquire() as connection, connection.transaction():
        await store.lock(connection, [RETAILER])
        answer = asyncio.create_task(world.consume("consent.granted"))
        while not await connection.fetchval(waiting):
            continue
        assert await store.delete_messages(connection, [RETAILER]) == 1
    await answer


async def test_the_end_of_a_consent_by_erasure_is_not_told_even_before_the_erasure_arrives(world: World) -> None:
    await world.consume("consent.revoked", reason="erasure")
    assert await world.rows() == []


@pytest.mark.parametrize("change", [{"retailer_ids": [NEIGHBOUR]}, {"certificate": "{}"}, {"signature": "00" * 64}])
async def test_an_event_that_differs_from_its_certificate_is_parked(world: World, change: dict[str, Any]) -> None:
    await world.consume("consent.invited")
    with pytest.raises(PoisonEvent):
        await erase(world, **change)
    assert len(await world.rows()) == 1


async def test_a_certificate_by_another_key_is_parked(world: World) -> None:
    await world.consume("consent.invited")
    with pytest.raises(PoisonEvent):
        await erase(world, signer=SoftwareSigner("erasure-signing"))
    assert len(await world.rows()) == 1


async def test_an_erasure_reads_along_an_index(pool: asyncpg.Pool) -> None:
    await pool.execute(
        "INSERT INTO messages (message_id, event_id, kind, dedupe_key, retailer_id, template, language, parameters,"
        " created_at, next_attempt_at) SELECT 'msg_' || lpad(to_hex(n), 32, '0'), gen_random_uuid(), 'k', n::text,"
        " 'ret_' || lpad(to_hex(n), 16, '0'), 't', 'hi', '{}', now(), now() FROM generate_series(1, 20000) AS n"
    )
    rows = await pool.fetch("EXPLAIN DELETE FROM messages WHERE retailer_id = ANY($1)", [RETAILER])
    assert "messages_by_retailer" in "\n".join(row[0] for row in rows)


STEPS = st.lists(st.sampled_from([*EVENTS, "send", "erase"]), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=STEPS, after=STEPS)
async def test_whatever_comes_in_whatever_order_an_erased_retailer_has_no_message(
    world: World, before: list[str], after: list[str]
) -> None:
    retailer_id = f"ret_{uuid7().hex[-16:]}"
    world.neighbours.phones[retailer_id] = "919800000001"
    for step in [*before, "erase", *after]:
        if step == "erase":
            await erase(world, retailer_id)
            told = len(world.neighbours.sent)
        elif step == "send":
            await send_due(world)
        else:
            await world.consume(step, retailer_id=retailer_id)
    assert [row for row in await world.rows() if row["retailer_id"] == retailer_id] == []
    await send_due(world)
    assert len(world.neighbours.sent) == told


async def test_an_operators_order_about_what_is_set_aside_is_carried_out(world: World) -> None:
    outcome = await outcome_of_a_dry_run(world.pool, world.consumer, service="notification", topic="altscore.privacy")
    assert outcome == "would_be_refused"
