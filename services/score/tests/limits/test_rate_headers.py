"""The rate headers of every answer to a lender are true, and a 429 names the limit that was hit."""

from typing import Any

import httpx
import pytest
from altscore_score.limits.domain import CALLS, DISCLOSURES
from prometheus_client import REGISTRY

from ..world import LENDER, OTHER_LENDER, PURPOSE, RETAILER, World

GOOD = {"retailer_id": RETAILER, "purpose": PURPOSE}
MALFORMED: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "a field is missing": (400, "POST", "/v1/score", {"json": {"retailer_id": RETAILER}}),
    "an id of another form": (400, "POST", "/v1/score/batch", {"json": {"retailer_ids": ["x"], "purpose": PURPOSE}}),
    "no number of months": (400, "GET", f"/v1/score/{RETAILER}/history?months=99", {}),
    "no GSTIN": (400, "GET", "/v1/retailers/lookup?gst=x", {}),
    "no grievance id": (400, "GET", "/v1/grievances/x", {}),
    "no such path": (404, "GET", "/v1/nothing", {}),
    "another method": (405, "PUT", "/v1/score", {"json": GOOD}),
    "too long": (413, "POST", "/v1/score", {"content": b" " * 70_000, "headers": {"Content-Type": "application/json"}}),
    "another media type": (415, "POST", "/v1/score", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}),
    "an encoded body": (415, "POST", "/v1/score", {"json": GOOD, "headers": {"Content-Encoding": "gzip"}}),
    "an encoded lookup": (415, "POST", "/v1/retailers/lookup", {"json": {}, "headers": {"Content-Encoding": "br"}}),
}


def left(reply: httpx.Response) -> int:
    """How many calls are left, as the reply says."""
    return int(reply.headers["x-ratelimit-remaining"])


async def ask(world: World, method: str, path: str, **how: Any) -> httpx.Response:
    """Makes a call with the token of LENDER."""
    headers = world.headers(**how.pop("headers", {}))
    return await world.lenders.request(method, path, headers=headers, **how)


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_call_is_counted_and_its_headers_are_true(world: World, case: str) -> None:
    status, method, path, how = MALFORMED[case]
    assert left(await world.score()) == 99
    reply = await ask(world, method, path, **how)
    assert (reply.status_code, left(reply)) == (status, 98)
    assert left(await world.score()) == 97


def counted_429() -> float:
    """Answers that the metrics count as 429; the access line says the same."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "altscore_http_requests_total" and sample.labels["status"] == "429"
    )


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_call_over_the_quota_is_a_429(world: World, case: str) -> None:
    for _ in range(CALLS[0].limit):
        await world.services.scores.limiter.admit(LENDER)
    _, method, path, how = MALFORMED[case]
    before = counted_429()
    reply = await ask(world, method, path, **how)
    assert counted_429() == before + 1
    assert (reply.status_code, reply.json()["limit"], left(reply)) == (429, "minute", 0)
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert 1 <= int(reply.headers["retry-after"]) <= 61
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert reply.headers["strict-transport-security"]


async def test_a_401_with_a_good_token_tells_the_truth_and_costs_nothing(world: World) -> None:
    await world.score()
    for _ in range(2):
        reply = await ask(world, "POST", "/v1/score", json=GOOD, headers={"X-Client-ID": OTHER_LENDER})
        assert (reply.status_code, left(reply)) == (401, 99)


async def test_a_call_without_a_good_token_counts_for_nobody(world: World) -> None:
    for authorization in ("Bearer x", "Basic x", ""):
        headers = {"Authorization": authorization, "X-Client-ID": LENDER}
        for method, path in (("POST", "/v1/score"), ("GET", "/v1/nothing")):
            assert left(await world.lenders.request(method, path, headers=headers)) == CALLS[0].limit
    assert left(await world.score()) == 99


async def test_a_429_for_disclosures_carries_the_headers_of_its_window(world: World) -> None:
    replies = [await world.score() for _ in range(4)]
    refused = replies[-1]
    assert (refused.status_code, refused.json()["limit"]) == (429, "disclosures")
    assert (refused.headers["x-ratelimit-limit"], left(refused)) == (str(DISCLOSURES.limit), 0)
    wait_s = int(refused.headers["x-ratelimit-reset"]) - int(replies[0].headers["x-ratelimit-reset"])
    assert abs(wait_s - (DISCLOSURES.length_s - CALLS[0].length_s)) <= 2


async def test_the_window_that_is_nearest_to_its_end_is_told(world: World) -> None:
    limiter, day = world.services.scores.limiter, f"score:{{{LENDER}}}:day"
    await world.score()
    (_, at_us) = await world.redis.call("ZRANGE", day, 0, -1, "WITHSCORES")
    earlier_us = int(float(at_us)) - 3_600_000_000
    spent = [part for number in range(CALLS[1].limit - 2) for part in (earlier_us, f"spent {number}")]
    await world.redis.call("ZADD", day, *spent)
    reply = await world.score()
    assert (reply.status_code, reply.headers["x-ratelimit-limit"], left(reply)) == (200, "5000", 0)
    refused = await world.score()
    assert (refused.status_code, refused.json()["limit"]) == (429, "day")
    assert 80_000 < int(refused.headers["retry-after"]) < 86_400
    assert not (await limiter.admit(LENDER)).is_admitted


async def scripts_run(world: World) -> int:
    """How many scripts Redis has run."""
    stats = (await world.redis.call("INFO", "commandstats")).decode()
    return sum(int(line.split("calls=")[1].split(",")[0]) for line in stats.split() if line.startswith("cmdstat_eval"))


async def test_an_answered_call_makes_one_trip_to_redis(world: World) -> None:
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v1/score", {"json": GOOD}),
        ("GET", "/v1/nothing", {}),
    ]
    await world.score()
    for method, path, how in calls:
        before = await scripts_run(world)
        await ask(world, method, path, **how)
        assert await scripts_run(world) == before + 1
