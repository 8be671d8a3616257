"""Affected retailers: by the vault's list, by what a lender was shown, or named; ids alone, nothing twice."""

import json
from typing import Any
from uuid import uuid4

import pytest

from ..conftest import Operations, Upstreams, contact_ref, retailer
from .test_service import get, opened, post

RANGE = {"since": "2026-05-01T00:00:00Z", "until": "2026-05-20T00:00:00Z"}


def shown(number: int) -> dict[str, Any]:
    """An entry of the audit chain that a score was shown."""
    payload = json.dumps({"subject": retailer(number), "actor": "lender_a"})
    return {"action": "score_requested", "payload": payload}


async def test_the_parts_of_a_query_add_up_and_nobody_is_listed_twice(
    operations: Operations, upstreams: Upstreams
) -> None:
    upstreams.retailers["dist_north"] = [(retailer(number), number % 2 == 0) for number in range(1, 9)]
    upstreams.trail = [shown(number) for number in (7, 8, 9, 9)]
    incident_id = await opened(operations)
    body = {"distributor_ids": ["dist_north"], "lender_ids": ["lender_a"], "retailer_ids": [retailer(10)], **RANGE}
    answer = await post(operations, f"/{incident_id}/affected", body)
    assert answer.json() == {"added": 10, "total": 10}
    first = (await get(operations, f"/{incident_id}/affected?limit=6")).json()
    second = (await get(operations, f"/{incident_id}/affected?limit=6&cursor={first['next_cursor']}")).json()
    assert [item["retailer_id"] for item in first["items"] + second["items"]] == [retailer(n) for n in range(1, 11)]
    assert (first["total"], second["next_cursor"]) == (10, None)


async def test_no_reference_of_a_phone_is_kept(operations: Operations, upstreams: Upstreams) -> None:
    upstreams.retailers["dist_north"] = [(retailer(1), True)]
    incident_id = await opened(operations)
    await post(operations, f"/{incident_id}/affected", {"distributor_ids": ["dist_north"]})
    assert contact_ref(retailer(1)) not in await operations.whole_database()


async def test_a_source_that_does_not_answer_is_no_short_list(operations: Operations, upstreams: Upstreams) -> None:
    incident_id, command_id = await opened(operations), str(uuid4())
    upstreams.retailers["dist_north"] = [(retailer(1), True)]
    upstreams.trail = [shown(2)]
    upstreams.is_down.add("audit")
    body = {"distributor_ids": ["dist_north"], "lender_ids": ["lender_a"], **RANGE}
    assert (await post(operations, f"/{incident_id}/affected", body, command_id=command_id)).status_code == 503
    upstreams.is_down.clear()
    again = await post(operations, f"/{incident_id}/affected", body, command_id=command_id)
    assert (again.status_code, again.json()["total"]) == (200, 2)


@pytest.mark.parametrize(
    "body",
    [
        {"lender_ids": ["lender_a"]},
        {"lender_ids": ["lender_a"], "since": RANGE["until"], "until": RANGE["since"]},
        {"retailer_ids": ["9876543210"]},
        {"retailer_ids": [retailer(1)] * 5_001},
        {"distributor_ids": ["*"]},
    ],
)
async def test_a_bad_query_is_a_400(operations: Operations, body: Any) -> None:
    incident_id = await opened(operations)
    answer = await post(operations, f"/{incident_id}/affected", body)
    assert answer.status_code == 400
    assert "9876543210" not in answer.text


async def test_reading_the_list_is_audited(operations: Operations) -> None:
    incident_id = await opened(operations)
    await get(operations, f"/{incident_id}/affected")
    assert ("admin_data_access", "sec-1", "ok") in await operations.audited()
