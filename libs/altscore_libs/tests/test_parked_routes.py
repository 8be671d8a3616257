"""Admin alone sees what is set aside, and nobody sees what it says."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from altscore_libs.decoding import NOT_AUTHENTIC, PoisonEvent, RawMessage, RefusedEvent
from altscore_libs.parked import ParkedList
from altscore_libs.parked_listener import ParkedServices, create_parked_app
from altscore_libs.parked_routes import BASE, ORDERS, SUMMARY
from altscore_libs.poison import Parking
from altscore_libs.testing import api_client
from fastapi import FastAPI

SECRET = "Asha Traders +91 98000 00000"
ORDER = {"order_id": str(UUID(int=1)), "action": "dry_run", "operator": "ops-1", "ticket": "OPS-7"}


@pytest.fixture
async def app(pool: asyncpg.Pool) -> FastAPI:
    """With two messages set aside."""
    parking = Parking(pool)
    for offset, error in enumerate((PoisonEvent("unknown schema id"), RefusedEvent(NOT_AUTHENTIC))):
        raw = RawMessage(
            topic="altscore.consent", partition=0, offset=offset, key=SECRET, value=SECRET.encode(), signature=b"s"
        )
        await parking.park(raw, error)
    return create_parked_app(ParkedServices(ParkedList(pool)))


async def test_the_list_says_what_is_set_aside_and_nothing_of_it(app: FastAPI) -> None:
    async with api_client(app, "admin") as client:
        answer = await client.get(BASE)
        assert answer.status_code == 200
        events = answer.json()["events"]
        assert [(event["reason"], event["holds_key"]) for event in events] == [
            ("unknown schema id", True),
            ("not_authentic", False),
        ]
        assert SECRET not in answer.text
        first = await client.get(f"{BASE}/{events[0]['id']}")
        assert first.json() == events[0]
        assert (await client.get(f"{BASE}/999")).status_code == 404
        assert [event["offset"] for event in (await client.get(f"{BASE}?kind=refused")).json()["events"]] == [1]
        one_of_two = (await client.get(f"{BASE}?limit=1")).json()
        assert (len(one_of_two["events"]), one_of_two["has_more"]) == (1, True)


async def test_the_summary_counts_what_is_set_aside_now(app: FastAPI, pool: asyncpg.Pool) -> None:
    since = datetime(2026, 5, 20, 7, tzinfo=UTC)
    await pool.execute("UPDATE parked SET parked_at = $1 WHERE holds_key", since)
    async with api_client(app, "admin") as client:
        answer = await client.get(SUMMARY)
        assert answer.json() == {"waiting": 1, "refused": 1, "oldest_at": "2026-05-20T07:00:00Z"}
        await pool.execute("UPDATE parked SET resolved_at = now()")
        assert (await client.get(SUMMARY)).json() == {"waiting": 0, "refused": 0, "oldest_at": None}


async def test_an_order_larger_than_any_can_be_is_refused_unread(app: FastAPI) -> None:
    async with api_client(app, "admin") as client:
        answer = await client.post(f"{BASE}/1/orders", json=ORDER | {"ticket": "x" * 5_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_an_order_is_taken_once_and_shown(app: FastAPI) -> None:
    async with api_client(app, "admin") as client:
        event = (await client.get(BASE)).json()["events"][0]["id"]
        first = await client.post(f"{BASE}/{event}/orders", json=ORDER)
        again = await client.post(f"{BASE}/{event}/orders", json=ORDER)
        assert (first.status_code, first.json()) == (202, again.json())
        assert (await client.get(f"{ORDERS}/{ORDER['order_id']}")).json() == first.json()
        assert (await client.get(f"{ORDERS}/{UUID(int=9)}")).status_code == 404
        replay = ORDER | {"action": "replay", "order_id": str(UUID(int=2))}
        assert (await client.post(f"{BASE}/{event}/orders", json=replay)).status_code == 409
        assert (await client.post(f"{BASE}/999/orders", json=replay)).status_code == 404


async def test_a_dismissal_is_ordered_by_two_persons_with_its_reason_and_the_digest_of_what_was_seen(
    app: FastAPI, pool: asyncpg.Pool
) -> None:
    async with api_client(app, "admin") as client:
        event = (await client.get(BASE)).json()["events"][0]
        path = f"{BASE}/{event['id']}/orders"
        why = {"action": "dismiss", "reason": "forged", "sha256": event["sha256"], "proposed_by": "ops-2"}
        dismissal = ORDER | why | {"order_id": str(UUID(int=2))}
        assert (await client.post(path, json=dismissal)).status_code == 409
        await client.post(path, json=ORDER)
        await pool.execute("UPDATE parked_order SET done_at = now(), outcome = 'would_be_refused'")
        placed = (await client.post(path, json=dismissal)).json()
        for lacking in ("reason", "sha256"):
            assert (await client.post(path, json=dismissal | {lacking: None})).status_code == 400
    assert (placed["action"], placed["reason"], placed["proposed_by"]) == ("dismiss", "forged", "ops-2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ticket": "see mail"},
        {"operator": SECRET},
        {"action": "dismiss"},
        {"reason": "forged"},
        {"order_id": "1"},
        {"more": 1},
    ],
)
async def test_an_order_that_the_audit_could_not_take_is_refused_without_an_echo(
    app: FastAPI, wrong: dict[str, object]
) -> None:
    async with api_client(app, "admin") as client:
        answer = await client.post(f"{BASE}/1/orders", json=ORDER | wrong)
    assert answer.status_code == 400
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", [f"{BASE}/0", f"{BASE}/{2**63}", f"{BASE}/x", f"{BASE}?limit=0", f"{BASE}?kind=x"])
async def test_what_is_no_number_is_refused(app: FastAPI, path: str) -> None:
    async with api_client(app, "admin") as client:
        assert (await client.get(path)).status_code == 400


@pytest.mark.parametrize("caller", [None, "score", "consent", "audit"])
async def test_nobody_but_admin_sees_it(app: FastAPI, caller: str | None) -> None:
    async with api_client(app, caller) as client:
        for path in (BASE, SUMMARY, f"{BASE}/1"):
            assert (await client.get(path)).status_code == 403
        assert (await client.post(f"{BASE}/1/orders", json=ORDER)).status_code == 403
        assert (await client.get(f"{ORDERS}/{ORDER['order_id']}")).status_code == 403
