"""Refresh tokens: each gives one pair and needs the secret; a late reuse ends the family, as a day does."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from altscore_score.settings import ApiSettings
from altscore_score.tokens import store as token_store
from altscore_score.tokens.service import digest_of
from altscore_score.tokens.successors import decrypt_successor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from ..forge import jti_of
from ..redis_server import RedisServer
from ..world import NOW, OTHER_LENDER, World, locked_outbox, second_replica, without_request_id

PATH = "/v1/auth/token"
DAY_S = 86_400


class Lender:
    """A lender that signs in and refreshes."""

    def __init__(self, world: World, lender_id: str, secret: str, redis_url: str) -> None:
        self.world = world
        self.redis_url = redis_url
        self.lender_id = lender_id
        self.secret = secret

    async def post(self, **more: Any) -> httpx.Response:
        """POST /v1/auth/token, after the tries of the last minute are forgotten."""
        with Redis.from_url(self.redis_url) as counts:
            counts.flushdb()
        body = {"client_id": self.lender_id, "client_secret": self.secret, **more}
        return await self.world.lenders.post(PATH, json=body)

    async def sign_in(self) -> dict[str, Any]:
        """The pair of tokens that the secret alone gives."""
        reply = await self.post()
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    async def refresh(self, token: str, **more: Any) -> httpx.Response:
        """The reply to a refresh token."""
        return await self.post(grant_type="refresh_token", refresh_token=token, **more)

    async def may_call(self, pair: dict[str, Any]) -> bool:
        """Whether the access token is accepted; the call is then a 403, since nobody consented."""
        headers = {"Authorization": f"Bearer {pair['access_token']}", "X-Client-ID": self.lender_id}
        body = {"retailer_id": "ret_0000000000000000", "purpose": "working_capital_loan"}
        reply = await self.world.lenders.post("/v1/score", json=body, headers=headers)
        assert reply.status_code in (401, 403), reply.text
        return reply.status_code == 403


@pytest.fixture
async def lender(world: World, redis_server: RedisServer) -> Lender:
    """OTHER_LENDER, onboarded."""
    secret = await world.onboard(OTHER_LENDER)
    return Lender(world=world, lender_id=OTHER_LENDER, secret=secret, redis_url=redis_server.url)


async def another_lender(lender: Lender) -> Lender:
    """A third lender, onboarded."""
    secret = await lender.world.onboard("lender_third")
    return Lender(world=lender.world, lender_id="lender_third", secret=secret, redis_url=lender.redis_url)


async def test_a_refresh_token_gives_the_next_pair(lender: Lender, world: World) -> None:
    first = await lender.sign_in()
    reply = await lender.refresh(first["refresh_token"])
    second = reply.json()
    assert second.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (second["token_type"], second["expires_in"]) == ("Bearer", 3600)
    assert {second["refresh_token"], second["access_token"]}.isdisjoint(first.values())
    assert await lender.may_call(first)
    assert await lender.may_call(second)
    entry = (await world.audit("token_refreshed"))[-1]
    jti = jti_of(second["access_token"])
    assert (entry["actor"], entry["outcome"], entry["details"]["jti"]) == (OTHER_LENDER, "issued", jti)


async def test_a_refresh_token_is_256_random_bits_of_which_only_the_hash_is_kept(lender: Lender, world: World) -> None:
    token = (await lender.sign_in())["refresh_token"]
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    for table in ("token_family", "refresh_token", "issued_token", "outbox"):
        rows = await (world.fetch_outbox if table == "outbox" else world.pool.fetch)(
            f"SELECT t::text AS line FROM {table} t"
        )
        assert rows
        assert not [row for row in rows if token in row["line"] or token.encode().hex() in row["line"]]
    assert await world.pool.fetchval("SELECT true FROM refresh_token WHERE token_digest = $1", digest_of(token))


@pytest.mark.parametrize("secret", ["wrong", "0" * 64])
async def test_a_refresh_token_without_the_secret_is_refused_and_not_spent(lender: Lender, secret: str) -> None:
    token = (await lender.sign_in())["refresh_token"]
    assert (await lender.refresh(token, client_secret=secret)).status_code == 401
    assert (await lender.refresh(token)).status_code == 200


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
async def test_a_grant_and_its_token_come_together(lender: Lender, body: dict[str, Any]) -> None:
    reply = await lender.post(**body)
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_REQUEST")


async def test_a_refresh_token_of_another_lender_is_like_an_unknown_one(lender: Lender, world: World) -> None:
    other = await another_lender(lender)
    token = (await lender.sign_in())["refresh_token"]
    foreign, unknown = await other.refresh(token), await other.refresh("0" * 64)
    for reply in (foreign, unknown):
        assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    assert without_request_id(foreign) == without_request_id(unknown)
    assert (await lender.refresh(token)).status_code == 200
    assert {entry["reason"] for entry in await world.audit("failed_auth")} == {"REFRESH_TOKEN_UNKNOWN"}


async def test_a_refresh_repeated_within_ten_seconds_gets_the_same_pair_and_a_later_one_ends_the_family(
    lender: Lender, world: World
) -> None:
    first = await lender.sign_in()
    second = (await lender.refresh(first["refresh_token"])).json()
    assert (await lender.refresh(first["refresh_token"])).json() == second
    world.clock.advance(seconds=10)
    late = (await lender.refresh(first["refresh_token"])).json()
    assert late == {**second, "expires_in": 3590}
    repeated = [entry for entry in await world.audit("token_refreshed") if entry["outcome"] == "repeated"]
    jti = jti_of(second["access_token"])
    assert [(entry["actor"], entry["details"]["jti"]) for entry in repeated] == [(OTHER_LENDER, jti)] * 2
    assert await lender.may_call(late)
    world.clock.advance(seconds=0.001)
    assert (await lender.refresh(first["refresh_token"])).status_code == 401
    assert not await lender.may_call(late)
    assert (await lender.refresh(late["refresh_token"])).status_code == 401


async def test_a_repetition_needs_the_secret_the_lender_and_a_living_family(lender: Lender, world: World) -> None:
    other = await another_lender(lender)
    first = await lender.sign_in()
    assert (await lender.refresh(first["refresh_token"])).status_code == 200
    assert (await lender.refresh(first["refresh_token"], client_secret="0" * 64)).status_code == 401
    assert (await other.refresh(first["refresh_token"])).status_code == 401
    await world.pool.execute("UPDATE token_family SET revoked_at = $1 WHERE lender_id = $2", NOW, OTHER_LENDER)
    assert (await lender.refresh(first["refresh_token"])).status_code == 401


async def test_what_is_kept_for_a_repetition_opens_with_the_spent_token_alone_and_goes_after_a_minute(
    lender: Lender, world: World
) -> None:
    first = await lender.sign_in()
    second = (await lender.refresh(first["refresh_token"])).json()
    row = await world.pool.fetchrow("SELECT family_id, successor FROM refresh_token WHERE successor IS NOT NULL")
    for token in (second["refresh_token"], second["access_token"], second["access_token"].split(".")[2]):
        assert token.encode() not in row["successor"]
    opened = decrypt_successor(row["successor"], spent_token=first["refresh_token"], family_id=row["family_id"])
    assert (opened.access_token, opened.refresh_token) == (second["access_token"], second["refresh_token"])
    for spent, family in ((second["refresh_token"], row["family_id"]), (first["refresh_token"], "0" * 32)):
        with pytest.raises(ValueError, match="key and context"):
            decrypt_successor(row["successor"], spent_token=spent, family_id=family)
    world.clock.advance(seconds=59)
    await delete_old(world)
    assert await world.pool.fetchval("SELECT count(successor) FROM refresh_token") == 1
    world.clock.advance(seconds=1)
    await delete_old(world)
    assert await world.pool.fetchval("SELECT count(successor) FROM refresh_token") == 0


async def test_reuse_ends_the_family_and_its_live_access_tokens_and_no_other(lender: Lender, world: World) -> None:
    other_family, first = await lender.sign_in(), await lender.sign_in()
    second = (await lender.refresh(first["refresh_token"])).json()
    world.clock.advance(seconds=11)
    reply = await lender.refresh(first["refresh_token"])
    assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    assert not await lender.may_call(first)
    assert not await lender.may_call(second)
    assert (await lender.refresh(second["refresh_token"])).status_code == 401
    assert await lender.may_call(other_family)
    assert (await lender.refresh(other_family["refresh_token"])).status_code == 200
    (entry,) = await world.audit("token_reused")
    assert (entry["actor"], entry["outcome"], entry["reason"]) == (OTHER_LENDER, "revoked", "REFRESH_TOKEN_REUSED")


async def test_all_uses_at_once_on_two_replicas_get_one_pair(
    lender: Lender, world: World, api_settings: ApiSettings
) -> None:
    first = await lender.sign_in()
    body = {
        "client_id": OTHER_LENDER,
        "client_secret": lender.secret,
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
    }
    async with second_replica(api_settings, world.pool, lender.redis_url) as other:
        replicas = [world.lenders, other] * 4
        replies = await asyncio.gather(*(api.post(PATH, json=body) for api in replicas))
    assert [reply.status_code for reply in replies] == [200] * len(replicas)
    assert len({reply.content for reply in replies}) == 1
    assert await lender.may_call(replies[0].json())
    outcomes = [entry["outcome"] for entry in await world.audit("token_refreshed")]
    assert sorted(outcomes) == ["issued"] + ["repeated"] * (len(replicas) - 1)
    assert await world.audit("token_reused") == []
    assert await world.pool.fetchval("SELECT count(*) FROM refresh_token WHERE used_at IS NULL") == 3


async def test_a_family_lives_for_24_hours_however_often_it_is_refreshed(lender: Lender, world: World) -> None:
    pair = await lender.sign_in()
    world.clock.advance(seconds=DAY_S // 2)
    pair = (await lender.refresh(pair["refresh_token"])).json()
    world.clock.advance(seconds=DAY_S // 2 - 1)
    pair = (await lender.refresh(pair["refresh_token"])).json()
    world.clock.advance(seconds=1)
    assert (await lender.refresh(pair["refresh_token"])).status_code == 401
    assert (await world.audit("failed_auth"))[-1]["reason"] == "REFRESH_TOKEN_EXPIRED"
    assert await lender.may_call(pair)


async def test_unknown_refresh_tokens_count_towards_the_lock_and_expired_ones_do_not(
    lender: Lender, world: World
) -> None:
    pair = await lender.sign_in()
    world.clock.advance(seconds=DAY_S)
    for _ in range(6):
        assert (await lender.refresh(pair["refresh_token"])).status_code == 401
    for _ in range(5):
        assert (await lender.refresh("0" * 64)).status_code == 401
    assert [(await lender.refresh("0" * 64)).status_code, (await lender.post()).status_code] == [429, 429]


async def test_both_grants_share_the_ten_tries_of_a_minute(lender: Lender, world: World) -> None:
    token = (await lender.sign_in())["refresh_token"]
    body = {"client_id": OTHER_LENDER, "client_secret": lender.secret}
    for _ in range(4):
        assert (await world.lenders.post(PATH, json=body)).status_code == 200
    for _ in range(5):
        pair = await world.lenders.post(PATH, json={**body, "grant_type": "refresh_token", "refresh_token": token})
        token = pair.json()["refresh_token"]
    refused = await world.lenders.post(PATH, json={**body, "grant_type": "refresh_token", "refresh_token": token})
    assert (refused.status_code, refused.headers["x-ratelimit-limit"]) == (429, "10")


async def test_a_pair_that_cannot_be_audited_is_not_issued(lender: Lender, world: World) -> None:
    pair = await lender.sign_in()
    with locked_outbox(world.database):
        reply = await lender.refresh(pair["refresh_token"])
    assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert (await lender.refresh(pair["refresh_token"])).status_code == 200


async def test_families_are_cleared_when_nothing_of_them_can_be_good(lender: Lender, world: World) -> None:
    await lender.sign_in()
    world.clock.advance(seconds=DAY_S + 7_199)
    await delete_old(world)
    assert await world.pool.fetchval("SELECT count(*) FROM issued_token") > 0
    world.clock.advance(seconds=1)
    await delete_old(world)
    for table in ("token_family", "refresh_token", "issued_token"):
        assert await world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def delete_old(world: World) -> None:
    """Deletes what is over, as the purger does."""
    async with world.pool.acquire() as connection, connection.transaction():
        await token_store.delete_old(connection, now=world.clock.now())


steps = st.lists(st.tuples(st.sampled_from(["newest", "spent", "elsewhere", "wait"]), st.integers(0, 5)), max_size=10)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=steps)
async def test_in_any_order_a_spent_token_gives_its_own_pair_for_ten_seconds_and_then_ends_the_family(
    lender: Lender, world: World, order: list[tuple[str, int]]
) -> None:
    family, used_at = [await lender.sign_in()], list[datetime]()
    elsewhere, is_ended = await lender.sign_in(), False
    for which, number in order:
        if which == "wait":
            world.clock.advance(seconds=3 * number)
        elif which == "elsewhere":
            elsewhere = (await lender.refresh(elsewhere["refresh_token"])).json()
        elif which == "spent" and used_at:
            place = number % len(used_at)
            reply = await lender.refresh(family[place]["refresh_token"])
            is_ended = is_ended or world.clock.now() - used_at[place] > timedelta(seconds=10)
            assert reply.status_code == (401 if is_ended else 200)
            if not is_ended:
                assert tokens_of(reply.json()) == tokens_of(family[place + 1])
        else:
            reply = await lender.refresh(family[-1]["refresh_token"])
            assert reply.status_code == (401 if is_ended else 200)
            if not is_ended:
                family.append(reply.json())
                used_at.append(world.clock.now())
    assert [await lender.may_call(pair) for pair in family] == [not is_ended] * len(family)
    assert await lender.may_call(elsewhere)


def tokens_of(pair: dict[str, Any]) -> tuple[str, str]:
    """Both tokens of a pair."""
    return pair["access_token"], pair["refresh_token"]
