"""A disclosure that is only reserved is not told as spent (decision 101)."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from altscore_libs.clock import FixedClock
from altscore_score.limits.service import RateLimiter
from altscore_score.platform.redis_pipeline import PipelinedRedis, RedisCircuit, open_pipeline
from altscore_score.scores.reader import ScoreCache

from ..redis_server import RedisServer
from ..world import LENDER, NOW, OTHER_RETAILER, RETAILER, World

WAITS_S = {404: "60", 429: "1", 200: None}


@pytest.mark.parametrize("has_redis", [True, False])
async def test_calls_at_once_about_a_retailer_without_a_score_are_told_to_come_back_at_once(
    world: World, redis_server: RedisServer, has_redis: bool
) -> None:
    await world.grant(OTHER_RETAILER)
    if not has_redis:
        redis_server.stop()
        await world.score()
    replies = await asyncio.gather(*(world.score(OTHER_RETAILER) for _ in range(12)))
    assert {reply.status_code for reply in replies} == {404, 429}
    assert all(reply.headers.get("retry-after") == WAITS_S[reply.status_code] for reply in replies)
    assert {reply.json()["limit"] for reply in replies if reply.status_code == 429} == {"disclosures"}
    assert (await world.score(OTHER_RETAILER)).status_code == 404


async def test_reserved_places_that_were_given_back_are_free(world: World) -> None:
    await world.grant(OTHER_RETAILER)
    await asyncio.gather(*(world.score(OTHER_RETAILER) for _ in range(12)))
    await world.computed(OTHER_RETAILER)
    assert [(await world.score(OTHER_RETAILER)).status_code for _ in range(4)] == [200, 200, 200, 429]


async def test_calls_that_race_under_one_id_leave_two_disclosures(world: World) -> None:
    headers = {"X-Request-ID": str(uuid4())}
    replies = await asyncio.gather(*(world.score(headers=headers) for _ in range(15)))
    assert {reply.status_code for reply in replies} <= {200, 429}
    assert all(reply.headers.get("retry-after") == WAITS_S[reply.status_code] for reply in replies)
    assert (await world.score(headers=headers)).status_code == 200
    assert [(await world.score()).status_code for _ in range(3)] == [200, 200, 429]


async def test_spent_disclosures_are_told_as_spent_although_calls_come_at_once(world: World) -> None:
    assert [(await world.score()).status_code for _ in range(3)] == [200, 200, 200]
    replies = await asyncio.gather(*(world.score() for _ in range(5)))
    assert {(reply.status_code, int(reply.headers["retry-after"]) > 86_000) for reply in replies} == {(429, True)}


@pytest.fixture
async def redises(redis_server: RedisServer) -> AsyncIterator[list[PipelinedRedis]]:
    """The Redis clients of two processes."""
    clients = [open_pipeline(redis_server.url) for _ in range(2)]
    yield clients
    for client in clients:
        await client.close()


async def is_reserved(limiter: RateLimiter) -> bool | None:
    """Whether a call is told that the disclosures are only reserved; None where it may disclose."""
    trip = await limiter.admit_score(
        LENDER,
        RETAILER,
        spends=True,
        cache_names=ScoreCache.names(LENDER, RETAILER),
        mark=None,
    )
    return None if trip.admission.may_disclose else trip.admission.is_disclosure_reserved


async def test_young_places_of_another_process_may_be_reservations(redises: list[PipelinedRedis]) -> None:
    mine, theirs = [RateLimiter(RedisCircuit(redis), FixedClock(NOW), replicas=2) for redis in redises]
    assert [await is_reserved(theirs) for _ in range(3)] == [None] * 3
    assert await is_reserved(mine) is True
    members = await redises[0].call("ZRANGE", f"score:{{{LENDER}}}:disclosed:{RETAILER}", 0, -1, "WITHSCORES")
    for member, at_us in zip(members[::2], members[1::2], strict=True):
        older = int(float(at_us)) - 6_000_000
        await redises[0].call("ZADD", f"score:{{{LENDER}}}:disclosed:{RETAILER}", older, member)
    assert await is_reserved(mine) is False


async def test_nothing_is_remembered_of_calls_that_ended(world: World) -> None:
    await asyncio.gather(*(world.score() for _ in range(6)), *(world.score(OTHER_RETAILER) for _ in range(6)))
    assert world.services.scores.limiter.reservations == 0
    await world.grant(OTHER_RETAILER)
    await world.computed(OTHER_RETAILER)
    await world.later(2.1)  # the refusals are not fresh any more
    for retailer_id, statuses in ((RETAILER, [429]), (OTHER_RETAILER, [200, 200, 200, 429])):
        replies = [await world.score(retailer_id) for _ in statuses]
        assert [reply.status_code for reply in replies] == statuses
        assert int(replies[-1].headers["retry-after"]) > 86_000
