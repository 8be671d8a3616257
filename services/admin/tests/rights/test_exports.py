"""An export is whole or not at all, for a verified request alone, and audited before anything is read."""

from typing import Any

import asyncpg
import httpx
import pytest

from ..conftest import Operations
from ..grievances.test_service import TEXT, filed
from .conftest import ALIAS, RETAILER, RightsWorld

TICKET = {"X-Justification-Ticket": "DPO-17"}


async def export(requests: RightsWorld, by: str = "legal-1", headers: dict[str, str] | None = None) -> httpx.Response:
    async with requests.operations.by(by) as client:
        path = f"/v1/admin/retailers/{RETAILER}/export"
        return await client.get(path, headers=TICKET if headers is None else headers)


def parts_of(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    return {part["name"]: part for part in answer.json()["parts"]}


async def test_an_export_holds_every_part_counted_with_its_source(pool: asyncpg.Pool, requests: RightsWorld) -> None:
    await filed(pool)
    tell, now = requests.upstreams.tell, requests.clock.now()
    for _ in range(2):
        tell("score", "score_requested", "served", now, actor="lender_shriram")
    tell("score", "score_history_read", "served", now, actor="lender_ugro", subject=ALIAS)
    tell("notification", "message_sent", "ok", now, kind="consent_invite", channel="whatsapp")
    request_id = await requests.verified("access")
    answer = await export(requests)
    assert answer.status_code == 200
    assert answer.json()["retailer_ids"] == [ALIAS, RETAILER]
    parts = parts_of(answer)
    assert all(part["count"] == len(part["items"]) for part in parts.values())
    sources = {name: part["source"] for name, part in parts.items()}
    assert (sources["identities"], sources["consents"], sources["scores"]) == ("vault", "consent", "score")
    assert [item["phone"] for item in parts["identities"]["items"] if item["type"] == "ledger"] == ["919800000001"]
    assert [(item["lender_id"], item["times"]) for item in parts["lenders"]["items"]] == [
        ("lender_shriram", 2),
        ("lender_ugro", 1),
    ]
    assert [item["kind"] for item in parts["messages"]["items"]] == ["consent_invite"]
    assert [item["description"] for item in parts["grievances"]["items"]] == [TEXT]
    assert [item["request_id"] for item in parts["rights"]["items"]] == [request_id]
    assert parts["audit"]["count"] == 4
    assert answer.json()["elsewhere"]
    closed = (await requests.post(f"/{request_id}/close", {"outcome": "answered"})).json()
    assert (closed["state"], closed["clock"]["state"]) == ("closed", "met")


@pytest.mark.parametrize("part", ["identities", "consents", "scores", "audit"])
async def test_a_part_that_cannot_be_read_is_named_and_nothing_is_shown(requests: RightsWorld, part: str) -> None:
    await requests.verified("access")
    requests.upstreams.parts_down.add(part)
    answer = await export(requests)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (503, part)
    assert "919800000001" not in answer.text
    audited = [event for event in await requests.operations.audited() if event[0] == "retailer_exported"]
    assert [outcome for _, _, outcome in audited] == ["requested", "incomplete"]
    assert [step for step, _ in await requests.steps((await requests.open("access"))["request_id"])] == [
        "opened",
        "verified",
    ]


async def test_rows_that_the_vault_leaves_out_are_no_whole_export(requests: RightsWorld) -> None:
    await requests.verified("access")
    requests.upstreams.parts_down.add("rows")
    answer = await export(requests)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (503, "identities")


async def test_of_an_erased_retailer_the_evidence_that_stays_is_exported(requests: RightsWorld) -> None:
    await requests.verified("access")
    requests.upstreams.parts_down.add("identity")
    answer = await export(requests)
    assert answer.json()["retailer_ids"] == [RETAILER]
    assert (parts_of(answer)["identities"]["count"], parts_of(answer)["rights"]["count"]) == (0, 1)


async def test_a_description_that_cannot_be_decrypted_is_no_empty_one(
    pool: asyncpg.Pool, requests: RightsWorld
) -> None:
    await filed(pool, sealed_description="AAAA")
    await requests.verified("access")
    answer = await export(requests)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (503, "grievances")


async def test_without_a_verified_request_of_access_nothing_is_read(requests: RightsWorld) -> None:
    answer = await export(requests)
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_VERIFIED_REQUEST")
    await requests.open("access")
    assert (await export(requests)).status_code == 409
    await requests.verified("erasure")
    assert (await export(requests)).status_code == 409
    assert requests.upstreams.asked == []


@pytest.mark.parametrize("headers", [{}, {"X-Justification-Ticket": "because of Ramesh"}])
async def test_an_export_needs_the_number_of_a_ticket(requests: RightsWorld, headers: dict[str, str]) -> None:
    await requests.verified("access")
    answer = await export(requests, headers=headers)
    assert answer.status_code == 400
    assert "Ramesh" not in answer.text


@pytest.mark.parametrize("operator", ["ops-1", "ml-1", "risk-1"])
async def test_who_may_not_handle_rights_exports_nothing(requests: RightsWorld, operator: str) -> None:
    await requests.verified("access")
    assert (await export(requests, by=operator)).status_code == 403


async def test_nothing_of_what_was_exported_stays_here(operations: Operations, requests: RightsWorld) -> None:
    await requests.verified("access")
    await export(requests)
    assert "919800000001" not in await operations.whole_database()
