"""Whoever writes score's Redis shows nobody a score that is blocked, old or another's, and stops one lender at most."""

from uuid import uuid4

import httpx
import pytest
from altscore_score.errors import ManualReviewRequired
from altscore_score.limits.service import Mark
from altscore_score.scores.changes import RetailerChanges
from altscore_score.scores.reader import CACHE_LIFE_S, ScoreCache

from services.score.tests.conftest import (
    access_pool,
    api_settings,
    database,
    keys_dir,
    pool,
    public_keys_dir,
    redis_process,
    redis_server,
    signer,
    template,
    token_signer,
    waits,
    world,
)
from services.score.tests.world import LENDER, OTHER_LENDER, OTHER_RETAILER, RETAILER, World

__all__ = [
    "access_pool",
    "api_settings",
    "database",
    "keys_dir",
    "pool",
    "public_keys_dir",
    "redis_process",
    "redis_server",
    "signer",
    "template",
    "token_signer",
    "waits",
    "world",
]
ENTRY, GENERATION = ScoreCache.names(LENDER, RETAILER)
FAR_US = 10**17
WINDOWS = [f"score:{{{LENDER}}}:minute", f"score:{{{LENDER}}}:day", f"score:{{{LENDER}}}:disclosed:{RETAILER}"]
WRONG_TYPES = {"list": ("LPUSH", "x"), "set": ("SADD", "x"), "hash": ("HSET", "f", "x"), "string": ("SET", "x")}


async def cached(world: World, retailer_id: str = RETAILER, lender_id: str = LENDER) -> tuple[bytes, bytes | None]:
    """The genuine entry and generation that a served score leaves in Redis."""
    assert (await world.score(retailer_id, lender_id)).status_code == 200
    await world.service_redis.call("PING")
    names = ScoreCache.names(lender_id, retailer_id)
    entry, generation = [await world.redis.call("GET", name) for name in names]
    assert entry is not None
    return entry, generation


async def put(world: World, entry: bytes, generation: bytes | None) -> None:
    """Writes an entry, and the generation that it was read with, in the place of LENDER's of RETAILER."""
    await world.redis.call("SET", ENTRY, entry)
    await (world.redis.call("SET", GENERATION, generation) if generation else world.redis.call("DEL", GENERATION))


async def source_of(world: World, reply: httpx.Response) -> str:
    """Where the score of the newest reply was read."""
    assert reply.status_code == 200, reply.text
    return str((await world.audit("score_requested"))[-1]["details"]["source"])


async def test_a_genuine_entry_is_used_until_something_changes(world: World) -> None:
    await world.state.refresh()
    await put(world, *await cached(world))
    assert await source_of(world, await world.score()) == "cache"


async def test_an_older_entry_hides_no_block(world: World) -> None:
    await world.state.refresh()
    entry = await cached(world)
    await world.blocked(code=ManualReviewRequired.code)
    await put(world, *entry)
    reply = await world.score()
    assert (reply.status_code, reply.json()["code"]) == (422, "MANUAL_REVIEW_REQUIRED")


async def test_an_older_entry_hides_no_newer_score(world: World) -> None:
    await world.state.refresh()
    entry = await cached(world)
    await world.computed(score_id="scr_" + "9" * 32, altscore=401, scored_at="2026-05-20T07:00:00Z")
    await world.state.refresh()
    await put(world, *entry)
    assert (await world.score()).json()["altscore"] == 401


async def test_a_block_holds_within_a_poll_though_redis_was_never_told(world: World) -> None:
    await world.state.refresh()
    entry = await cached(world)
    await world.computed(drops_cache=False, score_id="scr_" + "8" * 32, scored_at="2026-05-20T07:00:00Z", altscore=402)
    await put(world, *entry)
    await world.state.refresh()
    assert (await world.score()).json()["altscore"] == 402


@pytest.mark.parametrize("of", ["lender", "retailer"])
async def test_an_entry_of_another_lender_or_retailer_is_not_used(world: World, of: str) -> None:
    await world.onboard(OTHER_LENDER)
    await world.computed(OTHER_RETAILER)
    await world.grant(OTHER_RETAILER)
    await world.grant(RETAILER, OTHER_LENDER)
    await world.state.refresh()
    theirs = await cached(world, *((RETAILER, OTHER_LENDER) if of == "lender" else (OTHER_RETAILER, LENDER)))
    await put(world, *theirs)
    reply = await world.score()
    assert reply.json()["retailer_id"] == RETAILER
    assert await source_of(world, reply) == "store"


@pytest.mark.parametrize(
    "change",
    [(b'"mac":"', b'"mac":"0'), (b'"read_at_s":', b'"read_at_s":9'), (b'"mac":', b'"x":'), (b"{", b"\xff{")],
)
async def test_an_entry_that_was_changed_is_not_used(world: World, change: tuple[bytes, bytes]) -> None:
    await world.state.refresh()
    entry, generation = await cached(world)
    await put(world, entry.replace(*change, 1), generation)
    assert await source_of(world, await world.score()) == "store"


async def test_an_entry_is_used_for_four_hours_however_long_redis_keeps_it(world: World) -> None:
    changes = RetailerChanges()
    assert not changes.is_current(RETAILER, 10**12)
    async with world.pool.acquire() as connection:
        await changes.refresh(connection)
    assert changes.is_current(OTHER_RETAILER, changes.read_at_s - CACHE_LIFE_S)
    assert not changes.is_current(OTHER_RETAILER, changes.read_at_s - CACHE_LIFE_S - 1)


async def test_where_too_many_changed_everything_cached_before_is_old(world: World) -> None:
    changes = RetailerChanges(most=2)
    async with world.pool.acquire() as connection:
        await changes.refresh(connection)
        before_s = changes.read_at_s
        for number in range(3):
            await connection.execute("INSERT INTO stale_cache (retailer_id) VALUES ($1)", f"ret_{number:016x}")
        await changes.refresh(connection)
    assert not changes.is_current("ret_00000000000000ff", before_s)
    assert changes.is_current("ret_00000000000000ff", changes.read_at_s)


async def test_a_change_that_is_committed_late_is_learned_all_the_same(world: World) -> None:
    changes, insert = RetailerChanges(), "INSERT INTO stale_cache (retailer_id) VALUES ($1)"
    async with world.pool.acquire() as reader, world.pool.acquire() as late, world.pool.acquire() as early:
        transaction = late.transaction()
        await transaction.start()
        await late.execute(insert, OTHER_RETAILER)
        await early.execute(insert, RETAILER)
        await changes.refresh(reader)
        before_s = changes.read_at_s
        await transaction.commit()
        await changes.refresh(reader)
    assert not changes.is_current(OTHER_RETAILER, before_s)


@pytest.mark.parametrize("kind", WRONG_TYPES)
@pytest.mark.parametrize("place", [*WINDOWS, ENTRY, GENERATION, "mark"])
async def test_a_key_of_a_wrong_type_costs_nobody_else_redis(world: World, kind: str, place: str) -> None:
    await world.onboard(OTHER_LENDER)
    request_id = uuid4()
    name = f"score:{{{LENDER}}}:answered:{request_id.hex}" if place == "mark" else place
    command, *rest = WRONG_TYPES[kind]
    await world.redis.call("DEL", name)
    await world.redis.call(command, name, *rest)
    replies = [await world.score(headers={"X-Request-ID": str(request_id)}), await world.score(lender_id=OTHER_LENDER)]
    assert [reply.status_code for reply in replies] in ([200, 403], [409, 403])
    assert replies[1].headers["x-ratelimit-remaining"] == "99"
    await world.later(1.1)
    assert (await world.score(OTHER_RETAILER)).headers["x-ratelimit-remaining"] == "98"
    assert await world.redis.call("ZCARD", f"score:{{{LENDER}}}:day") == 2  # counted by Redis all along


@pytest.mark.parametrize("kind", ["list", "set", "hash"])
async def test_a_generation_of_a_wrong_type_keeps_no_mark_waiting(world: World, kind: str) -> None:
    command, *rest = WRONG_TYPES[kind]
    await world.redis.call("DEL", GENERATION)
    await world.redis.call(command, GENERATION, *rest)
    await world.computed(score_id="scr_" + "7" * 32, scored_at="2026-05-20T07:00:00Z")
    assert await world.pool.fetchval("SELECT count(*) FROM stale_cache") == 0
    assert await world.redis.call("TYPE", GENERATION) == b"string"


async def test_instants_of_the_future_lock_a_lender_out_for_their_window_and_not_longer(world: World) -> None:
    members = [part for number in range(150) for part in (FAR_US + number, f"x{number}")]
    await world.redis.call("ZADD", WINDOWS[0], *members)
    reply = await world.score()
    assert reply.status_code == 429
    assert 58 <= int(reply.headers["retry-after"]) <= 61
    (_, newest) = await world.redis.call("ZRANGE", WINDOWS[0], -1, -1, "WITHSCORES")
    (now_s, _) = await world.redis.call("TIME")
    assert float(newest) <= (int(now_s) + 1) * 1e6
    assert await world.redis.call("ZCARD", WINDOWS[0]) == 100
    assert await world.redis.call("PTTL", WINDOWS[0]) > 0


async def test_deleted_keys_give_no_process_a_second_quota(world: World) -> None:
    for _ in range(3):
        assert (await world.score()).status_code == 200
    await world.redis.call("DEL", *WINDOWS)
    reply = await world.score()
    assert (reply.status_code, reply.json()["limit"]) == (429, "disclosures")
    limiter = world.services.scores.limiter
    for _ in range(97):
        await limiter.admit(LENDER)
    await world.redis.call("DEL", *WINDOWS)
    admission = await limiter.admit(LENDER)
    assert (admission.is_admitted, admission.limit_name) == (False, "minute")


async def test_a_forged_mark_is_no_answer(world: World) -> None:
    request_id = uuid4()
    mark = Mark(f"score:{{{LENDER}}}:answered:{request_id.hex}", b"x" * 32)
    await world.redis.call("SET", mark.name, mark.digest)
    reply = await world.score(headers={"X-Request-ID": str(request_id)})
    assert reply.status_code == 200
