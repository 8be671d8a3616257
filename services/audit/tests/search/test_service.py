"""Pages of a search: newest first, across chains, with a bound on what one page looks at."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from altscore_audit.app import create_app
from altscore_audit.chain import store as chain
from altscore_audit.chain.domain import Entry
from altscore_audit.main import create_services
from altscore_audit.search.domain import Criteria, Place
from altscore_audit.search.service import SearchService
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import api_client

from ..conftest import NOW, entry_of

RETAILER = "ret_00000000000000aa"


def call_of(number: int, *, retailer: str = RETAILER, lender: str = "lender_one") -> Entry:
    """A call of a lender, a minute after the one before."""
    text = json.dumps({"n": number, "actor": lender, "subject": retailer})
    return entry_of(number, text, action="score_requested", occurred_at=NOW + timedelta(minutes=number))


@pytest_asyncio.fixture
async def client(pool: asyncpg.Pool, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(create_app(create_services(pool, clock)), "admin") as client:
        yield client


async def append(pool: asyncpg.Pool, *entries: Entry, to: str = "general") -> None:
    async with transaction(pool) as connection:
        await chain.append(connection, to, entries)


async def all_pages(client: httpx.AsyncClient, **query: str | int) -> list[list[int]]:
    """The numbers on every page of a search."""
    pages, cursor = [], None
    while True:
        params = {**query, **({"cursor": cursor} if cursor else {})}
        answer = await client.get("/internal/search", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        pages.append([UUID(entry["event_id"]).int for entry in page["entries"]])
        if (cursor := page["next"]) is None:
            return pages


async def test_pages_go_from_the_newest_to_the_oldest_without_gap_or_repetition(
    pool: asyncpg.Pool, client: httpx.AsyncClient
) -> None:
    late_arrivals = (call_of(4), call_of(1), call_of(5), call_of(2), call_of(3))
    await append(pool, *late_arrivals, call_of(6, retailer="ret_00000000000000bb"))
    assert await all_pages(client, retailer_id=RETAILER, limit=2) == [[5, 4], [3, 2], [1]]


async def test_entries_of_one_instant_are_split_between_pages_and_none_is_lost(
    pool: asyncpg.Pool, client: httpx.AsyncClient
) -> None:
    await append(pool, *(entry_of(number) for number in range(1, 6)))
    assert await all_pages(client, limit=2) == [[5, 4], [3, 2], [1]]


async def test_the_newest_entries_of_all_chains_come_together(pool: asyncpg.Pool, client: httpx.AsyncClient) -> None:
    await append(pool, call_of(1), call_of(3))
    failed = entry_of(2, chain="failed_auth", action="failed_auth", occurred_at=NOW + timedelta(minutes=2))
    await append(pool, failed, to="failed_auth")
    assert await all_pages(client) == [[3, 2, 1]]
    assert await all_pages(client, action="failed_auth") == [[2]]


async def test_every_criterion_must_be_met(pool: asyncpg.Pool, client: httpx.AsyncClient) -> None:
    await append(pool, call_of(1), call_of(2, lender="lender_two"), call_of(3, retailer="ret_00000000000000bb"))
    assert await all_pages(client, retailer_id=RETAILER, lender_id="lender_two") == [[2]]
    assert await all_pages(client, actor="lender_one", action="consent_granted") == [[]]


async def test_a_window_of_time_holds_its_first_instant_and_not_its_last(
    pool: asyncpg.Pool, client: httpx.AsyncClient
) -> None:
    await append(pool, *(call_of(number) for number in range(1, 6)))
    assert await all_pages(client, since="2026-05-20T08:02:00Z", until="2026-05-20T08:04:00Z", limit=1) == [
        [3],
        [2],
        [],
    ]


async def test_a_page_looks_at_no_more_than_its_bound_and_says_where_to_go_on(pool: asyncpg.Pool) -> None:
    await append(pool, call_of(1, lender="lender_two"), *(call_of(number) for number in range(2, 8)))
    service = SearchService(pool=pool, examined=3)
    criteria, place = Criteria(retailer=RETAILER, lender="lender_two"), None
    pages: list[list[int]] = []
    while not pages or place is not None:
        links, place = await service.newest(criteria, after=place, limit=10)
        pages.append([link.event_id.int for link in links])
    assert pages == [[], [], [1]]


async def test_a_cursor_in_front_of_the_window_does_not_widen_it(pool: asyncpg.Pool) -> None:
    await append(pool, *(call_of(number) for number in range(1, 4)))
    criteria = Criteria(until=NOW + timedelta(minutes=2))
    links, _ = await SearchService(pool=pool).newest(
        criteria, after=Place(NOW + timedelta(days=1), UUID(int=9)), limit=9
    )
    assert [link.event_id.int for link in links] == [1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("phone=9800000001", "query"),
        ("retailer=ret_00000000000000aa", "query"),
        ("retailer_id=9800000001", "retailer_id"),
        ("request_id=not-a-uuid", "request_id"),
        ("lender_id=xlender", "lender_id"),
        ("actor=9800000001", "actor"),
        ("since=yesterday", "since"),
        ("until=2026-05-20", "until"),
        ("cursor=not-a-cursor", "cursor"),
        ("cursor=999999999999999999.00000000-0000-0000-0000-000000000001", "cursor"),
        ("limit=5000000000000000000", "limit"),
    ],
)
async def test_a_filter_that_is_unknown_or_malformed_is_a_400_without_an_echo(
    client: httpx.AsyncClient, query: str, field: str
) -> None:
    answer = await client.get(f"/internal/search?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    name, _, value = query.partition("=")
    assert value not in answer.text
    assert name == field or f'"{name}"' not in answer.text


@pytest.mark.parametrize("request_id", [f"req_{7:032x}", "0f8fad5b-d9cb-469f-a165-70867728950e"])
async def test_an_entry_is_found_by_the_request_id_that_its_answer_named(
    pool: asyncpg.Pool, client: httpx.AsyncClient, request_id: str
) -> None:
    await append(pool, entry_of(1, json.dumps({"details": {"request_id": request_id}})), call_of(2))
    answer = await client.get("/internal/search", params={"request_id": request_id})
    assert [json.loads(entry["payload"])["details"]["request_id"] for entry in answer.json()["entries"]] == [request_id]


async def test_another_certificate_is_refused(pool: asyncpg.Pool, clock: FixedClock) -> None:
    async with api_client(create_app(create_services(pool, clock)), "score") as client:
        assert (await client.get("/internal/search")).status_code == 403
