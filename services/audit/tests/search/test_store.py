"""The search reads along one index, whatever the table holds and whatever the planner believes."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from altscore_audit.chain import store as chain
from altscore_audit.chain.domain import Entry
from altscore_audit.search import store
from altscore_audit.search.domain import END_OF_TIME, MOST_SELECTIVE, Criteria, Term
from altscore_libs.db import transaction

from ..conftest import NOW, entry_of

RETAILER, REQUEST = "ret_00000000000000aa", "0197a3f2-0000-7000-8000-000000000001"
TERMS: dict[Term, str] = {
    "request": REQUEST,
    "retailer": RETAILER,
    "lender": "lender_one",
    "actor": "score",
    "action": "consent_granted",
    "any": "any",
}


def payload(**values: Any) -> str:
    return json.dumps(values)


async def append(pool: asyncpg.Pool, *entries: Entry) -> None:
    async with transaction(pool) as connection:
        await chain.append(connection, "general", entries)


@pytest.mark.parametrize("term", [*MOST_SELECTIVE, "any"])
async def test_a_search_reads_its_index_in_the_order_of_the_answer_and_nothing_else(
    pool: asyncpg.Pool, superuser: psycopg.Connection, term: Term
) -> None:
    superuser.execute(
        """INSERT INTO audit_log SELECT 'general', n, gen_random_uuid(), now() - n * interval '1 second', now(),
        'score_requested', '{"actor":"score","n":' || n || '}', sha256(''), sha256('')
        FROM generate_series(1, 5000) AS n"""
    )
    superuser.execute("ANALYZE audit_log")
    async with transaction(pool) as connection:
        await connection.execute(store.SETTINGS)
        rows = await connection.fetch(
            "EXPLAIN (FORMAT JSON) " + store.search_statement(term),
            *(END_OF_TIME, UUID(int=0), NOW, 5_000, TERMS[term], None, None, None, None, None, 100),
        )
    text = rows[0][0]
    nodes = list(nodes_of(json.loads(text)[0]["Plan"]))
    index = "audit_log_newest" if term == "any" else f"audit_log_newest_of_{term}"
    assert [node["Index Name"] for node in nodes if "Index Name" in node] == [index]
    assert {node["Node Type"] for node in nodes} <= {"Limit", "Subquery Scan", "Index Scan", "Result"}
    (scan,) = [node for node in nodes if node["Node Type"] == "Index Scan"]
    assert "Filter" not in scan, "every row that is read belongs to the term and the window"


def nodes_of(plan: dict[str, Any]) -> Any:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        (payload(subject=RETAILER), Criteria(retailer=RETAILER)),
        (payload(subject="batch_1", details={"retailer_id": RETAILER}), Criteria(retailer=RETAILER)),
        (payload(details={"request_id": REQUEST}), Criteria(request=REQUEST)),
        (payload(actor="lender_one"), Criteria(lender="lender_one")),
        (payload(actor="ops-1", subject="lender_one"), Criteria(lender="lender_one")),
        (payload(actor="ops-1", details={"lender_id": "lender_one"}), Criteria(lender="lender_one")),
        (payload(actor="ops-1"), Criteria(actor="ops-1")),
        (payload(claimed_payload=payload(subject=RETAILER)), Criteria(retailer=RETAILER)),
    ],
)
async def test_an_entry_is_found_by_what_it_says_wherever_it_says_so(
    pool: asyncpg.Pool, text: str, criteria: Criteria
) -> None:
    await append(pool, entry_of(1, text), entry_of(2, payload(actor="x", subject="ret_00000000000000bb")))
    async with transaction(pool) as connection:
        links = await store.newest(connection, criteria, start=criteria.start(None), limit=10, examined=100)
    assert [link.event_id.int for link in links] == [1]


async def test_a_text_that_no_index_can_hold_is_chained_all_the_same(pool: asyncpg.Pool) -> None:
    texts = ('{"actor":"a\\u0000b"}', payload(actor="a" * 4_000), "no json", '{"claimed_payload":"no json"}')
    await append(pool, *(entry_of(number, text) for number, text in enumerate(texts, start=1)))
    async with transaction(pool) as connection:
        assert len(await chain.links(connection, "general", after=0, limit=10)) == 4
        everything = Criteria()
        links = await store.newest(connection, everything, start=everything.start(None), limit=10, examined=100)
    assert len(links) == 4
