"""An X-Request-ID is answered once, whatever Redis remembers of it: the database's own row decides."""

import hashlib
from uuid import uuid4

import pytest
from altscore_score.idempotency.service import idempotency_key
from altscore_score.platform.waits import SERVING

from ..world import LENDER, OTHER_RETAILER, PURPOSE, RETAILER, World

QUICKLY_GIVEN_UP = pytest.mark.parametrize("waits", [SERVING])


async def forget(world: World, *, quotas: bool = False) -> None:
    """Makes Redis lose its marks of answered calls, or all it holds."""
    keys = await world.service_redis.call("KEYS", "*" if quotas else "*:answered:*")
    assert keys
    await world.redis.call("DEL", *keys)


async def test_a_replay_that_redis_forgot_gives_the_same_bytes_and_spends_nothing(world: World) -> None:
    key = {"X-Request-ID": str(uuid4())}
    first = await world.score(headers=key)
    for _ in range(4):
        await forget(world)
        again = await world.score(headers=key)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["x-ratelimit-remaining"] == "99"
        another = idempotency_key({"x-request-id": str(uuid4())}, b"another", lender_id=LENDER)
        assert another is not None
        world.services.scores.idempotency.mark(another)
    assert (await world.score()).headers["x-ratelimit-remaining"] == "98"


async def test_a_forgotten_replay_is_answered_when_the_quota_is_spent(world: World) -> None:
    key = {"X-Request-ID": str(uuid4())}
    first = await world.score(headers=key)
    for number in range(99):
        await world.score(f"ret_{number:016x}")
    assert (await world.score()).status_code == 429
    await forget(world)
    assert (await world.score(headers=key)).content == first.content


async def test_a_forgotten_replay_is_answered_when_the_disclosures_are_spent(world: World) -> None:
    key = {"X-Request-ID": str(uuid4())}
    first = await world.score(headers=key)
    assert [(await world.score()).status_code for _ in range(3)] == [200, 200, 429]
    await forget(world)
    assert (await world.score(headers=key)).content == first.content


async def test_a_forgotten_key_with_another_body_conflicts_all_the_same(world: World) -> None:
    key = {"X-Request-ID": str(uuid4())}
    await world.score(headers=key)
    await forget(world)
    conflict = await world.score(headers=key, requested_limit_inr=5)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_a_mark_without_a_row_is_no_answer_and_costs_as_any_call(world: World) -> None:
    key = uuid4()
    await world.score(OTHER_RETAILER)
    await world.redis.call("SET", f"score:{{{LENDER}}}:answered:{key.hex}", b"planted")
    reply = await world.score(headers={"X-Request-ID": str(key)})
    assert (reply.status_code, reply.headers["x-ratelimit-remaining"]) == (200, "98")


async def test_a_planted_mark_buys_no_free_call(world: World) -> None:
    key = uuid4()
    sent = world.lenders.build_request("POST", "/", json={"retailer_id": OTHER_RETAILER, "purpose": PURPOSE})
    digest = hashlib.sha256(sent.content).digest()
    await world.redis.call("SET", f"score:{{{LENDER}}}:answered:{key.hex}", digest)
    for left in (99, 98):
        reply = await world.score(OTHER_RETAILER, headers={"X-Request-ID": str(key)})
        assert (reply.status_code, reply.headers["x-ratelimit-remaining"]) == (403, str(left))


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_the_request_id_of_a_refused_call_is_free(world: World, is_forgotten: bool) -> None:
    key = {"X-Request-ID": str(uuid4())}
    assert (await world.score(OTHER_RETAILER, headers=key)).status_code == 403
    if is_forgotten:
        await forget(world, quotas=True)
    assert (await world.score(headers=key)).status_code == 200


@QUICKLY_GIVEN_UP
@pytest.mark.parametrize("fault", ["is_hanging", "is_down"])
async def test_a_stored_reply_of_a_withdrawn_retailer_is_withheld_while_consent_gives_no_answer(
    world: World, fault: str
) -> None:
    key = {"X-Request-ID": str(uuid4())}
    assert (await world.score(headers=key)).status_code == 200
    await world.revoke(at_authority=False, drops_cache=False)  # it has reached the grants, and nothing else
    setattr(world.neighbours, fault, True)
    await world.later(5)
    replies = [await world.score(headers=headers) for headers in (key, {"X-Request-ID": str(uuid4())})]
    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(403, "CONSENT_NOT_GRANTED")] * 2
    assert all("altscore" not in reply.json() for reply in replies)


@QUICKLY_GIVEN_UP
async def test_a_batch_replays_no_withdrawn_retailer_while_consent_hangs(world: World) -> None:
    key = {"X-Request-ID": str(uuid4())}
    body = {"retailer_ids": [RETAILER], "purpose": PURPOSE}
    first = await world.lenders.post("/v1/score/batch", json=body, headers=world.headers(**key))
    assert [item["status"] for item in first.json()["results"]] == [200]
    await world.revoke(at_authority=False, drops_cache=False)  # it has reached the grants, and nothing else
    world.neighbours.is_hanging = True
    await world.later(5)
    again = await world.lenders.post("/v1/score/batch", json=body, headers=world.headers(**key))
    assert [item["status"] for item in again.json()["results"]] == [403]


@QUICKLY_GIVEN_UP
async def test_a_stored_reply_is_served_while_consent_hangs_and_the_local_grant_holds(world: World) -> None:
    key = {"X-Request-ID": str(uuid4())}
    first = await world.score(headers=key)
    world.neighbours.is_hanging = True
    await world.later(5)
    again = await world.score(headers=key)
    assert (again.status_code, again.content) == (200, first.content)


async def test_a_request_id_is_free_again_after_24_hours(world: World) -> None:
    key = {"X-Request-ID": str(uuid4())}
    first = await world.score(headers=key)
    world.clock.advance(seconds=24 * 3600 + 1)
    world.tokens[LENDER] = (await world.services.tokens.issuer.issue(LENDER)).token
    again = await world.score(headers=key)
    assert again.status_code == 200
    assert again.json()["data_freshness_days"] == first.json()["data_freshness_days"] + 1


async def test_a_uuid_is_the_same_key_in_every_spelling(world: World) -> None:
    key = uuid4()
    spellings = [{"X-Request-ID": spelling} for spelling in (key.hex, str(key).upper(), key.urn, f"{{{key}}}")]
    first = await world.score(headers={"X-Request-ID": str(key)})
    for headers in spellings:
        again = await world.score(headers=headers)
        assert (again.status_code, again.content) == (200, first.content)
        assert (again.headers["x-request-id"], again.headers["x-ratelimit-remaining"]) == (str(key), "99")
    for headers in spellings:
        conflict = await world.score(headers=headers, requested_limit_inr=5)
        assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
