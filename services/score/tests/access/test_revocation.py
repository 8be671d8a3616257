"""What operators order about a lender's access holds at once here, and within a second at every other replica."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from altscore_libs.testing import api_client
from altscore_score.access.authentication import POLL_S, AccessState
from altscore_score.access.events import RevocationNotifier
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.verified_rows import VerifiedRows, read_hashes
from altscore_score.app import create_internal_app
from altscore_score.platform.redis_pipeline import open_redis
from altscore_score.settings import ApiSettings

from ..forge import jti_of
from ..redis_server import RedisServer
from ..world import LENDER, MAC_KEY, NOW, OTHER_LENDER, PURPOSE, RETAILER, World, second_replica, until

BASE = f"/internal/admin/lenders/{LENDER}"


def order_body(**more: Any) -> dict[str, Any]:
    """The body of an operator's order, with an id of its own."""
    return {"order_id": str(uuid4()), "by": "ops-1", "reason": "compromise", **more}


async def send_order(world: World, what: str, **more: Any) -> httpx.Response:
    """Sends an order about LENDER."""
    return await world.admin.post(f"{BASE}/{what}", json=order_body(**more))


@pytest.fixture
async def secret(world: World) -> str:
    """The secret of LENDER, rotated so that the test knows it."""
    rotation = await send_order(world, "rotate-secret", reason="rotation")
    return str(rotation.json()["client_secret"])


async def sign_in_statuses(world: World, *secrets: str) -> list[int]:
    """The statuses of sign-ins of LENDER, one with each secret."""
    return [(await world.sign_in(LENDER, secret)).status_code for secret in secrets]


async def test_one_token_is_revoked_and_the_lenders_others_stay(world: World, secret: str) -> None:
    second_token = (await world.sign_in(LENDER, secret)).json()["access_token"]
    reply = await send_order(world, "revoke-tokens", jti=jti_of(world.tokens[LENDER]))
    assert (reply.status_code, reply.json()) == (200, {"client_id": LENDER, "is_repeated": False})
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"
    world.tokens[LENDER] = second_token
    assert (await world.score()).status_code == 200
    (entry,) = await world.audit("token_revoked")
    assert (entry["subject"], entry["reason"], entry["details"]["ordered_by"]) == (LENDER, "compromise", "ops-1")


async def test_a_revoked_token_stays_revoked_for_the_skew_after_it_expired(world: World) -> None:
    await send_order(world, "revoke-tokens", jti=jti_of(world.tokens[LENDER]))
    world.clock.advance(seconds=3_615)
    await world.state.refresh()
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"


async def test_all_tokens_of_a_lender_and_nobody_elses_are_revoked(world: World, secret: str) -> None:
    await world.onboard(OTHER_LENDER)
    pair = (await world.sign_in(LENDER, secret)).json()
    assert (await send_order(world, "revoke-tokens")).status_code == 200
    assert (await world.score()).status_code == 401
    again = await world.sign_in(LENDER, secret, grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert again.status_code == 401
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403
    world.clock.advance(seconds=1)
    world.tokens[LENDER] = (await world.sign_in(LENDER, secret)).json()["access_token"]
    assert (await world.score()).status_code == 200


async def test_a_token_from_a_replica_whose_clock_is_ahead_is_revoked_too(world: World, secret: str) -> None:
    world.clock.advance(seconds=20)
    world.tokens[LENDER] = (await world.sign_in(LENDER, secret)).json()["access_token"]
    world.clock.advance(seconds=-20)
    assert (await world.score()).status_code == 200
    await send_order(world, "revoke-tokens")
    assert (await world.score()).status_code == 401


async def test_a_suspended_lender_is_refused_everything_until_it_is_reactivated(world: World, secret: str) -> None:
    pair = (await world.sign_in(LENDER, secret)).json()
    assert (await send_order(world, "suspend", reason="misuse")).status_code == 200
    assert (await world.score()).status_code == 401
    assert (await world.sign_in(LENDER, secret)).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    assert (await world.sign_in(LENDER, secret, **refresh)).status_code == 401
    assert (await send_order(world, "reactivate", reason="resolved")).status_code == 200
    assert (await world.score()).status_code == 401
    assert (await world.sign_in(LENDER, secret, **refresh)).status_code == 401
    world.clock.advance(seconds=1)
    world.tokens[LENDER] = (await world.sign_in(LENDER, secret)).json()["access_token"]
    assert (await world.score()).status_code == 200
    assert [entry["reason"] for entry in await world.audit("lender_suspended")] == ["misuse"]
    assert [entry["reason"] for entry in await world.audit("lender_reactivated")] == ["resolved"]


async def test_a_lender_is_suspended_and_reactivated_with_its_sandbox_client(world: World, secret: str) -> None:
    onboarded = await world.admin.put("/internal/admin/lenders/lender_new", json={"name": "A lender"})
    sandbox, sandbox_secret = onboarded.json()["test_client_id"], onboarded.json()["test_client_secret"]
    statuses = []
    for what in ("suspend", "reactivate"):
        await world.admin.post(f"/internal/admin/lenders/lender_new/{what}", json=order_body())
        world.clock.advance(seconds=1)
        statuses.append((await world.sign_in(sandbox, sandbox_secret)).status_code)
    assert statuses == [401, 200]
    (entry,) = await world.audit("lender_suspended")
    assert (entry["subject"], entry["details"]["sandbox_too"]) == ("lender_new", "yes")
    await world.admin.post(f"/internal/admin/lenders/{sandbox}/suspend", json=order_body())
    assert (await world.sign_in(sandbox, sandbox_secret)).status_code == 401
    assert (await world.sign_in("lender_new", onboarded.json()["client_secret"])).status_code == 200


async def test_onboarding_again_does_not_lift_a_suspension(world: World, secret: str) -> None:
    await send_order(world, "suspend")
    assert (await world.admin.put(BASE, json={"name": "A lender"})).status_code == 200
    assert (await world.sign_in(LENDER, secret)).status_code == 401


async def test_a_new_secret_replaces_the_old_one_at_once_unless_an_overlap_is_asked(world: World, secret: str) -> None:
    rotation = await send_order(world, "rotate-secret", reason="rotation")
    second = rotation.json()["client_secret"]
    assert (rotation.status_code, len(second)) == (201, 64)
    assert await sign_in_statuses(world, secret, second) == [401, 200]


async def test_an_overlap_ends_on_its_second(world: World, secret: str) -> None:
    rotation = (await send_order(world, "rotate-secret", reason="rotation", overlap_s=3600)).json()
    second = rotation["client_secret"]
    assert rotation["former_valid_until"] == "2026-05-20T09:00:00Z"
    world.clock.advance(seconds=3_599)
    assert await sign_in_statuses(world, secret, second) == [200, 200]
    world.clock.advance(seconds=1)
    assert await sign_in_statuses(world, secret, second) == [401, 200]


async def test_a_later_rotation_can_shorten_an_overlap_and_never_lengthen_it(world: World, secret: str) -> None:
    second = (await send_order(world, "rotate-secret", overlap_s=100)).json()["client_secret"]
    third = (await send_order(world, "rotate-secret", overlap_s=3600)).json()["client_secret"]
    world.clock.advance(seconds=100)
    assert await sign_in_statuses(world, secret, second, third) == [401, 200, 200]
    fourth = (await send_order(world, "rotate-secret")).json()["client_secret"]
    assert await sign_in_statuses(world, second, third, fourth) == [401, 401, 200]


async def test_no_more_than_three_secrets_count_at_once(world: World, secret: str) -> None:
    for _ in range(2):
        assert (await send_order(world, "rotate-secret", overlap_s=3600)).status_code == 201
    refused = await send_order(world, "rotate-secret", overlap_s=3600)
    assert (refused.status_code, refused.json()["code"]) == (409, "SECRETS_OVERLAP")
    assert (await send_order(world, "rotate-secret")).status_code == 201


async def test_during_an_overlap_every_client_costs_the_same_comparisons(world: World, secret: str) -> None:
    await world.onboard(OTHER_LENDER)
    await send_order(world, "rotate-secret", overlap_s=3600)
    async with world.pool.acquire() as connection:
        comparisons = [
            len(await read_hashes(connection, VerifiedRows(LenderMacs(MAC_KEY)), client_id, now=NOW))
            for client_id in (LENDER, OTHER_LENDER, "lender_x")
        ]
    assert comparisons == [2, 2, 2]


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
    body = order_body(**more)
    first = await world.admin.post(f"{BASE}/{what}", json=body)
    world.clock.advance(seconds=5)
    rows = await access_rows(world)
    second = await world.admin.post(f"{BASE}/{what}", json=body)
    assert (first.json()["is_repeated"], second.json()) == (False, {"client_id": LENDER, "is_repeated": True})
    assert await access_rows(world) == rows
    assert [entry["outcome"] for entry in await world.audit(action)][before:] == ["done", "repeated"]


async def access_rows(world: World) -> list[str]:
    """Every row that an order may change, as text."""
    tables = ("lender", "former_secret", "revoked_token", "token_family")
    return [row["line"] for table in tables for row in await world.pool.fetch(f"SELECT t::text AS line FROM {table} t")]


async def test_an_order_id_is_not_used_for_something_else(world: World) -> None:
    body = order_body()
    await world.admin.post(f"{BASE}/reactivate", json=body)
    refused = await world.admin.post(f"{BASE}/suspend", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert (await world.score()).status_code == 200


async def test_a_secret_is_shown_once_and_kept_as_a_hash(world: World) -> None:
    body = order_body()
    shown = (await world.admin.post(f"{BASE}/rotate-secret", json=body)).json()["client_secret"]
    assert "client_secret" not in (await world.admin.post(f"{BASE}/rotate-secret", json=body)).json()
    for table in ("lender", "former_secret", "access_order", "outbox"):
        rows = await (world.fetch_outbox if table == "outbox" else world.pool.fetch)(
            f"SELECT t::text AS line FROM {table} t"
        )
        assert not [row for row in rows if shown in row["line"] or shown.encode().hex() in row["line"]]


async def test_an_unknown_lender_or_a_token_of_another_is_a_404_and_changes_nothing(world: World) -> None:
    await world.onboard(OTHER_LENDER)
    unknown = await world.admin.post("/internal/admin/lenders/lender_nobody/suspend", json=order_body())
    foreign = await send_order(world, "revoke-tokens", jti=jti_of(world.tokens[OTHER_LENDER]))
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
    assert (await send_order(world, "revoke-tokens", **change)).status_code == 400


@pytest.mark.parametrize("overlap_s", [-1, 604_801, "60", 1.5, True])
async def test_an_overlap_is_whole_seconds_up_to_a_week(world: World, overlap_s: object) -> None:
    assert (await send_order(world, "rotate-secret", overlap_s=overlap_s)).status_code == 400


@pytest.mark.parametrize("caller", [None, "consent", "score"])
@pytest.mark.parametrize("what", ["revoke-tokens", "suspend", "reactivate", "rotate-secret"])
async def test_admin_alone_gives_orders(world: World, caller: str | None, what: str) -> None:
    async with api_client(create_internal_app(world.services), caller) as client:
        assert (await client.post(f"{BASE}/{what}", json=order_body())).status_code == 403
    assert (await world.lenders.post(f"{BASE}/{what}", json=order_body())).status_code == 404


@pytest.mark.parametrize("is_redis_up", [True, False])
async def test_revoked_on_one_replica_is_refused_on_the_other(
    world: World, api_settings: ApiSettings, redis_server: RedisServer, is_redis_up: bool
) -> None:
    async with second_replica(api_settings, world.pool, redis_server.url) as other:
        body = {"retailer_id": RETAILER, "purpose": PURPOSE}

        async def is_refused() -> bool:
            reply = await other.post("/v1/score", json=body, headers=world.headers())
            return reply.status_code == 401

        assert not await is_refused()
        if not is_redis_up:
            redis_server.stop()
        await send_order(world, "revoke-tokens")
        await until(is_refused)


def test_without_an_announcement_every_replica_hears_of_a_revocation_within_a_second() -> None:
    assert POLL_S <= 1


async def test_an_announcement_is_read_without_waiting_for_the_poll(world: World, redis_server: RedisServer) -> None:
    client, stop = open_redis(redis_server.url, None), asyncio.Event()
    state = AccessState(world.pool, VerifiedRows(LenderMacs(MAC_KEY)), RevocationNotifier(client), poll_s=3600)
    polling = asyncio.create_task(state.run(stop))
    jti = jti_of(world.tokens[LENDER])

    async def has_listener() -> bool:
        return bool((await client.pubsub_numsub("score:revocations"))[0][1])

    await until(has_listener)
    await until(lambda: state.is_read)
    assert jti not in state.current.jtis
    await send_order(world, "revoke-tokens", jti=jti)
    await until(lambda: jti in state.current.jtis)
    stop.set()
    await polling
    await client.aclose()


async def test_a_message_alone_revokes_nothing_and_restores_nothing(world: World, redis_server: RedisServer) -> None:
    client = open_redis(redis_server.url, None)
    await client.publish("score:revocations", jti_of(world.tokens[LENDER]))
    await world.state.refresh()
    assert (await world.score()).status_code == 200
    await client.aclose()
