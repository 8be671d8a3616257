"""The reading door: admin alone, pages, heads, counts."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from altscore_audit import api, store
from altscore_audit.domain import Entry
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import api_client

OPENAPI = Path(__file__).parents[1] / "openapi.json"


@pytest_asyncio.fixture
async def client(pool: asyncpg.Pool, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(api.build(pool, clock), "admin") as made:
        yield made


@pytest_asyncio.fixture
async def five(pool: asyncpg.Pool, clock: FixedClock) -> None:
    entries = [Entry("general", UUID(int=n), clock.now(), "score_requested", f'{{"n":{n}}}') for n in range(1, 5)]
    other = Entry("general", UUID(int=5), clock.now(), "lender_onboarded", "{}")
    async with transaction(pool) as connection:
        await store.append(connection, "general", [*entries, other])
        await store.count(connection, [("altscore.audit", "score", 1), ("altscore.audit", "score", 3)])


@pytest.mark.usefixtures("five")
async def test_entries_come_in_pages_with_the_exact_text_that_was_hashed(client: httpx.AsyncClient) -> None:
    first = (await client.get("/internal/entries", params={"limit": 3})).json()
    assert [one["payload"] for one in first["entries"]] == ['{"n":1}', '{"n":2}', '{"n":3}']
    second = (await client.get("/internal/entries", params={"limit": 3, "after": first["next"]})).json()
    assert ([one["seq"] for one in second["entries"]], second["next"]) == ([4, 5], None)


@pytest.mark.usefixtures("five")
async def test_entries_can_be_narrowed_to_an_action(client: httpx.AsyncClient) -> None:
    found = (await client.get("/internal/entries", params={"action": "lender_onboarded"})).json()
    assert [one["seq"] for one in found["entries"]] == [5]


@pytest.mark.usefixtures("five")
async def test_heads_say_how_far_a_chain_is_and_how_far_it_is_signed(client: httpx.AsyncClient) -> None:
    chains = {one["chain"]: one for one in (await client.get("/internal/head")).json()["chains"]}
    assert (chains["general"]["seq"], chains["general"]["checkpoint_seq"], chains["failed_auth"]["seq"]) == (5, None, 0)


@pytest.mark.usefixtures("five")
async def test_counts_name_a_missing_number(client: httpx.AsyncClient) -> None:
    found = (await client.get("/internal/counts")).json()
    assert found["producers"] == [{"producer": "score", "produced": 3, "applied": 2, "first_missing": 2}]
    assert found["balanced"] is False


@pytest.mark.parametrize("caller", ["score", "audit", None])
async def test_any_other_certificate_is_refused_and_the_refusal_is_chained(
    pool: asyncpg.Pool, clock: FixedClock, caller: str | None
) -> None:
    async with api_client(api.build(pool, clock), caller) as stranger:
        assert (await stranger.get("/internal/head")).status_code == 403
    async with transaction(pool) as connection:
        (link,) = await store.links(connection, "failed_auth", after=0, limit=10)
    assert (json.loads(link.payload)["actor"], json.loads(link.payload)["outcome"]) == (caller or "nobody", "refused")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after=-1", "after=x", "chain=other", "action=A%20b"])
async def test_a_malformed_query_is_a_400(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/internal/entries?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_the_openapi_document_is_the_committed_one(clock: FixedClock) -> None:
    assert api.build(None, clock).openapi() == json.loads(OPENAPI.read_text(encoding="utf-8"))
