"""Operators revoke, suspend, reactivate and rotate; score does it once, admin audits who wanted it and why."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

BASE = "/v1/admin/lenders/lender_one"
KINDS = {
    "revoke-tokens": "tokens_revoked",
    "suspend": "lender_suspended",
    "reactivate": "lender_reactivated",
    "rotate-secret": "lender_secret_rotated",
}
BODY = {"reason": "compromise"}


@pytest.fixture
async def partners(operations: Any) -> Any:
    await operations.post("ops-1", "/v1/admin/lenders", {"lender_id": "lender_one", "name": "Lender One"})
    return operations


async def ordered(operations: Any, kind: str, body: dict[str, Any], order_id: str | None = None) -> httpx.Response:
    """An order of ops-1, with an X-Request-ID where a test names one."""
    async with operations.by("ops-1") as client:
        headers = {"X-Request-ID": order_id} if order_id else {}
        answer: httpx.Response = await client.post(f"{BASE}/{kind}", json=body, headers=headers)
        return answer


@pytest.mark.parametrize("kind", KINDS)
async def test_an_order_reaches_score_with_the_operator_and_the_reason(partners: Any, world: Any, kind: str) -> None:
    answer = await ordered(partners, kind, BODY)
    assert answer.status_code == (201 if kind == "rotate-secret" else 200)
    ((order_id, asked),) = world.orders.items()
    assert (asked["kind"], asked["by"], asked["reason"], asked["order_id"]) == (kind, "ops-1", "compromise", order_id)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_order_is_audited_before_score_is_asked_and_when_it_is_done(partners: Any, kind: str) -> None:
    await ordered(partners, kind, BODY)
    events = [one for one in await partners.events() if one["action"] == KINDS[kind]]
    assert [one["outcome"] for one in events] == ["requested", "ok"]
    assert {(one["actor"], one["subject"], one["reason"]) for one in events} == {("ops-1", "lender_one", "compromise")}
    assert len({one["details"]["order_id"] for one in events}) == 1


async def test_the_same_request_id_is_the_same_order(partners: Any, world: Any) -> None:
    order_id = str(uuid4())
    first = await ordered(partners, "suspend", BODY, order_id)
    second = await ordered(partners, "suspend", BODY, order_id.upper())
    assert [one.json()["is_repeated"] for one in (first, second)] == [False, True]
    assert list(world.orders) == [order_id]
    await ordered(partners, "suspend", BODY, "no-uuid-at-all")
    assert len(world.orders) == 2


async def test_a_new_secret_is_shown_once_and_kept_nowhere(partners: Any) -> None:
    order_id = str(uuid4())
    first = await ordered(partners, "rotate-secret", {**BODY, "overlap_s": 3600}, order_id)
    assert first.json() == {
        "lender_id": "lender_one",
        "is_repeated": False,
        "client_secret": "cs_secret_2",
        "former_valid_until": "2026-05-20T09:00:00Z",
    }
    assert first.headers["cache-control"] == "no-store"
    second = await ordered(partners, "rotate-secret", {**BODY, "overlap_s": 3600}, order_id)
    assert (second.status_code, "client_secret" in second.json()) == (200, False)
    assert "cs_secret" not in await partners.whole_database()


async def test_one_token_can_be_named(partners: Any, world: Any) -> None:
    await ordered(partners, "revoke-tokens", {**BODY, "jti": "a" * 32})
    (asked,) = world.orders.values()
    assert asked["jti"] == "a" * 32


async def test_score_being_away_is_a_503_and_the_attempt_is_on_record(partners: Any, world: Any) -> None:
    world.is_down.add("score")
    answer = await ordered(partners, "suspend", BODY)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert [row[2] for row in await partners.audited() if row[0] == "lender_suspended"] == ["requested", "refused"]


async def test_a_lender_that_score_does_not_know_is_a_404(partners: Any) -> None:
    assert (await partners.post("ops-1", "/v1/admin/lenders/lender_x/suspend", BODY)).status_code == 404


@pytest.mark.parametrize("operator", ["ml-1", "legal-1"])
@pytest.mark.parametrize("kind", KINDS)
async def test_only_operations_may_order(partners: Any, world: Any, operator: str, kind: str) -> None:
    assert (await partners.post(operator, f"{BASE}/{kind}", BODY)).status_code == 403
    assert (await partners.post(None, f"{BASE}/{kind}", BODY)).status_code == 401
    assert world.orders == {}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("suspend", {}),
        ("suspend", {"reason": "because he said so"}),
        ("suspend", {**BODY, "extra": 1}),
        ("revoke-tokens", {**BODY, "jti": "x"}),
        ("rotate-secret", {**BODY, "overlap_s": -1}),
        ("rotate-secret", {**BODY, "overlap_s": 604_801}),
        ("rotate-secret", {**BODY, "overlap_s": "60"}),
    ],
)
async def test_a_malformed_order_is_a_400(partners: Any, world: Any, kind: str, body: dict[str, Any]) -> None:
    assert (await ordered(partners, kind, body)).status_code == 400
    assert world.orders == {}


@pytest.mark.parametrize("lender_id", ["LENDER_ONE", "lender_", "..%2Fx", "lender_" + "x" * 49])
async def test_a_lender_of_another_form_is_never_asked_about(partners: Any, world: Any, lender_id: str) -> None:
    assert (await partners.post("ops-1", f"/v1/admin/lenders/{lender_id}/suspend", BODY)).status_code in (400, 404)
    assert not [path for path, _ in world.asked if "suspend" in path]
