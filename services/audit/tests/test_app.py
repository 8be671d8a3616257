"""The read-only API: admin alone, pages, heads, counts."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from altscore_audit.app import create_app
from altscore_audit.chain import store
from altscore_audit.counts import store as counts
from altscore_audit.main import create_services
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import api_client

from .conftest import entry_of

OPENAPI = Path(__file__).parents[1] / "openapi.json"


@pytest_asyncio.fixture
async def client(pool: asyncpg.Pool, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(create_app(create_services(pool, clock)), "admin") as client:
        yield client


@pytest_asyncio.fixture
async def five(pool: asyncpg.Pool, clock: FixedClock) -> None:
    entries = [entry_of(number, action="score_requested", occurred_at=clock.now()) for number in range(1, 5)]
    other = entry_of(5, "{}", action="lender_onboarded", occurred_at=clock.now())
    async with transaction(pool) as connection:
        await store.append(connection, "general", [*entries, other])
        await counts.add(connection, [("altscore.audit", "score", 1), ("altscore.audit", "score", 3)])


@pytest.mark.usefixtures("five")
async def test_entries_come_in_pages_with_the_exact_text_that_was_hashed(client: httpx.AsyncClient) -> None:
    first = (await client.get("/internal/entries", params={"limit": 3})).json()
    assert [entry["payload"] for entry in first["entries"]] == ['{"n":1}', '{"n":2}', '{"n":3}']
    second = (await client.get("/internal/entries", params={"limit": 3, "after": first["next"]})).json()
    assert ([entry["seq"] for entry in second["entries"]], second["next"]) == ([4, 5], None)


@pytest.mark.usefixtures("five")
async def test_entries_can_be_narrowed_to_an_action(client: httpx.AsyncClient) -> None:
    page = (await client.get("/internal/entries", params={"action": "lender_onboarded"})).json()
    assert [entry["seq"] for entry in page["entries"]] == [5]


@pytest.mark.usefixtures("five")
async def test_heads_show_how_far_a_chain_is_and_how_far_it_is_signed(client: httpx.AsyncClient) -> None:
    chains = {head["chain"]: head for head in (await client.get("/internal/head")).json()["chains"]}
    assert (chains["general"]["seq"], chains["general"]["checkpoint_seq"], chains["failed_auth"]["seq"]) == (5, None, 0)


@pytest.mark.usefixtures("five")
async def test_counts_name_a_missing_number(client: httpx.AsyncClient) -> None:
    body = (await client.get("/internal/counts")).json()
    assert body["producers"] == [{"producer": "score", "produced": 3, "applied": 2, "first_missing": 2}]
    assert body["balanced"] is False


@pytest.mark.parametrize("caller", ["score", "audit", None])
async def test_any_other_certificate_is_refused_and_the_refusal_is_chained(
    pool: asyncpg.Pool, clock: FixedClock, caller: str | None
) -> None:
    async with api_client(create_app(create_services(pool, clock)), caller) as client:
        assert (await client.get("/internal/head")).status_code == 403
    async with transaction(pool) as connection:
        (link,) = await store.links(connection, "failed_auth", after=0, limit=10)
    refusal = json.loads(link.payload)
    assert (refusal["actor"], refusal["outcome"]) == (caller or "nobody", "refused")
    assert refusal["subject"] == "/internal/head"


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after=-1", "after=x", "chain=other", "action=A%20b"])
async def test_a_malformed_query_is_a_400(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/internal/entries?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_the_openapi_document_is_the_committed_one() -> None:
    assert create_app(None).openapi() == json.loads(OPENAPI.read_text(encoding="utf-8"))
