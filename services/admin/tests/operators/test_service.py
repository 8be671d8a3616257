"""Nobody acts unknown, nobody acts beyond their role, and both attempts are on record."""

import json
from pathlib import Path
from typing import Any

import pytest
from altscore_admin.errors import BadOperatorsFile
from altscore_admin.operators.service import DevelopmentOperators, new_file
from altscore_libs.clock import FixedClock

from ..conftest import LENDER, Operations, Upstreams


async def test_without_a_token_the_answer_is_401_and_audited(operations: Operations) -> None:
    answer = await operations.post(None, "/v1/admin/lenders", LENDER)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await operations.audited() == [("failed_auth", "unknown", "refused")]


async def test_an_unknown_token_is_refused_and_kept_nowhere(operations: Operations) -> None:
    async with operations.by(None) as client:
        headers = {"Authorization": "Bearer a-token-nobody-has-0123456789"}
        answer = await client.post("/v1/admin/lenders", json=LENDER, headers=headers)
    assert answer.status_code == 401
    assert "a-token-nobody-has" not in await operations.whole_database()


async def test_five_failures_in_ten_minutes_lock_the_address_but_not_the_operator(
    operations: Operations, clock: FixedClock
) -> None:
    async with operations.by(None) as client:
        bad = {"Authorization": "Bearer 0123456789abcdef"}
        statuses = [(await client.get("/v1/admin/overview", headers=bad)).status_code for _ in range(6)]
        assert statuses == [401] * 5 + [429]
        good = {"Authorization": f"Bearer {operations.tokens['ops-1']}"}
        assert (await client.get("/v1/admin/overview", headers=good)).status_code == 200
        clock.advance(seconds=601)
        assert (await client.get("/v1/admin/overview", headers=bad)).status_code == 401


@pytest.mark.parametrize(
    ("operator", "path", "body"),
    [
        ("ml-1", "/v1/admin/lenders", LENDER),
        ("legal-1", "/v1/admin/models/rollback", {"model_name": "altscore-pd"}),
        ("ops-1", "/v1/admin/models/rollback", {"model_name": "altscore-pd"}),
        ("legal-1", "/v1/admin/distributors/dist_a/backfill", {"hours": 1}),
        ("ml-1", "/v1/admin/distributors/dist_a/max-amount", {"max_amount_inr": 5_000_000_000}),
    ],
)
async def test_a_role_without_the_permission_is_refused_and_audited(
    operations: Operations, upstreams: Upstreams, operator: str, path: str, body: dict[str, Any]
) -> None:
    assert (await operations.post(operator, path, body)).status_code == 403
    assert await operations.audited() == [("admin_action", operator, "refused")]
    assert upstreams.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"key": "00"},
        {"operators": {}},
        {"operators": {"a": "a-plain-token"}},
        {"operators": {"a": {"token_hmac": "00", "roles": ["super_admin"]}}},
        {"operators": {"a": {"token_hmac": "0" * 64, "roles": ["emperor"]}}},
    ],
)
def test_a_bad_operators_file_is_refused_without_showing_it(tmp_path: Path, change: dict[str, Any]) -> None:
    content, _ = new_file([("a", ["super_admin"])])
    (tmp_path / "operators.json").write_text(json.dumps(content | change), encoding="utf-8")
    with pytest.raises(BadOperatorsFile) as refused:
        DevelopmentOperators.load(tmp_path / "operators.json")
    assert "a-plain-token" not in str(refused.value)


@pytest.mark.parametrize("operator", [None, "legal-1"])
async def test_what_a_refused_caller_wrote_into_the_path_is_not_audited(
    operations: Operations, operator: str | None
) -> None:
    path = "/v1/admin/distributors/Ramesh Kumar 9800000001/backfill"
    assert (await operations.post(operator, path, {"hours": 1})).status_code in (401, 403)
    (event,) = await operations.events()
    assert event["subject"] == "/v1/admin/distributors/{distributor_id}/backfill"
    assert "9800000001" not in await operations.whole_database()
