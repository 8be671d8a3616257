"""What operators order about a lender's access holds at once here, and within a second at every other replica."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import jwt
import pytest
from altscore_libs.clock import FixedClock
from altscore_libs.http_client import ServiceClient
from altscore_libs.testing import api_client
from altscore_score.access.authentication import AccessState
from altscore_score.access.events import RevocationNotifier
from altscore_score.access.store import secret_hashes
from altscore_score.app import create_internal_app, create_lenders_app
from altscore_score.clients import ConsentClient, VaultClient
from altscore_score.main import open_redis, wire
from altscore_score.settings import ApiSettings
from altscore_score.tokens.verifier import Claims

from ..world import LENDER, NOW, OTHER_LENDER, PURPOSE, RETAILER, Monotonic, RedisServer, World

BASE = f"/internal/admin/lenders/{LENDER}"
NOW_S = int(NOW.timestamp())


def order(**more: Any) -> dict[str, Any]:
    """An operator's order with an id of its own."""
    return {"order_id": str(uuid4()), "by": "ops-1", "reason": "compromise", **more}


async def give(world: World, what: str, **more: Any) -> httpx.Response:
    """An order about the world's lender."""
    return await world.admin.post(f"{BASE}/{what}", json=order(**more))


async def sign_in(world: World, secret: str, lender_id: str = LENDER, **more: Any) -> httpx.Response:
    """Asks for a token."""
    body = {"client_id": lender_id, "client_secret": secret, **more}
    return await world.lenders.post("/v1/auth/token", json=body)


def jti_of(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["jti"])


@pytest.fixture
async def secret(world: World) -> str:
    """The secret of the world's lender, rotated so that the test knows it."""
    created = await give(world, "rotate-secret", reason="rotation")
    return str(created.json()["client_secret"])


async def test_one_token_is_revoked_and_the_lenders_others_stay(world: World, secret: str) -> None:
    other = (await sign_in(world, secret)).json()
    reply = await give(world, "revoke-tokens", jti=jti_of(world.tokens[LENDER]))
    assert (reply.status_code, reply.json()) == (200, {"client_id": LENDER, "is_repeated": False})
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"
    world.tokens[LENDER] = other["access_token"]
    assert (await world.score()).status_code == 200
    (entry,) = await world.audit("token_revoked")
    assert (entry["subject"], entry["reason"], entry["details"]["ordered_by"]) == (LENDER, "compromise", "ops-1")


async def test_a_revoked_token_stays_revoked_for_the_skew_after_it_expired(world: World) -> None:
    await give(world, "revoke-tokens", jti=jti_of(world.tokens[LENDER]))
    world.clock.advance(seconds=3_615)
    await world.state.refresh()
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"


async def test_all_tokens_of_a_lender_and_nobody_elses_are_revoked(world: World, secret: str) -> None:
    await world.onboard(OTHER_LENDER)
    pair = (await sign_in(world, secret)).json()
    assert (await give(world, "revoke-tokens")).status_code == 200
    assert (await world.score()).status_code == 401
    again = await sign_in(world, secret, grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert again.status_code == 401
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403
    world.clock.advance(seconds=1)
    world.tokens[LENDER] = (await sign_in(world, secret)).json()["access_token"]
    assert (await world.score()).status_code == 200


async def test_a_token_from_a_replica_whose_clock_is_ahead_is_revoked_too(world: World, secret: str) -> None:
    world.clock.advance(seconds=20)
    world.tokens[LENDER] = (await sign_in(world, secret)).json()["access_token"]
    world.clock.advance(seconds=-20)
    assert (await world.score()).status_code == 200
    await give(world, "revoke-tokens")
    assert (await world.score()).status_code == 401


async def test_a_suspended_lender_is_refused_everything_until_it_is_reactivated(world: World, secret: str) -> None:
    pair = (await sign_in(world, secret)).json()
    assert (await give(world, "suspend", reason="misuse")).status_code == 200
    assert (await world.score()).status_code == 401
    assert (await sign_in(world, secret)).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert (await sign_in(world, secret, **refresh)).status_code == 401
    assert (await give(world, "reactivate", reason="resolved")).status_code == 200
    assert (await world.score()).status_code == 401
    assert (await sign_in(world, secret, **refresh)).status_code == 401
    world.clock.advance(seconds=1)
    world.tokens[LENDER] = (await sign_in(world, secret)).json()["access_token"]
    assert (await world.score()).status_code == 200
    assert [item["reason"] for item in await world.audit("lender_suspended")] == ["misuse"]
    assert [item["reason"] for item in await world.audit("lender_reactivated")] == ["resolved"]


async def test_onboarding_again_does_not_lift_a_suspension(world: World, secret: str) -> None:
    await give(world, "suspend")
    assert (await world.admin.put(BASE, json={"name": "A lender"})).status_code == 200
    assert (await sign_in(world, secret)).status_code == 401


async def test_a_new_secret_replaces_the_old_one_at_once_unless_an_overlap_is_asked(world: World, secret: str) -> None:
    created = await give(world, "rotate-secret", reason="rotation")
    new = created.json()["client_secret"]
    assert (created.status_code, len(new)) == (201, 64)
    assert [(await sign_in(world, item)).status_code for item in (secret, new)] == [401, 200]


async def test_an_overlap_ends_on_its_second(world: World, secret: str) -> None:
    created = (await give(world, "rotate-secret", reason="rotation", overlap_s=3600)).json()
    assert created["former_valid_until"] == "2026-05-20T09:00:00Z"
    world.clock.advance(seconds=3_599)
    assert [(await sign_in(world, item)).status_code for item in (secret, created["client_secret"])] == [200, 200]
    world.clock.advance(seconds=1)
    assert [(await sign_in(world, item)).status_code for item in (secret, created["client_secret"])] == [401, 200]


async def test_a_later_rotation_can_shorten_an_overlap_and_never_lengthen_it(world: World, secret: str) -> None:
    second = (await give(world, "rotate-secret", overlap_s=100)).json()["client_secret"]
    third = (await give(world, "rotate-secret", overlap_s=3600)).json()["client_secret"]
    world.clock.advance(seconds=100)
    assert [(await sign_in(world, item)).status_code for item in (secret, second, third)] == [401, 200, 200]
    fourth = (await give(world, "rotate-secret")).json()["client_secret"]
    assert [(await sign_in(world, item)).status_code for item in (second, third, fourth)] == [401, 401, 200]


async def test_no_more_than_three_secrets_count_at_once(world: World, secret: str) -> None:
    for _ in range(2):
        assert (await give(world, "rotate-secret", overlap_s=3600)).status_code == 201
    refused = await give(world, "rotate-secret", overlap_s=3600)
    assert (refused.status_code, refused.json()["code"]) == (409, "SECRETS_OVERLAP")
    assert (await give(world, "rotate-secret")).status_code == 201


async def test_during_an_overlap_every_client_costs_the_same_comparisons(world: World, secret: str) -> None:
    await world.onboard(OTHER_LENDER)
    await give(world, "rotate-secret", overlap_s=3600)
    async with world.pool.acquire() as connection:
        result = [len(await secret_hashes(connection, item, now=NOW)) for item in (LENDER, OTHER_LENDER, "lender_x")]
    assert result == [2, 2, 2]


@pytest.mark.parametrize(
    ("what", "action", "more"),
    [
        ("revoke-tokens", "tokens_revoked", {}),
        ("suspend", "lender_suspended", {}),
        ("reactivate", "lender_reactivated", {}),
        ("rotate-secret", "lender_secret_rotated", {"overlap_s": 60}),
    ],
)
async def test_an_order_is_carried_out_once_and_its_repetition_is_audited(
    world: World, secret: str, what: str, action: str, more: dict[str, Any]
) -> None:
    before = len(await world.audit(action))
    body = order(**more)
    first = await world.admin.post(f"{BASE}/{what}", json=body)
    world.clock.advance(seconds=5)
    state = await _access_rows(world)
    second = await world.admin.post(f"{BASE}/{what}", json=body)
    assert (first.json()["is_repeated"], second.json()) == (False, {"client_id": LENDER, "is_repeated": True})
    assert await _access_rows(world) == state
    assert [item["outcome"] for item in await world.audit(action)][before:] == ["done", "repeated"]


async def _access_rows(world: World) -> list[str]:
    tables = ("lender", "former_secret", "revoked_token", "token_family")
    return [row["line"] for table in tables for row in await world.pool.fetch(f"SELECT t::text AS line FROM {table} t")]


async def test_an_order_id_is_not_used_for_something_else(world: World) -> None:
    body = order()
    await world.admin.post(f"{BASE}/reactivate", json=body)
    refused = await world.admin.post(f"{BASE}/suspend", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert (await world.score()).status_code == 200


async def test_a_secret_is_shown_once_and_kept_as_a_hash(world: World) -> None:
    body = order()
    shown = (await world.admin.post(f"{BASE}/rotate-secret", json=body)).json()["client_secret"]
    assert "client_secret" not in (await world.admin.post(f"{BASE}/rotate-secret", json=body)).json()
    for table in ("lender", "former_secret", "access_order", "outbox"):
        rows = await world.pool.fetch(f"SELECT t::text AS line FROM {table} t")
        assert not [row for row in rows if shown in row["line"] or shown.encode().hex() in row["line"]]


async def test_an_unknown_lender_or_a_token_of_another_is_a_404_and_changes_nothing(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    unknown = await world.admin.post("/internal/admin/lenders/lender_nobody/suspend", json=order())
    foreign = await give(world, "revoke-tokens", jti=jti_of(world.tokens[OTHER_LENDER]))
    assert [unknown.status_code, foreign.status_code] == [404, 404]
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403
    assert await world.pool.fetchval("SELECT count(*) FROM access_order") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"order_id": "1"},
        {"order_id": None},
        {"by": ""},
        {"by": "a b"},
        {"reason": "because"},
        {"jti": "../x"},
        {"overlap_s": 5},
    ],
)
async def test_a_malformed_order_is_a_400(world: World, change: dict[str, Any]) -> None:
    assert (await give(world, "revoke-tokens", **change)).status_code == 400


@pytest.mark.parametrize("overlap_s", [-1, 604_801, "60", 1.5, True])
async def test_an_overlap_is_whole_seconds_up_to_a_week(world: World, overlap_s: object) -> None:
    assert (await give(world, "rotate-secret", overlap_s=overlap_s)).status_code == 400


@pytest.mark.parametrize("caller", [None, "consent", "score"])
@pytest.mark.parametrize("what", ["revoke-tokens", "suspend", "reactivate", "rotate-secret"])
async def test_admin_alone_gives_orders(world: World, caller: str | None, what: str) -> None:
    async with api_client(create_internal_app(world.services), caller) as client:
        assert (await client.post(f"{BASE}/{what}", json=order())).status_code == 403
    assert (await world.lenders.post(f"{BASE}/{what}", json=order())).status_code == 404


# Two replicas


@asynccontextmanager
async def replica(settings: ApiSettings, pool: asyncpg.Pool, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A second process of the same service, with its own memory and its own loops."""
    clock, client = FixedClock(NOW), open_redis(redis_url, None)
    nowhere = httpx.MockTransport(lambda _: httpx.Response(503))
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        http = await stack.enter_async_context(
            ServiceClient("https://neighbours.test", tls=None, attempts=1, transport=nowhere)
        )
        wiring = wire(
            settings,
            pool,
            client,
            clock=clock,
            monotonic=Monotonic(),
            consent=ConsentClient(http),
            vault=VaultClient(http),
        )
        stack.push_async_callback(wiring.close)
        await wiring.state.refresh()
        running = asyncio.create_task(wiring.state.run(stop))
        yield await stack.enter_async_context(api_client(create_lenders_app(wiring.services)))
        stop.set()
        await running


async def until(reached: Callable[[], Awaitable[bool]], *, within_s: float) -> None:
    """Asks again and again; fails when it is not reached in time."""
    async with asyncio.timeout(within_s):
        while not await reached():
            pass


@pytest.mark.parametrize("is_redis_up", [True, False])
async def test_revoked_on_one_replica_is_refused_on_the_other_within_a_second(
    world: World, api_settings: ApiSettings, redis_server: RedisServer, is_redis_up: bool
) -> None:
    async with replica(api_settings, world.pool, redis_server.url) as other:
        body = {"retailer_id": RETAILER, "purpose": PURPOSE}

        async def is_refused() -> bool:
            reply = await other.post("/v1/score", json=body, headers=world.headers())
            return reply.status_code == 401

        assert not await is_refused()
        if not is_redis_up:
            redis_server.stop()
        await give(world, "revoke-tokens")
        await until(is_refused, within_s=1)


async def test_an_announcement_is_read_without_waiting_for_the_poll(world: World, redis_server: RedisServer) -> None:
    client, stop = open_redis(redis_server.url, None), asyncio.Event()
    state = AccessState(world.pool, RevocationNotifier(client), poll_s=3600)
    running = asyncio.create_task(state.run(stop))
    jti = jti_of(world.tokens[LENDER])
    claims = Claims(lender_id=LENDER, jti=jti, issued_at_s=NOW_S, expires_at_s=NOW_S + 3600, key_id="k")

    async def has_listener() -> bool:
        return bool((await client.pubsub_numsub("score:revocations"))[0][1])

    await until(has_listener, within_s=5)
    await until(lambda: _passes(state, claims), within_s=5)
    await give(world, "revoke-tokens", jti=jti)
    await until(lambda: _is_known(state, jti), within_s=1)
    stop.set()
    await running
    await client.aclose()


async def _passes(state: AccessState, claims: Claims) -> bool:
    await asyncio.sleep(0)
    return state.is_read and claims.jti not in state.current.jtis


async def _is_known(state: AccessState, jti: str) -> bool:
    await asyncio.sleep(0)
    return jti in state.current.jtis


async def test_a_message_alone_revokes_nothing_and_restores_nothing(world: World, redis_server: RedisServer) -> None:
    client = open_redis(redis_server.url, None)
    await client.publish("score:revocations", jti_of(world.tokens[LENDER]))
    await world.state.refresh()
    assert (await world.score()).status_code == 200
    await client.aclose()
