"""Operations confirm a second phone, and only then can it be invited; consent histories are read by those who may."""

import pytest

from ..conftest import Operations, Upstreams, contact_ref, retailer

INVITES = {"lender_scope": ["lender_one"], "purpose": "credit_score", "language": "hi"}
PATH = "/v1/admin/distributors/dist_north/invites"
CONFIRM = f"/v1/admin/retailers/{retailer(4)}/phones/confirm"


async def test_a_phone_that_operations_confirm_can_be_invited(partners: Operations, upstreams: Upstreams) -> None:
    answer = await partners.post("ops-1", CONFIRM, {"distributor_id": "dist_north"})
    assert (answer.status_code, answer.json()) == (
        200,
        {"retailer_id": retailer(4), "distributor_id": "dist_north"},
    )
    await partners.post("ops-1", PATH, INVITES | {"retailer_ids": [retailer(4)]})
    assert upstreams.invites[retailer(4)]["contact_ref"] == contact_ref(retailer(4))


async def test_confirming_a_phone_is_audited_before_the_vault_is_asked_and_when_it_is_done(
    partners: Operations,
) -> None:
    await partners.post("ops-2", CONFIRM, {"distributor_id": "dist_north"})
    events = [event for event in await partners.events() if event["details"].get("kind") == "phone_confirmation"]
    assert [(event["actor"], event["subject"], event["outcome"]) for event in events] == [
        ("ops-2", retailer(4), "requested"),
        ("ops-2", retailer(4), "ok"),
    ]
    assert events[1]["details"]["contact_ref"] == contact_ref(retailer(4))


async def test_a_phone_that_the_vault_does_not_know_is_a_404_on_record(
    partners: Operations, upstreams: Upstreams
) -> None:
    path = f"/v1/admin/retailers/{retailer(99)}/phones/confirm"
    assert (await partners.post("ops-1", path, {"distributor_id": "dist_north"})).status_code == 404
    assert (await partners.audited())[-1] == ("admin_action", "ops-1", "refused")
    asked = len(upstreams.asked)
    assert (await partners.post("ops-1", path, {"distributor_id": "dist_unknown"})).status_code == 404
    assert len(upstreams.asked) == asked, "the vault is asked about distributors of ours alone"


@pytest.mark.parametrize("operator", ["ml-1", "legal-1"])
async def test_only_operations_may_confirm_a_phone(partners: Operations, upstreams: Upstreams, operator: str) -> None:
    assert (await partners.post(operator, CONFIRM, {"distributor_id": "dist_north"})).status_code == 403
    assert (await partners.audited())[-1] == ("admin_action", operator, "refused")
    assert not [path for path, _ in upstreams.asked if path.endswith("/confirm")]


async def test_a_consent_history_is_read_through_consent_and_the_reading_is_audited(operations: Operations) -> None:
    path = f"/v1/admin/retailers/{retailer(4)}/consent-history"
    async with operations.by("legal-1") as client:
        answer = await client.get(path, headers={"X-Justification-Ticket": "DPO-18"})
    assert answer.json() == {"retailer_id": retailer(4), "invites": [{"invite_id": "inv_1"}], "records": []}
    (event,) = await operations.events()
    assert (event["action"], event["actor"], event["subject"]) == ("admin_data_access", "legal-1", retailer(4))
    assert event["details"] == {"kind": "consent_history", "justification_ticket": "DPO-18"}


@pytest.mark.parametrize("operator", ["ops-1", "ml-1", "risk-1"])
async def test_a_role_without_consent_records_reads_no_history(operations: Operations, operator: str) -> None:
    async with operations.by(operator) as client:
        assert (await client.get(f"/v1/admin/retailers/{retailer(4)}/consent-history")).status_code == 403


async def test_a_reading_is_audited_even_when_consent_is_away(operations: Operations, upstreams: Upstreams) -> None:
    upstreams.is_down.add("consent")
    async with operations.by("legal-1") as client:
        assert (await client.get(f"/v1/admin/retailers/{retailer(4)}/consent-history")).status_code == 503
    assert await operations.audited() == [("admin_data_access", "legal-1", "ok")]
