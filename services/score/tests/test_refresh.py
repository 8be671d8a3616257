"""Refresh tokens: the secret is still needed, each is used once, reuse ends the family, a day ends it anyway."""

import asyncio
import re
from typing import Any

import httpx
import jwt
import pytest
from altscore_score.tokens import store as access_store
from altscore_score.tokens.service import digest_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from .world import OTHER_LENDER, RedisServer, World

PATH = "/v1/auth/token"
DAY_S = 86_400


class Client:
    """A lender that signs in."""

    def __init__(self, world: World, lender_id: str, secret: str, redis_url: str) -> None:
        self.world = world
        self.redis_url = redis_url
        self.lender_id = lender_id
        self.secret = secret

    async def post(self, **more: Any) -> httpx.Response:
        """One request of the token endpoint; the ten a minute are forgotten before it."""
        with Redis.from_url(self.redis_url) as counts:
            counts.flushdb()
        body = {"client_id": self.lender_id, "client_secret": self.secret, **more}
        return await self.world.lenders.post(PATH, json=body)

    async def sign_in(self) -> dict[str, Any]:
        """A pair of tokens for the secret alone."""
        reply = await self.post()
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    async def refresh(self, token: str, **more: Any) -> httpx.Response:
        """A pair of tokens for a refresh token."""
        return await self.post(grant_type="refresh_token", refresh_token=token, **more)

    async def may_call(self, pair: dict[str, Any]) -> bool:
        """Whether the access token opens the door; whoever comes in gets 403, since nobody consented."""
        headers = {"Authorization": f"Bearer {pair['access_token']}", "X-Client-ID": self.lender_id}
        body = {"retailer_id": "ret_0000000000000000", "purpose": "working_capital_loan"}
        reply = await self.world.lenders.post("/v1/score", json=body, headers=headers)
        assert reply.status_code in (401, 403), reply.text
        return reply.status_code == 403


@pytest.fixture
async def client(world: World, redis_server: RedisServer) -> Client:
    return Client(
        world=world, lender_id=OTHER_LENDER, secret=await world.onboard(OTHER_LENDER), redis_url=redis_server.url
    )


async def test_a_refresh_token_gives_the_next_pair(client: Client, world: World) -> None:
    first = await client.sign_in()
    reply = await client.refresh(first["refresh_token"])
    second = reply.json()
    assert second.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (second["token_type"], second["expires_in"]) == ("Bearer", 3600)
    assert {second["refresh_token"], second["access_token"]}.isdisjoint(first.values())
    assert await client.may_call(first)
    assert await client.may_call(second)
    entry = (await world.audit("token_refreshed"))[-1]
    jti = jwt.decode(second["access_token"], options={"verify_signature": False})["jti"]
    assert (entry["actor"], entry["outcome"], entry["details"]["jti"]) == (OTHER_LENDER, "issued", jti)


async def test_a_refresh_token_is_256_random_bits_of_which_only_the_hash_is_kept(client: Client, world: World) -> None:
    token = (await client.sign_in())["refresh_token"]
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    for table in ("token_family", "refresh_token", "issued_token", "outbox"):
        rows = await world.pool.fetch(f"SELECT t::text AS line FROM {table} t")
        assert rows
        assert not [row for row in rows if token in row["line"] or token.encode().hex() in row["line"]]
    assert await world.pool.fetchval("SELECT true FROM refresh_token WHERE token_digest = $1", digest_of(token))


@pytest.mark.parametrize("secret", ["wrong", "0" * 64])
async def test_a_refresh_token_without_the_secret_is_refused_and_not_spent(client: Client, secret: str) -> None:
    token = (await client.sign_in())["refresh_token"]
    assert (await client.refresh(token, client_secret=secret)).status_code == 401
    assert (await client.refresh(token)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"grant_type": "refresh_token"},
        {"refresh_token": "0" * 64},
        {"grant_type": "client_credentials", "refresh_token": "0" * 64},
        {"grant_type": "refresh_token", "refresh_token": "0" * 63},
        {"grant_type": "refresh_token", "refresh_token": "X" * 64},
        {"grant_type": "refresh_token", "refresh_token": None},
        {"grant_type": "refresh_token", "refresh_token": ["0" * 64]},
    ],
)
async def test_a_grant_and_its_token_come_together(client: Client, body: dict[str, Any]) -> None:
    reply = await client.post(**body)
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_REQUEST")


async def test_a_refresh_token_of_another_lender_is_like_an_unknown_one(client: Client, world: World) -> None:
    unauthenticated = Client(
        world=world, lender_id="lender_third", secret=await world.onboard("lender_third"), redis_url=client.redis_url
    )
    token = (await client.sign_in())["refresh_token"]
    foreign, unknown = await unauthenticated.refresh(token), await unauthenticated.refresh("0" * 64)
    for reply in (foreign, unknown):
        assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    same = [{**reply.json(), "request_id": ""} for reply in (foreign, unknown)]
    assert same[0] == same[1]
    assert (await client.refresh(token)).status_code == 200
    assert {item["reason"] for item in await world.audit("failed_auth")} == {"REFRESH_TOKEN_UNKNOWN"}


async def test_reuse_ends_the_family_and_its_live_access_tokens_and_no_other(client: Client, world: World) -> None:
    other_family, first = await client.sign_in(), await client.sign_in()
    second = (await client.refresh(first["refresh_token"])).json()
    reply = await client.refresh(first["refresh_token"])
    assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    assert not await client.may_call(first)
    assert not await client.may_call(second)
    assert (await client.refresh(second["refresh_token"])).status_code == 401
    assert await client.may_call(other_family)
    assert (await client.refresh(other_family["refresh_token"])).status_code == 200
    (entry,) = await world.audit("token_reused")
    assert (entry["actor"], entry["outcome"], entry["reason"]) == (OTHER_LENDER, "revoked", "REFRESH_TOKEN_REUSED")


async def test_of_two_uses_at_once_at_most_one_is_served_and_the_family_ends(client: Client, world: World) -> None:
    first = await client.sign_in()
    body = {
        "client_id": OTHER_LENDER,
        "client_secret": client.secret,
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
    }
    replies = await asyncio.gather(*(world.lenders.post(PATH, json=body) for _ in range(5)))
    assert sorted(reply.status_code for reply in replies) == [200, 401, 401, 401, 401]
    assert len(await world.audit("token_reused")) == 1
    served = next(reply.json() for reply in replies if reply.status_code == 200)
    assert not await client.may_call(served)


async def test_a_family_lives_for_24_hours_however_often_it_is_refreshed(client: Client, world: World) -> None:
    pair = await client.sign_in()
    world.clock.advance(seconds=DAY_S // 2)
    pair = (await client.refresh(pair["refresh_token"])).json()
    world.clock.advance(seconds=DAY_S // 2 - 1)
    pair = (await client.refresh(pair["refresh_token"])).json()
    world.clock.advance(seconds=1)
    assert (await client.refresh(pair["refresh_token"])).status_code == 401
    assert (await world.audit("failed_auth"))[-1]["reason"] == "REFRESH_TOKEN_EXPIRED"
    assert await client.may_call(pair)


async def test_unknown_refresh_tokens_count_towards_the_lock_and_expired_ones_do_not(
    client: Client, world: World
) -> None:
    pair = await client.sign_in()
    world.clock.advance(seconds=DAY_S)
    for _ in range(6):
        assert (await client.refresh(pair["refresh_token"])).status_code == 401
    for _ in range(5):
        assert (await client.refresh("0" * 64)).status_code == 401
    assert [(await client.refresh("0" * 64)).status_code, (await client.post()).status_code] == [429, 429]


async def test_both_grants_share_the_ten_tries_of_a_minute(client: Client, world: World) -> None:
    token = (await client.sign_in())["refresh_token"]
    body = {"client_id": OTHER_LENDER, "client_secret": client.secret}
    for _ in range(4):
        assert (await world.lenders.post(PATH, json=body)).status_code == 200
    for _ in range(5):
        pair = await world.lenders.post(PATH, json={**body, "grant_type": "refresh_token", "refresh_token": token})
        token = pair.json()["refresh_token"]
    refused = await world.lenders.post(PATH, json={**body, "grant_type": "refresh_token", "refresh_token": token})
    assert (refused.status_code, refused.headers["x-ratelimit-limit"]) == (429, "10")


async def test_what_is_issued_is_on_record_or_not_issued(client: Client, world: World) -> None:
    pair = await client.sign_in()
    async with world.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE outbox IN EXCLUSIVE MODE")
        reply = await client.refresh(pair["refresh_token"])
    assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert (await client.refresh(pair["refresh_token"])).status_code == 200


async def test_families_are_cleared_when_nothing_of_them_can_be_good(client: Client, world: World) -> None:
    await client.sign_in()
    world.clock.advance(seconds=DAY_S + 7_199)
    await _clean(world)
    assert await world.pool.fetchval("SELECT count(*) FROM issued_token") > 0
    world.clock.advance(seconds=1)
    await _clean(world)
    for table in ("token_family", "refresh_token", "issued_token"):
        assert await world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def _clean(world: World) -> None:
    async with world.pool.acquire() as connection, connection.transaction():
        await access_store.delete_old(connection, now=world.clock.now())


steps = st.lists(st.tuples(st.sampled_from(["newest", "spent", "elsewhere"]), st.integers(0, 5)), max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=steps)
async def test_in_any_order_a_family_serves_only_its_newest_token_and_nothing_after_a_reuse(
    client: Client, order: list[tuple[str, int]]
) -> None:
    family = [await client.sign_in()]
    elsewhere, is_ended = await client.sign_in(), False
    for which, place in order:
        if which == "elsewhere":
            elsewhere = (await client.refresh(elsewhere["refresh_token"])).json()
            continue
        is_reuse = which == "spent" and len(family) > 1
        used = family[place % (len(family) - 1)] if is_reuse else family[-1]
        reply = await client.refresh(used["refresh_token"])
        assert (reply.status_code == 200) is not (is_ended or is_reuse)
        is_ended = is_ended or is_reuse
        if reply.status_code == 200:
            family.append(reply.json())
    assert [await client.may_call(item) for item in family] == [not is_ended] * len(family)
    assert await client.may_call(elsewhere)
