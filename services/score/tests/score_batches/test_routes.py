"""POST /v1/score/batch: each item is a single call."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from altscore_score.limits.domain import CALLS

from ..redis_server import RedisServer
from ..world import (
    LENDER,
    OTHER_LENDER,
    OTHER_RETAILER,
    PURPOSE,
    RETAILER,
    UNKNOWN_RETAILER,
    World,
)


async def batch(world: World, *retailer_ids: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    """POST /v1/score/batch."""
    body = {"retailer_ids": list(retailer_ids), "purpose": PURPOSE, **more}
    return await world.lenders.post("/v1/score/batch", json=body, headers=world.headers(**(headers or {})))


def statuses(reply: httpx.Response) -> list[int]:
    """The status of each item of an answered batch."""
    assert reply.status_code == 200, reply.text
    return [item["status"] for item in reply.json()["results"]]


async def test_each_retailer_has_the_answer_of_a_single_call_in_the_order_asked(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    reply = await batch(world, UNKNOWN_RETAILER, RETAILER, OTHER_RETAILER)
    items = reply.json()["results"]
    assert [(item["retailer_id"], item["status"]) for item in items] == [
        (UNKNOWN_RETAILER, 403), (RETAILER, 200), (OTHER_RETAILER, 404),
    ]  # fmt: skip
    assert [sorted(item) for item in items] == [
        ["problem", "retailer_id", "status"],
        ["retailer_id", "score", "status"],
        ["problem", "retailer_id", "retry_after_s", "status"],
    ]
    assert items[0]["problem"]["code"] == "CONSENT_NOT_GRANTED"
    assert items[2]["retry_after_s"] == 60
    assert reply.headers["content-language"] == "en"


async def test_a_result_holds_the_single_calls_body_byte_for_byte(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    key = str(uuid4())
    headers = {"X-Request-ID": key, "Accept-Language": "hi"}
    reply = await batch(world, RETAILER, OTHER_RETAILER, UNKNOWN_RETAILER, headers=headers, requested_limit_inr=150_000)
    for item in reply.json()["results"]:
        shown = item.get("score") or item["problem"]
        single = await world.score(
            item["retailer_id"],
            requested_limit_inr=150_000,
            headers={"X-Request-ID": shown["request_id"], "Accept-Language": "hi"},
        )
        assert single.status_code == item["status"]
        assert single.content in reply.content
        assert item["status"] != 200 or list(shown["reason_codes"][0])[-2:] == ["label_hi", "label_en"]
    assert [entry["outcome"] for entry in await world.audit("score_requested")] == ["served", "replayed"]


async def test_a_batch_sent_again_replays_and_spends_nothing(world: World) -> None:
    key = str(uuid4())
    first = await batch(world, RETAILER, headers={"X-Request-ID": key})
    again = [await batch(world, RETAILER, headers={"X-Request-ID": key}) for _ in range(4)]
    assert {reply.content for reply in again} == {first.content}
    assert {reply.headers["x-ratelimit-remaining"] for reply in (first, *again)} == {"99"}
    assert first.headers["x-request-id"] == key


async def test_a_batch_sent_again_asks_consent_first(world: World) -> None:
    key = str(uuid4())
    await batch(world, RETAILER, headers={"X-Request-ID": key})
    await world.revoke()
    await world.later(2.1)
    assert statuses(await batch(world, RETAILER, headers={"X-Request-ID": key})) == [403]


@pytest.mark.parametrize("spelling", ["{}", "urn:uuid:{}", "{{{}}}"])
async def test_the_same_request_id_with_another_batch_is_one_conflict(world: World, spelling: str) -> None:
    key = str(uuid4())
    await batch(world, RETAILER, headers={"X-Request-ID": key})
    same = {"X-Request-ID": spelling.format(key)}
    others = [
        await batch(world, RETAILER, headers=same, requested_limit_inr=5),
        await batch(world, RETAILER, UNKNOWN_RETAILER, headers=same),
        await world.score(headers=same),
    ]
    assert [(reply.status_code, reply.json()["code"]) for reply in others] == [(409, "IDEMPOTENCY_CONFLICT")] * 3
    assert statuses(await batch(world, RETAILER, headers=same)) == [200]


async def test_the_request_id_of_a_single_call_is_no_batchs(world: World) -> None:
    key = {"X-Request-ID": uuid4().hex}
    assert (await world.score(headers=key)).status_code == 200
    assert (await batch(world, RETAILER, headers=key)).status_code == 409


def unknown_ids(count: int, start: int = 0) -> list[str]:
    """Ids of retailers that nobody knows."""
    return [f"ret_{number:016x}" for number in range(start, start + count)]


async def test_a_batch_of_refusals_is_finished_in_as_many_minutes_as_its_quota_needs(
    world: World, redis_server: RedisServer
) -> None:
    redis_server.stop()  # the process counts by the clock that is given
    open_ids = unknown_ids(5, 500)
    for retailer_id in open_ids:
        await world.grant(retailer_id)
        await world.computed(retailer_id, drops_cache=False)
    retailers, key = unknown_ids(110) + open_ids, {"X-Request-ID": str(uuid4())}
    first = await batch(world, *retailers, headers=key)
    assert statuses(first) == [403] * 100 + [429] * 15
    waits = {item["retry_after_s"] for item in first.json()["results"] if item["status"] == 429}
    assert waits == {CALLS[0].length_s + 1}
    world.clock.advance(seconds=waits.pop())
    second = await batch(world, *retailers, headers=key)
    assert statuses(second) == [403] * 110 + [200] * 5
    assert second.headers["x-ratelimit-remaining"] == "85"
    again = await batch(world, *retailers, headers=key)
    assert again.content == second.content
    assert (await world.services.scores.limiter.admit(LENDER, spends=False)).remaining == 85
    assert len(await world.audit("score_refused")) == 110


async def test_five_hundred_items_take_five_minutes(world: World, redis_server: RedisServer) -> None:
    redis_server.stop()
    retailers, key, left = unknown_ids(500), {"X-Request-ID": str(uuid4())}, []
    for _ in range(5):
        reply = await batch(world, *retailers, headers=key)
        left.append(statuses(reply).count(429))
        world.clock.advance(seconds=CALLS[0].length_s + 1)
    assert left == [400, 300, 200, 100, 0]


async def test_batches_over_the_quota_write_one_entry_each(world: World) -> None:
    partial = await batch(world, *unknown_ids(500), headers={"X-Request-ID": str(uuid4())})
    assert statuses(partial).count(429) == 400
    (entry,) = await world.audit("score_batch_requested")
    assert (entry["details"]["items"], entry["details"]["over_quota"]) == ("500", "400")
    before = await world.pool.fetchval("SELECT count(*) FROM outbox")
    asked = world.neighbours.asked
    for number in range(4):
        headers = {"X-Request-ID": str(uuid4())} if number % 2 else {}
        reply = await batch(world, *unknown_ids(500, 1_000), headers=headers)
        assert (reply.status_code, reply.json()["limit"]) == (429, "minute")
        assert 1 <= int(reply.headers["retry-after"]) <= 61
    assert await world.pool.fetchval("SELECT count(*) FROM outbox") == before + 4
    assert world.neighbours.asked == asked


async def test_batches_that_race_for_the_quota_audit_no_item_that_found_none(world: World) -> None:
    replies = await asyncio.gather(*(batch(world, *unknown_ids(90, start)) for start in (0, 100, 200)))
    every_status = [status for reply in replies for status in statuses(reply)]
    assert (every_status.count(403), every_status.count(429)) == (100, 170)
    assert len(await world.audit("score_refused")) == 100


async def test_a_refusal_is_rechecked_without_cost_until_its_cause_is_gone(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    key = {"X-Request-ID": str(uuid4())}
    first = await batch(world, UNKNOWN_RETAILER, OTHER_RETAILER, headers=key)
    assert statuses(first) == [403, 404]
    again = await batch(world, UNKNOWN_RETAILER, OTHER_RETAILER, headers=key)
    assert (again.content, again.headers["x-ratelimit-remaining"]) == (first.content, "98")
    await world.computed(OTHER_RETAILER)
    last = await batch(world, UNKNOWN_RETAILER, OTHER_RETAILER, headers=key)
    assert (statuses(last), last.headers["x-ratelimit-remaining"]) == ([403, 200], "97")
    assert len(await world.audit("score_refused")) == 2


async def test_items_that_had_no_turn_come_before_those_that_were_tried(world: World) -> None:
    for _ in range(3):
        await world.score()  # the disclosures are spent: this item can only be tried
    key = {"X-Request-ID": str(uuid4())}
    assert statuses(await batch(world, RETAILER, *unknown_ids(99), headers=key))[:2] == [429, 403]
    await world.redis.call("DEL", f"score:{{{LENDER}}}:minute")
    world.clock.advance(seconds=61)  # the minute is over by the count of this process as well
    for _ in range(97):
        await world.services.scores.limiter.admit(LENDER)
    assert statuses(await batch(world, RETAILER, *unknown_ids(99), headers=key)) == [429] + [403] * 99


async def test_without_a_uuid_every_item_has_an_id_of_its_own(world: World) -> None:
    replies = [await batch(world, UNKNOWN_RETAILER, RETAILER, headers={"X-Request-ID": "my-batch-1"}) for _ in range(2)]
    items = [item for reply in replies for item in reply.json()["results"]]
    request_ids = {(item.get("score") or item["problem"])["request_id"] for item in items}
    assert len(request_ids) == 4
    assert all(request_id.startswith("req_") for request_id in request_ids)


async def test_every_item_counts_and_those_over_the_limit_carry_their_429(world: World) -> None:
    reply = await batch(world, *unknown_ids(CALLS[0].limit + 20))
    assert sorted(statuses(reply)) == [403] * CALLS[0].limit + [429] * 20
    refused = [item for item in reply.json()["results"] if item["status"] == 429]
    assert {item["problem"]["code"] for item in refused} == {"RATE_LIMIT_EXCEEDED"}
    assert all(item["retry_after_s"] >= 1 for item in refused)
    assert reply.headers["x-ratelimit-remaining"] == "0"
    assert (await world.score()).status_code == 429


async def test_disclosures_are_counted_as_in_single_calls(world: World) -> None:
    assert [statuses(await batch(world, RETAILER)) for _ in range(4)] == [[200], [200], [200], [429]]


async def test_the_batch_and_each_item_are_audited(world: World) -> None:
    reply = await batch(world, RETAILER, UNKNOWN_RETAILER)
    (whole,) = await world.audit("score_batch_requested")
    assert (whole["actor"], whole["subject"], whole["outcome"]) == (LENDER, None, "served")
    assert (whole["details"]["items"], whole["details"]["served"]) == ("2", "1")
    assert whole["details"]["request_id"] == reply.headers["x-request-id"]
    assert [entry["subject"] for entry in await world.audit("score_requested")] == [RETAILER]
    assert [entry["subject"] for entry in await world.audit("score_refused")] == [UNKNOWN_RETAILER]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"retailer_ids": []}, "INVALID_REQUEST", "retailer_ids"),
        ({"retailer_ids": [RETAILER, RETAILER]}, "INVALID_REQUEST", "retailer_ids"),
        ({"retailer_ids": unknown_ids(501)}, "INVALID_REQUEST", "retailer_ids"),
        ({"retailer_ids": [RETAILER, "ret_1"]}, "INVALID_RETAILER_ID", "retailer_ids.1"),
        ({"retailer_ids": RETAILER}, "INVALID_REQUEST", "retailer_ids"),
        ({"purpose": "a b"}, "INVALID_REQUEST", "purpose"),
        ({"requested_limit_inr": -1}, "INVALID_REQUEST", "requested_limit_inr"),
        ({"surplus": 1}, "INVALID_REQUEST", "body"),
    ],
)
async def test_a_malformed_batch_is_refused_whole(world: World, change: dict[str, Any], code: str, field: str) -> None:
    body = {"retailer_ids": [RETAILER], "purpose": PURPOSE, **change}
    reply = await world.lenders.post("/v1/score/batch", json=body, headers=world.headers())
    assert (reply.status_code, reply.json()["code"]) == (400, code)
    assert reply.json()["errors"][0]["field"] == field
    assert [entry["reason"] for entry in await world.audit("score_batch_refused")] == [code]
    assert not await world.audit("score_requested")


async def test_a_batch_takes_five_hundred_retailers(world: World) -> None:
    reply = await batch(world, *unknown_ids(500))
    assert len(statuses(reply)) == 500


async def test_an_unauthenticated_caller_is_refused_once(world: World) -> None:
    body = {"retailer_ids": [RETAILER, UNKNOWN_RETAILER], "purpose": PURPOSE}
    reply = await world.lenders.post("/v1/score/batch", json=body, headers={"X-Client-ID": OTHER_LENDER})
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_MISSING")
    assert len(await world.audit("failed_auth")) == 1


async def test_an_unreachable_consent_service_is_503_for_each_item(world: World) -> None:
    world.neighbours.is_down = True
    assert statuses(await batch(world, RETAILER, UNKNOWN_RETAILER)) == [503, 503]
