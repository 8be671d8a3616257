"""The audit log is read through the audit service, and every reading is audited."""

import pytest

from ..conftest import Operations, Upstreams


async def test_the_audit_log_is_read_through_the_audit_service_and_the_reading_is_audited(
    operations: Operations,
) -> None:
    async with operations.by("legal-1") as client:
        headers = {"X-Justification-Ticket": "DPO-17"}
        answer = await client.get("/v1/admin/audit/events?after=5&limit=10&chain=failed_auth", headers=headers)
    assert answer.json()["events"][0]["asked"] == {"chain": "failed_auth", "after": "5", "limit": "10"}
    (event,) = await operations.events()
    assert (event["action"], event["actor"], event["subject"]) == ("admin_data_access", "legal-1", "audit_log")
    assert event["details"]["justification_ticket"] == "DPO-17"


async def test_a_reading_is_audited_even_when_the_audit_service_is_away(
    operations: Operations, upstreams: Upstreams
) -> None:
    upstreams.is_down.add("audit")
    async with operations.by("legal-1") as client:
        assert (await client.get("/v1/admin/audit/events")).status_code == 503
    assert await operations.audited() == [("admin_data_access", "legal-1", "ok")]


@pytest.mark.parametrize("ticket", ["Ramesh", "9800000001", "TEL-9800000001", "see mail", "dpo-17"])
async def test_a_ticket_is_a_number_of_a_ticket_and_no_text(operations: Operations, ticket: str) -> None:
    async with operations.by("legal-1") as client:
        answer = await client.get("/v1/admin/audit/events", headers={"X-Justification-Ticket": ticket})
    assert answer.status_code == 400
    assert await operations.events() == []


async def test_a_search_is_handed_on_and_audited_with_what_was_looked_for(operations: Operations) -> None:
    query = "retailer_id=ret_00000000000000aa&lender_id=lender_one&since=2026-05-20T08:00:00%2B05:30&limit=7"
    async with operations.by("legal-1") as client:
        answer = await client.get(f"/v1/admin/audit/search?{query}", headers={"X-Justification-Ticket": "DPO-17"})
    asked = {
        "retailer_id": "ret_00000000000000aa",
        "lender_id": "lender_one",
        "since": "2026-05-20T02:30:00Z",
        "limit": "7",
    }
    assert answer.json() == {"events": [{"seq": 2, "asked": asked}], "next": "1.00000000"}
    (event,) = await operations.events()
    assert (event["action"], event["actor"], event["subject"]) == ("admin_data_access", "legal-1", "audit_log")
    assert event["details"] == {**asked, "kind": "search", "justification_ticket": "DPO-17"}


@pytest.mark.parametrize(
    "query",
    [
        "phone=9800000001",
        "actor=tel9800000001",
        "actor=9800000001",
        "retailer_id=9800000001",
        "request_id=9800000001",
        "action=Call%209800000001",
        "cursor=9800000001",
        "since=9800000001",
    ],
)
async def test_a_search_for_what_is_no_id_is_a_400_and_is_written_nowhere(operations: Operations, query: str) -> None:
    async with operations.by("legal-1") as client:
        answer = await client.get(f"/v1/admin/audit/search?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "9800000001" not in answer.text
    assert "9800000001" not in await operations.whole_database()


REQUEST = "0197a3f2-0000-7000-8000-000000000001"


@pytest.mark.parametrize("name", ["event_id", "request_id"])
async def test_proofs_are_handed_on_and_audited_with_what_was_proven(operations: Operations, name: str) -> None:
    async with operations.by("legal-1") as client:
        headers = {"X-Justification-Ticket": "DPO-17"}
        answer = await client.get(f"/v1/admin/audit/proofs?{name}={REQUEST}", headers=headers)
    assert answer.json() == {"proofs": [{"version": 1, "asked": {name: REQUEST}}], "unsigned": []}
    (event,) = await operations.events()
    assert (event["action"], event["actor"], event["subject"]) == ("admin_data_access", "legal-1", "audit_log")
    assert event["details"] == {name: REQUEST, "kind": "proofs", "justification_ticket": "DPO-17"}


async def test_a_grievances_proofs_are_asked_for_by_its_id_and_its_retailer(operations: Operations) -> None:
    query = {"record_id": "grv_" + "2" * 32, "retailer_id": "ret_7f3a92c1d4e8b051"}
    async with operations.by("legal-1") as client:
        answer = await client.get("/v1/admin/audit/proofs", params=query)
    assert answer.json()["proofs"] == [{"version": 1, "asked": query}]
    (event,) = await operations.events()
    assert event["details"] == {**query, "kind": "proofs", "justification_ticket": "none"}


@pytest.mark.parametrize(
    "query",
    [
        *("", f"event_id={REQUEST}&request_id={REQUEST}", "event_id=9800000001", "request_id=9800000001", "x=1"),
        f"request_id={REQUEST}&retailer_id=ret_7f3a92c1d4e8b051",
        f"record_id=grv_{'2' * 32}",
        f"record_id=rgt_{'2' * 32}&retailer_id=ret_7f3a92c1d4e8b051",
        f"record_id=grv_{'2' * 32}&retailer_id=9800000001",
    ],
)
async def test_a_proof_of_what_is_no_id_is_a_400_and_is_written_nowhere(operations: Operations, query: str) -> None:
    async with operations.by("legal-1") as client:
        answer = await client.get(f"/v1/admin/audit/proofs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert "9800000001" not in answer.text
    assert await operations.events() == []
