"""Calls by day: every durable answer counts once, and what nobody counted is no zero."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from altscore_libs.clock import FixedClock
from altscore_score.call_counts.service import ADD, CallCounter
from altscore_score.calls.domain import NotedCall
from altscore_score.platform.redis_pipeline import RedisCircuit, open_pipeline

from ..redis_server import RedisServer
from ..world import LENDER, NOW, OTHER_LENDER, PERSON, UNKNOWN_RETAILER, World

NAME = f"score:{{{LENDER}}}:calls_by_day"
TODAY = "2026-05-20"


async def days(portal: httpx.AsyncClient, lender_id: str = LENDER) -> Any:
    """The body of a good answer."""
    reply = await portal.get(f"/internal/portal/lenders/{lender_id}/usage/days")
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture
def counter(world: World) -> CallCounter:
    """The counter behind the API."""
    return world.services.dashboards.accounts.counter


async def test_answers_and_refusals_are_counted_by_their_code(
    world: World, portal: httpx.AsyncClient, counter: CallCounter
) -> None:
    for _ in range(2):
        assert (await world.score()).status_code == 200
    refused = await world.score(UNKNOWN_RETAILER)
    await counter.flush()
    body = await days(portal)
    assert body["counted_since"] == "2026-05-20T08:00:00Z"
    assert body["items"] == [{"day": TODAY, "served": 2, "refusals": [{"code": refused.json()["code"], "calls": 1}]}]
    [entry] = await world.audit("lender_account_read")
    assert (entry["actor"], entry["details"]["kind"], entry["details"]["person_id"]) == (LENDER, "calls_by_day", PERSON)


async def test_a_lender_reads_its_own_calls_alone(
    world: World, portal: httpx.AsyncClient, counter: CallCounter
) -> None:
    await world.onboard(OTHER_LENDER)
    await world.score()
    await counter.flush()
    assert await days(portal, OTHER_LENDER) == {"counted_since": None, "items": []}


async def test_a_batch_counts_by_its_items(world: World, portal: httpx.AsyncClient, counter: CallCounter) -> None:
    body = {"retailer_ids": [UNKNOWN_RETAILER, "ret_7f3a92c1d4e8b051"], "purpose": "working_capital_loan"}
    reply = await world.lenders.post("/v1/score/batch", json=body, headers=world.headers())
    assert reply.status_code == 200, reply.text
    await counter.flush()
    [item] = (await days(portal))["items"]
    assert (item["served"], [refusal["calls"] for refusal in item["refusals"]]) == (1, [1])


async def test_a_call_of_nobody_is_no_call_of_a_lender(
    world: World, portal: httpx.AsyncClient, counter: CallCounter
) -> None:
    headers = {"X-Client-ID": LENDER, "Authorization": "Bearer no-token"}
    reply = await world.lenders.post("/v1/score", json={"retailer_id": "x"}, headers=headers)
    assert reply.status_code in (400, 401)
    await counter.flush()
    assert (await days(portal))["counted_since"] is None


@pytest.fixture
async def circuit(redis_server: RedisServer) -> AsyncIterator[RedisCircuit]:
    pipeline = open_pipeline(redis_server.url, None)
    yield RedisCircuit(pipeline)
    await pipeline.close()


async def test_a_batch_whose_confirmation_was_lost_counts_once(circuit: RedisCircuit) -> None:
    batch = ["1779264000", "2026-04-20", f"{TODAY} served", "3"]
    assert [await circuit.execute(ADD, [NAME, f"{NAME}:batch"], batch) for _ in range(2)] == [1, 0]
    counts = await CallCounter(circuit, FixedClock(NOW)).read(LENDER)
    assert [day.served for day in counts.days] == [3]


async def test_a_day_without_calls_is_a_zero_and_one_before_the_first_count_is_absent(circuit: RedisCircuit) -> None:
    clock = FixedClock(NOW)
    counter = CallCounter(circuit, clock)
    counter.noted.append(NotedCall(LENDER, clock.now()))
    await counter.flush()
    clock.advance(seconds=2 * 86_400)
    counter.noted.append(NotedCall(LENDER, clock.now()))
    await counter.flush()
    counts = await counter.read(LENDER)
    assert counts.since == NOW
    assert [(day.day.isoformat(), day.served) for day in counts.days] == [
        ("2026-05-20", 1),
        ("2026-05-21", 0),
        ("2026-05-22", 1),
    ]


async def test_a_day_ends_at_midnight_in_india(circuit: RedisCircuit) -> None:
    clock = FixedClock(NOW.replace(hour=18, minute=29))
    counter = CallCounter(circuit, clock)
    counter.noted.append(NotedCall(LENDER, clock.now()))
    clock.advance(seconds=60)
    counter.noted.append(NotedCall(LENDER, clock.now()))
    await counter.flush()
    assert [day.day.isoformat() for day in (await counter.read(LENDER)).days] == ["2026-05-20", "2026-05-21"]


async def test_what_is_no_longer_shown_is_kept_nowhere(circuit: RedisCircuit) -> None:
    clock = FixedClock(NOW)
    counter = CallCounter(circuit, clock)
    for _ in range(40):
        counter.noted.append(NotedCall(LENDER, clock.now()))
        await counter.flush()
        clock.advance(seconds=86_400)
    kept = await circuit.redis.call("HKEYS", NAME)
    counts = await counter.read(LENDER)
    assert (len(kept), len(counts.days)) == (32, 31)
    assert counts.days[-1].day - counts.days[0].day == timedelta(days=30)


async def test_what_another_writer_left_is_shown_to_nobody(circuit: RedisCircuit) -> None:
    clock = FixedClock(NOW)
    counter = CallCounter(circuit, clock)
    counter.noted.append(NotedCall(LENDER, clock.now()))
    await counter.flush()
    await circuit.redis.call("HSET", NAME, f"{TODAY} served", "many", f"{TODAY} <script>", "1", "x", "2")
    assert [(day.served, day.refusals) for day in (await counter.read(LENDER)).days] == [(0, {})]
    counter.noted.append(NotedCall(LENDER, clock.now()))
    await counter.flush()
    assert [day.served for day in (await counter.read(LENDER)).days] == [1]
    await circuit.redis.call("SET", NAME, "text")
    counter.noted.append(NotedCall(LENDER, clock.now()))
    await counter.flush()
    assert [day.served for day in (await counter.read(LENDER)).days] == [1]


async def test_counts_wait_while_redis_is_away_and_cannot_be_read(
    world: World, portal: httpx.AsyncClient, counter: CallCounter, redis_server: RedisServer
) -> None:
    await world.score()
    redis_server.stop()
    await counter.flush()
    reply = await portal.get(f"/internal/portal/lenders/{LENDER}/usage/days")
    assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    redis_server.start()
    world.monotonic.at += 60
    await counter.flush()
    assert (await days(portal))["items"][0]["served"] == 1
