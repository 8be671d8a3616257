"""X-Client-Secret: a wrong one is a failed sign-in and a call of the lender; it voids no token."""

import asyncio
from typing import Any

import httpx
import pytest
from altscore_score.access.credentials import SecretHasher
from argon2 import PasswordHasher, Type, extract_parameters

from ..world import LENDER, OTHER_LENDER, PURPOSE, RETAILER, World

WRONG = "0" * 64


@pytest.fixture
async def secret(world: World) -> str:
    """The secret of OTHER_LENDER, which no retailer named: a good call of it is a 403."""
    return await world.onboard(OTHER_LENDER)


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets that were compared with argon2."""
    compared: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, secret_hash: str, secret: str) -> bool:
        compared.append(secret)
        return verify(self, secret_hash, secret)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    return compared


async def test_a_secret_is_hashed_at_no_less_than_the_least_cost_that_owasp_names() -> None:
    _, secret_hash = await SecretHasher().new_secret()
    cost = extract_parameters(secret_hash)
    assert cost.type is Type.ID
    assert (cost.time_cost >= 2, cost.memory_cost >= 19_456) == (True, True)


async def call(world: World, secret: str, lender_id: str = OTHER_LENDER, **more: Any) -> httpx.Response:
    """Asks for a score with a client secret."""
    return await world.score(lender_id=lender_id, headers={"X-Client-Secret": secret}, **more)


async def test_five_wrong_secrets_lock_secret_checks_until_ten_minutes_are_over(
    world: World, secret: str, comparisons: list[str]
) -> None:
    for _ in range(5):
        reply = await call(world, WRONG)
        assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
        assert reply.headers["www-authenticate"] == "Bearer"
    locked = [await call(world, secret), await call(world, WRONG)]
    assert [(reply.status_code, reply.json()["code"]) for reply in locked] == [(401, "UNAUTHORIZED")] * 2
    assert comparisons == [WRONG] * 5
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403
    assert (await call(world, WRONG, LENDER)).json()["code"] == "UNAUTHORIZED"
    world.clock.advance(seconds=601)
    assert (await call(world, secret)).status_code == 403
    reasons = [entry["details"]["error"] for entry in await world.audit("failed_auth")]
    assert reasons == ["client secret"] * 5 + ["client secret locked"] * 2 + ["client secret"]


async def test_a_burst_of_wrong_secrets_has_five_tries(world: World, secret: str, comparisons: list[str]) -> None:
    replies = await asyncio.gather(*(call(world, WRONG) for _ in range(12)))
    assert {reply.status_code for reply in replies} == {401}
    assert comparisons == [WRONG] * 5
    assert await world.pool.fetchval("SELECT count(*) FROM auth_failure") == 5


async def test_failures_count_together_with_failed_sign_ins(world: World, secret: str) -> None:
    for _ in range(2):
        assert (await world.sign_in(OTHER_LENDER, WRONG)).status_code == 401
    for _ in range(3):
        assert (await call(world, WRONG)).status_code == 401
    assert (await world.sign_in(OTHER_LENDER, secret)).status_code == 429
    assert (await call(world, secret)).status_code == 401


async def test_wrong_secrets_count_as_calls_and_right_ones_once(world: World, secret: str) -> None:
    replies = [await call(world, tried) for tried in (WRONG, WRONG, secret, secret, WRONG)]
    assert [reply.status_code for reply in replies] == [401, 401, 403, 403, 401]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["99", "98", "97", "96", "95"]


async def test_a_lock_holds_for_one_address_alone(world: World, secret: str) -> None:
    async with world.pool.acquire() as connection:
        for _ in range(5):
            await world.services.tokens.throttle.record(connection, OTHER_LENDER, "192.0.2.1")
    assert (await call(world, secret)).status_code == 403


async def test_a_batch_compares_the_secret_once(world: World, secret: str, comparisons: list[str]) -> None:
    body = {"retailer_ids": [f"ret_{number:016x}" for number in range(5)], "purpose": PURPOSE}
    headers = world.headers(OTHER_LENDER, **{"X-Client-Secret": secret})
    reply = await world.lenders.post("/v1/score/batch", json=body, headers=headers)
    assert [item["status"] for item in reply.json()["results"]] == [403] * 5
    assert comparisons == [secret]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/score/{RETAILER}/history"),
        ("GET", "/v1/retailers/lookup?gst=27AAACZ0000A1Z9"),
        ("GET", "/v1/grievances/grv_00000000000000000000000000000000"),
    ],
)
async def test_every_endpoint_counts_a_wrong_secret(world: World, secret: str, method: str, path: str) -> None:
    headers = world.headers(OTHER_LENDER, **{"X-Client-Secret": WRONG})
    reply = await world.lenders.request(method, path, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    assert await world.pool.fetchval("SELECT count(*) FROM auth_failure WHERE client_id = $1", OTHER_LENDER) == 1
