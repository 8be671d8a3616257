"""The hot routes of the checks give the same bytes and headers as those of FastAPI, whatever is asked."""

import asyncpg
import pytest
from altscore_consent.app import create_app
from altscore_libs.testing import api_client
from fastapi import FastAPI

from ..conftest import LENDERS, PURPOSE, RETAILER, World

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
UNKNOWN = f"ret_{'0' * 16}%3Ax%3A{PURPOSE}"
MANY = {
    "a single pair": PAIR,
    "two": f"{PAIR}%2C{UNKNOWN}",
    "a pair twice": f"{PAIR}%2C{PAIR}",
    "as many as may be": "%2C".join([PAIR] * 64),
    "one too many": "%2C".join([PAIR] * 65),
    "not escaped": PAIR.replace("%3A", ":"),
    "half of a pair": f"{PAIR}%2C{RETAILER}",
    "named twice": f"{PAIR}&of={PAIR}",
    "nothing": "",
}


@pytest.fixture
def slow(world: World) -> FastAPI:
    """The application with the routes of FastAPI alone."""
    slow = create_app(world.services)
    assert set(slow.state.hot_routes) == {("GET", "/v1/consent/check"), ("GET", "/internal/consents/check-many")}
    slow.state.hot_routes.clear()
    return slow


@pytest.mark.parametrize("caller", ["score", "webhook", None])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
async def test_both_routes_give_the_same_answer(
    app: FastAPI, slow: FastAPI, world: World, *, query: str, caller: str | None
) -> None:
    await world.granted()
    answers = []
    for application in (app, slow):
        async with api_client(application, caller) as client:
            reply = await client.get(f"/v1/consent/check?{query}", headers=ID)
        answers.append((reply.status_code, reply.content, sorted(reply.headers.multi_items())))
    assert answers[0] == answers[1]
    assert (answers[0][0] == 403) == (caller != "score")


@pytest.mark.parametrize("caller", ["score", "scoring", None])
@pytest.mark.parametrize("of", MANY.values(), ids=MANY.keys())
async def test_both_routes_give_the_same_answer_to_many(
    app: FastAPI, slow: FastAPI, world: World, *, of: str, caller: str | None
) -> None:
    await world.granted()
    answers = []
    for application in (app, slow):
        async with api_client(application, caller) as client:
            reply = await client.get(f"/internal/consents/check-many?of={of}", headers=ID)
        answers.append((reply.status_code, reply.content, sorted(reply.headers.multi_items())))
    assert answers[0] == answers[1]
    assert (answers[0][0] == 403) == (caller != "score")


async def test_many_at_once_are_answered_as_each_alone_in_the_order_asked(app: FastAPI, world: World) -> None:
    await world.granted()
    async with api_client(app, "score") as client:
        many = await client.get(f"/internal/consents/check-many?of={UNKNOWN}%2C{PAIR}")
        unknown = await client.get(f"/v1/consent/check?retailer_id=ret_{'0' * 16}&lender_id=x&purpose={PURPOSE}")
        known = await client.get(f"/v1/consent/check?{QUERIES['consented']}")
    assert many.json() == {"results": [unknown.json(), known.json()]}
    assert [result["consented"] for result in many.json()["results"]] == [False, True]


async def test_a_database_that_is_gone_is_503_and_never_a_no(app: FastAPI, world: World, pool: asyncpg.Pool) -> None:
    pool.terminate()
    async with api_client(app, "score") as client:
        reply = await client.get(f"/v1/consent/check?{PLAIN}")
    assert (reply.status_code, reply.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
