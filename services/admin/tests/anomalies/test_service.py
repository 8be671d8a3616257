"""Anomalies are read in pages by those who may, and every reading is audited."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import psycopg
import pytest
from altscore_admin.anomalies import store
from altscore_libs.testing import Database

from ..conftest import NOW, Operations, retailer

RETAILER = retailer(1)


async def add(pool: asyncpg.Pool, number: int, retailer_id: str, *, status: str = "open") -> None:
    """An anomaly of a retailer, a minute after the one before."""
    await pool.execute(
        "INSERT INTO anomalies (anomaly_id, retailer_id, run_id, score, threshold, detected_at, status)"
        " VALUES ($1, $2, 'run_1', 0.7, 0.6, $3, $4)",
        f"anm_{number:032x}",
        retailer_id,
        NOW + timedelta(minutes=number),
        status,
    )


async def pages(operations: Operations, path: str) -> list[list[int]]:
    """The numbers on every page."""
    numbers, cursor = [], None
    while True:
        async with operations.by("risk-1") as client:
            answer = await client.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        numbers.append([int(anomaly["anomaly_id"][4:], 16) for anomaly in page["anomalies"]])
        if (cursor := page["next"]) is None:
            return numbers


async def test_the_open_ones_of_everybody_come_newest_first(operations: Operations) -> None:
    for number in range(1, 4):
        await add(operations.pool, number, retailer(number))
    await add(operations.pool, 4, RETAILER, status="closed")
    assert await pages(operations, "/v1/admin/anomalies") == [[3, 2], [1]]


async def test_all_of_a_retailer_come_with_their_state_and_the_reading_is_audited(operations: Operations) -> None:
    await add(operations.pool, 1, RETAILER, status="closed")
    await add(operations.pool, 2, RETAILER)
    await add(operations.pool, 3, retailer(2))
    async with operations.by("risk-1") as client:
        answer = await client.get(
            f"/v1/admin/retailers/{RETAILER}/anomalies", headers={"X-Justification-Ticket": "RISK-3"}
        )
    assert [anomaly["status"] for anomaly in answer.json()["anomalies"]] == ["open", "closed"]
    (event,) = await operations.events()
    assert (event["action"], event["actor"], event["subject"]) == ("admin_data_access", "risk-1", RETAILER)
    assert event["details"] == {"kind": "anomalies", "justification_ticket": "RISK-3"}


@pytest.mark.parametrize("path", ["/v1/admin/anomalies", f"/v1/admin/retailers/{RETAILER}/anomalies"])
async def test_an_unknown_parameter_is_a_400_and_a_role_without_the_score_store_a_403(
    operations: Operations, path: str
) -> None:
    async with operations.by("risk-1") as client:
        refused = await client.get(f"{path}?phone=9800000001")
    assert (refused.status_code, "9800000001" in refused.text) == (400, False)
    async with operations.by("ops-1") as client:
        assert (await client.get(path)).status_code == 403


@pytest.mark.parametrize(
    ("statement", "arguments", "index"),
    [
        (store.NEWEST_OPEN, (), "anomalies_open"),
        (store.NEWEST_OF_RETAILER, (RETAILER,), "anomalies_of_retailer"),
    ],
)
async def test_a_page_reads_its_index_in_order(
    pool: asyncpg.Pool, database: Database, statement: str, arguments: tuple[str, ...], index: str
) -> None:
    await pool.execute(
        "INSERT INTO anomalies (anomaly_id, retailer_id, run_id, score, threshold, detected_at)"
        " SELECT 'anm_' || n, 'ret_' || lpad(to_hex(n), 16, '0'), 'run_1', 0.7, 0.6, now() - n * interval '1 minute'"
        " FROM generate_series(1, 20000) AS n"
    )
    with psycopg.connect(database.superuser_dsn, autocommit=True) as superuser:
        superuser.execute("ANALYZE anomalies")
    rows = await pool.fetch("EXPLAIN (FORMAT JSON) " + statement, NOW + timedelta(days=1), "", 100, *arguments)
    plan: dict[str, Any] = json.loads(rows[0][0])[0]["Plan"]
    (scan,) = plan["Plans"]
    assert (plan["Node Type"], scan["Node Type"], scan.get("Index Name")) == ("Limit", "Index Scan", index)


async def test_an_anomaly_is_reviewed_once_by_a_person_and_stays_reviewed(operations: Operations) -> None:
    await add(operations.pool, 1, RETAILER)
    path, body = f"/v1/admin/anomalies/anm_{1:032x}/review", {"decision": "release", "ticket": "RISK-17"}
    assert (await operations.post("ml-1", path, body)).status_code == 403
    answer = await operations.post("risk-1", path, body)
    assert (answer.status_code, answer.json()["review"], answer.json()["status"]) == (200, "released", "closed")
    again = await operations.post("super-1", path, body | {"decision": "confirm"})
    assert (again.status_code, again.json()["code"]) == (409, "ANOMALY_REVIEWED")
    assert (await operations.post("risk-1", path.replace("1/review", "2/review"), body)).status_code == 404
    assert (await operations.post("risk-1", path, body | {"decision": "maybe"})).status_code == 400
    assert await pages(operations, "/v1/admin/anomalies") == [[]]
    (event,) = [event for event in await operations.events() if event["action"] == "anomaly_reviewed"]
    assert (event["actor"], event["subject"], event["outcome"]) == ("risk-1", RETAILER, "released")
