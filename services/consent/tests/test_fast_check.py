"""The short way of the check: same bytes and headers as the route behind it, whatever is asked."""

import asyncio

import asyncpg
import pytest
from altscore_consent.api import build_app
from altscore_consent.api.fast import with_fast_check
from altscore_libs.errors import Unavailable
from altscore_libs.testing import api_client
from fastapi import FastAPI

from .conftest import LENDERS, PURPOSE, RETAILER, World

ID = {"x-request-id": "0f8fad5b-d9cb-469f-a165-70867728950e"}
PLAIN = f"retailer_id={RETAILER}&lender_id={LENDERS[0]}"
QUERIES = {
    "consented": f"{PLAIN}&purpose={PURPOSE}",
    "any purpose": PLAIN,
    "other purpose": f"{PLAIN}&purpose=term_loan",
    "nobody": f"retailer_id=ret_{'0' * 16}&lender_id=x",
    "other order": f"lender_id={LENDERS[0]}&retailer_id={RETAILER}",
    "escaped": f"retailer_id={RETAILER.replace('_', '%5F')}&lender_id={LENDERS[0]}",
    "twice": f"{PLAIN}&lender_id=other",
    "unknown parameter": f"{PLAIN}&colour=red",
    "bad retailer": f"retailer_id=ret_1&lender_id={LENDERS[0]}",
    "bad lender": f"retailer_id={RETAILER}&lender_id=a%00b",
    "empty purpose": f"{PLAIN}&purpose=",
    "long purpose": f"{PLAIN}&purpose={'x' * 300}",
    "nothing": "",
}
PAIR = f"{RETAILER}%3A{LENDERS[0]}%3A{PURPOSE}"
STRANGER = f"ret_{'0' * 16}%3Ax%3A{PURPOSE}"
MANY = {
    "one": PAIR,
    "two": f"{PAIR}%2C{STRANGER}",
    "one twice": f"{PAIR}%2C{PAIR}",
    "as many as may be": "%2C".join([PAIR] * 64),
    "one too many": "%2C".join([PAIR] * 65),
    "not escaped": PAIR.replace("%3A", ":"),
    "half of one": f"{PAIR}%2C{RETAILER}",
    "given twice": f"{PAIR}&of={PAIR}",
    "nothing": "",
}


@pytest.fixture
def app(world: World) -> FastAPI:
    return build_app(world.authority, world.checks, world.disclosure, world.clock)


@pytest.mark.parametrize("caller", ["score", "webhook", None])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
async def test_both_ways_give_the_same_answer(app: FastAPI, world: World, query: str, caller: str | None) -> None:
    await world.granted()
    answers = []
    for one in (app, with_fast_check(app, world.checks)):
        async with api_client(one, caller) as client:
            reply = await client.get(f"/v1/consent/check?{query}", headers=ID)
        answers.append((reply.status_code, reply.content, sorted(reply.headers.multi_items())))
    assert answers[0] == answers[1]
    assert (answers[0][0] == 403) == (caller != "score")


@pytest.mark.parametrize("caller", ["score", "scoring", None])
@pytest.mark.parametrize("of", MANY.values(), ids=MANY.keys())
async def test_both_ways_give_the_same_answer_to_many(app: FastAPI, world: World, of: str, caller: str | None) -> None:
    await world.granted()
    answers = []
    for one in (app, with_fast_check(app, world.checks)):
        async with api_client(one, caller) as client:
            reply = await client.get(f"/internal/consents/check-many?of={of}", headers=ID)
        answers.append((reply.status_code, reply.content, sorted(reply.headers.multi_items())))
    assert answers[0] == answers[1]
    assert (answers[0][0] == 403) == (caller != "score")


async def test_many_at_once_are_answered_as_each_alone_in_the_order_asked(app: FastAPI, world: World) -> None:
    await world.granted()
    async with api_client(with_fast_check(app, world.checks), "score") as client:
        many = await client.get(f"/internal/consents/check-many?of={STRANGER}%2C{PAIR}")
        stranger = await client.get(f"/v1/consent/check?retailer_id=ret_{'0' * 16}&lender_id=x&purpose={PURPOSE}")
        known = await client.get(f"/v1/consent/check?{QUERIES['consented']}")
    assert many.json() == {"results": [stranger.json(), known.json()]}
    assert [one["consented"] for one in many.json()["results"]] == [False, True]


async def test_checks_that_come_together_each_get_their_own_answer(world: World) -> None:
    retailers = [f"ret_{n:016x}" for n in range(200)]
    for one in retailers[::20]:
        await world.granted(one)
    found = await asyncio.gather(*(world.checks.check(one, LENDERS[0], PURPOSE) for one in retailers))
    assert [one.is_consented for one in found] == [n % 20 == 0 for n in range(200)]


async def test_a_lost_connection_refuses_the_checks_of_that_moment_and_no_later_ones(world: World) -> None:
    await world.granted()
    assert await world.is_consented()
    world.as_superuser(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = 'consent'"
    )
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(await world.is_consented())
        except Unavailable:
            outcomes.append(None)
    assert False not in outcomes
    assert outcomes[-1] is True


async def test_a_caller_who_leaves_does_not_take_the_others_with_him(world: World) -> None:
    await world.granted()
    gone = asyncio.create_task(world.checks.check(RETAILER, LENDERS[0], PURPOSE))
    stays = asyncio.create_task(world.checks.check(RETAILER, LENDERS[1], PURPOSE))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays).is_consented
    assert await world.is_consented()


async def test_a_database_that_is_gone_is_503_and_never_a_no(app: FastAPI, world: World, pool: asyncpg.Pool) -> None:
    pool.terminate()
    async with api_client(with_fast_check(app, world.checks), "score") as client:
        reply = await client.get(f"/v1/consent/check?{PLAIN}")
    assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
