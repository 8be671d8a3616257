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
