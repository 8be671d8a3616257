"""What operators may read: the audit log (which is itself audited), the overview, and the page."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from altscore_admin import api
from altscore_admin.handlers import anomaly_detected
from altscore_libs.consumer import Received
from altscore_libs.db import transaction

CSR = "-----BEGIN CERTIFICATE REQUEST-----\n"


async def test_the_audit_log_is_read_through_the_audit_service_and_the_reading_is_audited(operations: Any) -> None:
    async with operations.by("legal-1") as client:
        headers = {"X-Justification-Ticket": "DPO-17"}
        answer = await client.get("/v1/admin/audit/events?after=5&limit=10&chain=failed_auth", headers=headers)
    assert answer.json()["events"][0]["asked"] == {"chain": "failed_auth", "after": "5", "limit": "10"}
    (event,) = await operations.events()
    assert (event["action"], event["actor"], event["subject"]) == ("admin_data_access", "legal-1", "audit_log")
    assert event["details"]["justification_ticket"] == "DPO-17"


async def test_a_reading_is_audited_even_when_the_audit_service_is_away(operations: Any, world: Any) -> None:
    world.is_down.add("audit")
    async with operations.by("legal-1") as client:
        assert (await client.get("/v1/admin/audit/events")).status_code == 503
    assert await operations.audited() == [("admin_data_access", "legal-1", "ok")]


async def test_the_overview_counts_partners_invites_and_promotions(
    operations: Any, world: Any, statement: dict[str, Any]
) -> None:
    distributor = {"distributor_id": "dist_north", "name": "North", "csr_pem": CSR}
    await operations.post("ops-1", "/v1/admin/distributors", distributor)
    await operations.post("ops-1", "/v1/admin/lenders", {"lender_id": "lender_one", "name": "One"})
    world.retailers["dist_north"] = [(f"ret_{number:016x}", True) for number in range(3)]
    order = {"lender_scope": ["lender_one"], "purpose": "credit_score", "language": "en"}
    await operations.post("ops-1", "/v1/admin/distributors/dist_north/invites", order)
    await operations.post("ml-1", "/v1/admin/models/promote", statement)
    async with operations.by("legal-1") as client:
        found = (await client.get("/v1/admin/overview")).json()
    assert found["counts"] == {
        "distributors": 1,
        "lenders": 1,
        "invited": 3,
        "open_promotions": 1,
        "open_anomalies": 0,
    }
    assert (found["distributors"][0]["invited"], found["promotions"][0]["status"]) == (3, "proposed")


async def test_a_name_with_markup_in_it_is_text_on_the_page(operations: Any) -> None:
    body = {"lender_id": "lender_x", "name": "<script>alert('x')</script> & Sons"}
    await operations.post("ops-1", "/v1/admin/lenders", body)
    async with operations.by("ops-1") as client:
        answer = await client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; Sons" in answer.text


@pytest.mark.parametrize("deliveries", [1, 2])
async def test_an_anomaly_waits_for_a_person_once(pool: asyncpg.Pool, deliveries: int) -> None:
    at = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
    data = {
        "anomaly_id": "anm_1",
        "retailer_id": "ret_0123456789abcdef",
        "run_id": "run_1",
        "score": 0.71,
        "threshold": 0.6,
        "detected_at": at,
    }
    event = Received(UUID(int=1), "erp.anomaly.detected", "altscore.anomaly", "k", at, "scoring", 1, data)
    for _ in range(deliveries):
        async with transaction(pool) as connection:
            await anomaly_detected(connection, event)
    assert await pool.fetchval("SELECT count(*) FROM anomalies WHERE status = 'open'") == 1


def test_the_openapi_document_is_the_committed_one() -> None:
    committed = Path(__file__).parents[1] / "openapi.json"
    assert api.build(None).openapi() == json.loads(committed.read_text(encoding="utf-8"))
