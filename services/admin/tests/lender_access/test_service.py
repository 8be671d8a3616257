"""Operators revoke, suspend, reactivate and rotate; score does it once, admin audits who asked for it and why."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from ..conftest import Operations, Upstreams

BASE = "/v1/admin/lenders/lender_one"
KINDS = {
    "revoke-tokens": "tokens_revoked",
    "suspend": "lender_suspended",
    "reactivate": "lender_reactivated",
    "rotate-secret": "lender_secret_rotated",
}
BODY = {"reason": "compromise"}


async def changed(
    operations: Operations, kind: str, body: dict[str, Any], command_id: str | None = None
) -> httpx.Response:
    """A command of ops-1, with an X-Request-ID where a test names it; ops-2 approves what needs a second person."""
    async with operations.by("ops-1") as client:
        headers = {"X-Request-ID": command_id} if command_id else {}
        answer: httpx.Response = await client.post(f"{BASE}/{kind}", json=body, headers=headers)
    return await operations.approve("ops-2", answer) if answer.status_code == 202 else answer


def orders_by(kind: str) -> str:
    """Who is named to score: of two persons the one who approved."""
    return "ops-2" if kind in ("suspend", "reactivate") else "ops-1"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_command_reaches_score_with_the_operator_and_the_reason(
    partners: Operations, upstreams: Upstreams, kind: str
) -> None:
    answer = await changed(partners, kind, BODY)
    assert answer.status_code == (201 if kind == "rotate-secret" else 200)
    ((command_id, asked),) = upstreams.access_commands.items()
    assert (asked["kind"], asked["by"], asked["reason"], asked["order_id"]) == (
        *(kind, orders_by(kind), "compromise"),
        command_id,
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_a_command_is_audited_before_score_is_asked_and_when_it_is_done(partners: Operations, kind: str) -> None:
    await changed(partners, kind, BODY)
    events = [event for event in await partners.events() if event["action"] == KINDS[kind]]
    assert [event["outcome"] for event in events] == ["requested", "ok"]
    assert {(event["actor"], event["subject"], event["reason"]) for event in events} == {
        (orders_by(kind), "lender_one", "compromise")
    }
    assert len({event["details"]["order_id"] for event in events}) == 1


async def test_the_same_request_id_is_the_same_command(partners: Operations, upstreams: Upstreams) -> None:
    command_id = str(uuid4())
    first = await changed(partners, "revoke-tokens", BODY, command_id)
    second = await changed(partners, "revoke-tokens", BODY, command_id.upper())
    assert [answer.json()["is_repeated"] for answer in (first, second)] == [False, True]
    assert list(upstreams.access_commands) == [command_id]
    await changed(partners, "revoke-tokens", BODY, "no-uuid-at-all")
    assert len(upstreams.access_commands) == 2


async def test_one_operator_suspends_nobody(partners: Operations, upstreams: Upstreams) -> None:
    requested = await partners.post("ops-1", f"{BASE}/suspend", BODY)
    assert (requested.status_code, requested.json()["state"]) == (202, "open")
    assert (await partners.approve("ops-1", requested)).json()["code"] == "SECOND_OPERATOR_REQUIRED"
    assert upstreams.access_commands == {}


async def test_a_new_secret_is_shown_once_and_kept_nowhere(partners: Operations) -> None:
    command_id = str(uuid4())
    first = await changed(partners, "rotate-secret", {**BODY, "overlap_s": 3600}, command_id)
    assert first.json() == {
        "lender_id": "lender_one",
        "is_repeated": False,
        "client_secret": "cs_secret_2",
        "former_valid_until": "2026-05-20T09:00:00Z",
    }
    assert first.headers["cache-control"] == "no-store"
    second = await changed(partners, "rotate-secret", {**BODY, "overlap_s": 3600}, command_id)
    assert (second.status_code, "client_secret" in second.json()) == (200, False)
    assert "cs_secret" not in await partners.whole_database()


async def test_one_token_can_be_named(partners: Operations, upstreams: Upstreams) -> None:
    await changed(partners, "revoke-tokens", {**BODY, "jti": "a" * 32})
    (asked,) = upstreams.access_commands.values()
    assert asked["jti"] == "a" * 32


async def test_score_being_away_is_a_503_and_the_attempt_is_on_record(
    partners: Operations, upstreams: Upstreams
) -> None:
    upstreams.is_down.add("score")
    answer = await changed(partners, "suspend", BODY)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert [row[2] for row in await partners.audited() if row[0] == "lender_suspended"] == ["requested", "refused"]


async def test_a_lender_that_score_does_not_know_is_a_404(partners: Operations) -> None:
    requested = await partners.post("ops-1", "/v1/admin/lenders/lender_x/suspend", BODY)
    assert (await partners.approve("ops-2", requested)).status_code == 404


@pytest.mark.parametrize("operator", ["ml-1", "legal-1"])
@pytest.mark.parametrize("kind", KINDS)
async def test_only_operations_may_change_access(
    partners: Operations, upstreams: Upstreams, operator: str, kind: str
) -> None:
    assert (await partners.post(operator, f"{BASE}/{kind}", BODY)).status_code == 403
    assert (await partners.post(None, f"{BASE}/{kind}", BODY)).status_code == 401
    assert upstreams.access_commands == {}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("suspend", {}),
        ("suspend", {"reason": "because it was asked for"}),
        ("suspend", {**BODY, "extra": 1}),
        ("revoke-tokens", {**BODY, "jti": "x"}),
        ("rotate-secret", {**BODY, "overlap_s": -1}),
        ("rotate-secret", {**BODY, "overlap_s": 604_801}),
        ("rotate-secret", {**BODY, "overlap_s": "60"}),
    ],
)
async def test_a_malformed_command_is_a_400(
    partners: Operations, upstreams: Upstreams, kind: str, body: dict[str, Any]
) -> None:
    assert (await changed(partners, kind, body)).status_code == 400
    assert upstreams.access_commands == {}


@pytest.mark.parametrize("lender_id", ["LENDER_ONE", "lender_", "..%2Fx", "lender_" + "x" * 49])
async def test_a_lender_of_another_form_is_never_asked_about(
    partners: Operations, upstreams: Upstreams, lender_id: str
) -> None:
    assert (await partners.post("ops-1", f"/v1/admin/lenders/{lender_id}/suspend", BODY)).status_code in (400, 404)
    assert not [path for path, _ in upstreams.asked if "suspend" in path]
