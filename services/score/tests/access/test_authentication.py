"""Tokens: what the endpoint gives, what every other endpoint refuses."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from altscore_libs.clock import FixedClock
from altscore_score.errors import TokenExpired
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.verifier import KeyRing, TokenVerifier

from ..forge import Forge
from ..world import LENDER, NOW, OTHER_LENDER, PURPOSE, RETAILER, World


def test_our_own_token_is_good_and_remembered(keys_dir: Path) -> None:
    clock = FixedClock(NOW)
    verifier, forge = TokenVerifier(KeyRing(keys_dir), clock), Forge(keys_dir)
    token = forge.token()
    assert verifier.verify(token) == verifier.verify(token)
    assert verifier.verify(token).lender_id == LENDER


def test_a_remembered_token_still_expires_with_thirty_seconds_of_skew(keys_dir: Path) -> None:
    clock = FixedClock(NOW)
    verifier, token = TokenVerifier(KeyRing(keys_dir), clock), Forge(keys_dir).token()
    verifier.verify(token)
    clock.advance(seconds=3629)
    verifier.verify(token)
    clock.advance(seconds=1)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            verifier.verify(token)


async def test_others_can_verify_our_token_with_the_published_keys(world: World) -> None:
    jwks = (await world.lenders.get("/.well-known/jwks.json")).json()
    token = world.tokens[LENDER]
    key = jwt.PyJWK(jwks["keys"][0])
    claims = jwt.decode(
        token, key, algorithms=["RS256"], audience="score-api", issuer="altscore.in",
        options={"verify_exp": False, "verify_iat": False, "require": ["sub", "jti", "iat", "exp"]},
    )  # fmt: skip
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (LENDER, 3600)
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"


async def test_a_call_without_token_says_so_and_is_audited(world: World) -> None:
    reply = await world.lenders.post(
        "/v1/score", json={"retailer_id": RETAILER, "purpose": PURPOSE}, headers={"X-Client-ID": LENDER}
    )
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_MISSING")
    assert reply.headers["www-authenticate"] == "Bearer"
    entry = (await world.audit("failed_auth"))[-1]
    assert (entry["actor"], entry["reason"]) == (LENDER, "TOKEN_MISSING")


async def test_an_expired_token_says_so(world: World) -> None:
    world.clock.advance(seconds=3600 + 31)
    reply = await world.score()
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_EXPIRED")


@pytest.mark.parametrize("client_id", [None, OTHER_LENDER, LENDER.upper(), ""])
async def test_the_client_id_must_be_the_subject(world: World, client_id: str | None) -> None:
    headers = world.headers()
    headers.pop("X-Client-ID")
    if client_id is not None:
        headers["X-Client-ID"] = client_id
    reply = await world.lenders.post("/v1/score", json={"retailer_id": RETAILER, "purpose": PURPOSE}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (401, "TOKEN_INVALID")


async def test_a_revoked_token_is_refused_after_the_next_poll(world: World) -> None:
    jti = jwt.decode(world.tokens[LENDER], options={"verify_signature": False})["jti"]
    await world.pool.execute("INSERT INTO revoked_token VALUES ($1, '2099-01-01')", jti)
    await world.state.refresh()
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"


async def test_a_lenders_epoch_voids_its_tokens(world: World) -> None:
    await world.pool.execute("UPDATE lender SET tokens_valid_from = $1", NOW)
    await world.state.refresh()
    assert (await world.score()).status_code == 401


async def test_unreadable_revocations_are_503_never_accepted(world: World) -> None:
    world.monotonic.at += 2.1
    assert (await world.score()).status_code == 503


async def test_a_client_secret_that_comes_along_must_be_right(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)
    right = await world.score(lender_id=OTHER_LENDER, headers={"X-Client-Secret": secret})
    wrong = await world.score(lender_id=OTHER_LENDER, headers={"X-Client-Secret": secret[:-1]})
    assert (right.status_code, wrong.status_code) == (403, 401)


async def ask_token(world: World, client_id: str, secret: str) -> Any:
    return await world.lenders.post("/v1/auth/token", json={"client_id": client_id, "client_secret": secret})


@pytest.mark.parametrize(("client_id", "recorded"), [(LENDER, LENDER), ("lender_nobody", "unknown")])
async def test_wrong_credentials_are_one_answer_and_audited(world: World, client_id: str, recorded: str) -> None:
    reply = await ask_token(world, client_id, "0" * 64)
    assert (reply.status_code, reply.json()["code"]) == (401, "UNAUTHORIZED")
    assert reply.headers["www-authenticate"] == 'ClientSecret realm="token"'
    entry = (await world.audit("failed_auth"))[-1]
    assert (entry["actor"], entry["reason"]) == (recorded, "UNAUTHORIZED")
    assert "0" * 64 not in str(entry)


async def test_five_failures_lock_that_source_and_void_no_token(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)
    for _ in range(5):
        assert (await ask_token(world, OTHER_LENDER, "wrong")).status_code == 401
    locked = await ask_token(world, OTHER_LENDER, secret)
    assert (locked.status_code, locked.json()["limit"]) == (429, "failed_sign_ins")
    assert 1 <= int(locked.headers["retry-after"]) <= 601
    assert (await world.score(lender_id=OTHER_LENDER)).status_code == 403
    world.clock.advance(seconds=601)
    assert (await ask_token(world, OTHER_LENDER, secret)).status_code == 200


async def test_a_lock_holds_for_one_source_alone(world: World) -> None:
    async with world.pool.acquire() as connection:
        for _ in range(5):
            await world.services.tokens.throttle.record(connection, LENDER, "192.0.2.1")
        assert await world.services.tokens.throttle.locked_for_s(connection, LENDER, "192.0.2.1") > 0
        assert await world.services.tokens.throttle.locked_for_s(connection, LENDER, "192.0.2.2") == 0


async def test_the_eleventh_try_of_a_minute_is_429(world: World) -> None:
    statuses = [(await ask_token(world, "lender_eager", "x")).status_code for _ in range(11)]
    assert statuses[-1] == 429
    reply = await ask_token(world, "lender_eager", "x")
    assert (reply.headers["x-ratelimit-limit"], reply.json()["limit"]) == ("10", "token")


async def test_onboarding_twice_shows_the_secret_once(world: World) -> None:
    again = await world.admin.put(f"/internal/admin/lenders/{LENDER}", json={"name": "New name"})
    assert (again.status_code, again.json()) == (
        200,
        {"client_id": LENDER, "test_client_id": f"test_{LENDER}"},
    )
    stored = await world.pool.fetchval("SELECT secret_hash FROM lender WHERE lender_id = $1", LENDER)
    assert stored.startswith("$argon2id$")


def test_minting_is_quick_enough_for_one_core(keys_dir: Path) -> None:
    mint = TokenIssuer(KeyRing(keys_dir), FixedClock(NOW))
    started = time.perf_counter()
    assert mint.issue(LENDER)[0] != mint.issue(LENDER)[0]
    assert time.perf_counter() - started < 1
