"""A month of the audit log is deleted by two super admins, when it is due, the oldest first, and by nobody else."""

import json
from typing import Any

import httpx
import pytest
from altscore_libs.clock import FixedClock

from ..conftest import Operations, Upstreams

PATH = "/v1/admin/audit/segments"
DELETION = f"{PATH}/deletion"
ASK = {"chain": "failed_auth", "month": "2023-11", "ticket": "AUD-9"}


def segment(month: str, due_at: str, **changes: Any) -> dict[str, Any]:
    """As the audit service shows it."""
    fields = {"chain": "failed_auth", "month": month, "first_seq": 1, "last_seq": 512, "due_at": due_at}
    return {**fields, "sha256": month.replace("-", "") * 10 + "abcd", "is_gone": False, "decision": None, **changes}


@pytest.fixture(autouse=True)
def segments(upstreams: Upstreams) -> list[dict[str, Any]]:
    upstreams.segments = [
        segment("2023-10", "2025-11-02T18:30:00Z", is_gone=True, decision={"record": "{}"}),
        segment("2023-11", "2025-12-02T18:30:00Z"),
        segment("2023-12", "2026-01-02T18:30:00Z"),
    ]
    return upstreams.segments


async def asked(operations: Operations, operator: str = "super-1", **changes: Any) -> httpx.Response:
    return await operations.post(operator, DELETION, ASK | changes)


async def test_two_super_admins_hand_over_what_they_signed(operations: Operations) -> None:
    requested = await asked(operations)
    assert (await operations.approve("super-1", requested)).status_code == 409
    assert (await operations.approve("audit-1", requested)).status_code == 403
    assert [event for event in await operations.events() if event["action"].endswith("deletion_decided")] == []
    approved = await operations.approve("super-2", requested)
    assert (approved.status_code, approved.json()["result"]) == (200, {"last_seq": 512})
    [event] = [event for event in await operations.events() if event["action"] == "audit_segment_deletion_decided"]
    record = json.loads(event["details"]["record"])
    assert (record["proposed_by"], record["approved_by"], record["content"]["segment_sha256"]) == (
        "super-1",
        "super-2",
        "202311" * 10 + "abcd",
    )
    assert (event["subject"], record["approval_id"]) == ("failed_auth/2023-11", event["details"]["approval_id"])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"month": "2023-12"}, 409),
        ({"month": "2023-10"}, 409),
        ({"month": "2023-09"}, 404),
        ({"chain": "general"}, 404),
    ],
)
async def test_only_the_oldest_month_that_is_left_can_be_asked_for(
    operations: Operations, changes: dict[str, Any], status: int
) -> None:
    assert (await asked(operations, **changes)).status_code == status
    assert (await asked(operations, "ops-1")).status_code == 403


async def test_a_month_that_is_still_kept_is_refused_also_at_the_approval(
    operations: Operations, upstreams: Upstreams, clock: FixedClock
) -> None:
    upstreams.segments[1]["due_at"] = "2026-05-20T08:00:01Z"
    assert (await asked(operations)).status_code == 409
    clock.advance(seconds=1)
    requested = await asked(operations)
    upstreams.segments[1]["sha256"] = "0" * 64
    assert (await operations.approve("super-2", requested)).status_code == 409
    assert "audit_segment_deletion_decided" not in {action for action, _, _ in await operations.audited()}


async def test_the_months_are_shown_with_their_proofs_and_the_reading_is_audited(
    operations: Operations, segments: list[dict[str, Any]]
) -> None:
    async with operations.by("audit-1") as client:
        answer = await client.get(f"{PATH}?chain=failed_auth")
    assert (answer.status_code, answer.json()) == (200, {"segments": segments})
    assert ("admin_data_access", "audit-1", "ok") in await operations.audited()
