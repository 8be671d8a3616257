"""A call is answered only with a live token of the lender that it names."""

import asyncio
from uuid import uuid4

import psycopg
import pytest
from altscore_libs.service import Readiness

from ..forge import jti_of
from ..world import LENDER, OTHER_LENDER, PURPOSE, RETAILER, World


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
    await world.access_pool.execute("SELECT revoke_issued_token($1)", jti_of(world.tokens[LENDER]))
    await world.state.refresh()
    assert (await world.score()).json()["code"] == "TOKEN_INVALID"


async def test_a_lenders_epoch_voids_its_tokens(world: World) -> None:
    order = {"order_id": str(uuid4()), "by": "ops-1", "reason": "compromise"}
    await world.admin.post(f"/internal/admin/lenders/{LENDER}/revoke-tokens", json=order)
    await world.state.refresh()
    assert (await world.score()).status_code == 401


def forbid_reading(world: World, *, is_forbidden: bool) -> None:
    """Whether the service may read what was revoked."""
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as superuser:
        verb, whom = ("REVOKE", "FROM") if is_forbidden else ("GRANT", "TO")
        superuser.execute(f"{verb} SELECT ON revoked_token {whom} score")


async def test_no_token_is_accepted_while_revocations_cannot_be_read(world: World) -> None:
    forbid_reading(world, is_forbidden=True)
    world.monotonic.at += 2.1
    assert [(await world.score()).status_code for _ in range(3)] == [503] * 3
    forbid_reading(world, is_forbidden=False)
    await world.state.refresh()  # as the worker does twice a second
    assert (await world.score()).status_code == 200


async def test_revocations_that_grew_old_are_read_before_the_next_call_is_answered(world: World) -> None:
    assert (await world.score()).status_code == 200
    await world.access_pool.execute("SELECT revoke_issued_token($1)", jti_of(world.tokens[LENDER]))
    world.monotonic.at += 2.1
    replies = await asyncio.gather(*(world.score() for _ in range(4)))
    assert [reply.status_code for reply in replies] == [401] * 4


async def test_a_call_whose_revocations_can_be_read_anew_is_served(world: World) -> None:
    world.monotonic.at += 2.1
    replies = await asyncio.gather(*(world.score() for _ in range(3)))
    assert [reply.status_code for reply in replies] == [200] * 3


async def test_a_process_that_cannot_read_revocations_is_not_ready(world: World) -> None:
    readiness = Readiness()
    readiness.add("revocations", world.state.require_fresh)
    assert await readiness.failures() == []
    forbid_reading(world, is_forbidden=True)
    world.monotonic.at += 2.1
    assert await readiness.failures() == ["revocations"]
    forbid_reading(world, is_forbidden=False)
    await world.state.refresh()
    assert await readiness.failures() == []


async def test_a_client_secret_that_comes_along_must_be_right(world: World) -> None:
    secret = await world.onboard(OTHER_LENDER)
    right = await world.score(lender_id=OTHER_LENDER, headers={"X-Client-Secret": secret})
    wrong = await world.score(lender_id=OTHER_LENDER, headers={"X-Client-Secret": secret[:-1]})
    assert (right.status_code, wrong.status_code) == (403, 401)
