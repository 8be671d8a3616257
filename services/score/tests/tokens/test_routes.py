"""POST /v1/auth/token: credentials that are wrong or come too often."""

import pytest

from ..world import LENDER, OTHER_LENDER, World


@pytest.mark.parametrize(("client_id", "recorded"), [(LENDER, LENDER), ("lender_nobody", "unknown")])
async def test_wrong_credentials_are_one_answer_and_audited(world: World, client_id: str, recorded: str) -> None:
    reply = await world.sign_in(client_id, "0" * 64)
    assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    assert reply.headers["www-authenticate"] == 'ClientSecret realm="token"'
    entry = (await world.audit("failed_auth"))[-1]
    assert (entry["actor"], entry["reason"]) == (recorded, "UNAUTHORIZED")
    assert "0" * 64 not in str(entry)


async def test_five_failures_lock_that_source_and_void_no_token(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)
    for _ in range(5):
        assert (await world.sign_in(OTHER_LENDER, "wrong")).status_code == 401
    locked = await world.sign_in(OTHER_LENDER, secret)
    assert (locked.status_code, locked.json()["limit"]) == (429, "failed_sign_ins")
    assert 1 <= int(locked.headers["retry-after"]) <= 601
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403
    world.clock.advance(seconds=601)
    assert (await world.sign_in(OTHER_LENDER, secret)).status_code == 200


async def test_a_lock_holds_for_one_source_alone(world: World) -> None:
    async with world.pool.acquire() as connection:
        for _ in range(5):
            await world.services.tokens.throttle.record(connection, LENDER, "192.0.2.1")
        assert await world.services.tokens.throttle.locked_for_s(connection, LENDER, "192.0.2.1") > 0
        assert await world.services.tokens.throttle.locked_for_s(connection, LENDER, "192.0.2.2") == 0


async def test_the_eleventh_try_of_a_minute_is_429(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)  # which is the first try
    assert [(await world.sign_in(OTHER_LENDER, secret)).status_code for _ in range(9)] == [200] * 9
    refused = await world.sign_in(OTHER_LENDER, secret)
    assert (refused.status_code, refused.headers["x-ratelimit-limit"]) == (429, "10")
    assert refused.json()["limit"] == "token"
