"""Nobody acts unknown, nobody acts beyond his role, and both attempts are on record."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from altscore_admin import api, main
from altscore_admin.operators import BadOperatorsFile, DevelopmentOperators, new_file
from altscore_admin.roles import HOLDERS, Permission, Role, may
from altscore_admin.settings import ApiSettings
from altscore_libs.clock import FixedClock

LENDER = {"lender_id": "lender_one", "name": "Lender One"}


def settings(**changes: Any) -> ApiSettings:
    return ApiSettings.model_construct(**{"profile": "development", "dev_operators_file": None, **changes})


def test_every_route_demands_a_permission_or_is_nobodys() -> None:
    app = api.build(None)
    assert len(app.openapi()["paths"]) >= 8
    found = {}
    for included in app.routes:
        for route in getattr(getattr(included, "original_router", None), "routes", [included]):
            calls = [one.call for one in getattr(getattr(route, "dependant", None), "dependencies", [])]
            found[route.path] = [one.altscore_permission for one in calls if hasattr(one, "altscore_permission")]
    assert set(found) >= set(app.openapi()["paths"])
    assert all(len(permissions) == 1 for permissions in found.values())


async def test_without_a_token_the_answer_is_401_and_audited(operations: Any) -> None:
    answer = await operations.post(None, "/v1/admin/lenders", LENDER)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await operations.audited() == [("failed_auth", "unknown", "refused")]


async def test_an_unknown_token_is_refused_and_kept_nowhere(operations: Any) -> None:
    async with operations.by(None) as client:
        headers = {"Authorization": "Bearer a-token-nobody-has-0123456789"}
        answer = await client.post("/v1/admin/lenders", json=LENDER, headers=headers)
    assert answer.status_code == 401
    assert "a-token-nobody-has" not in await operations.whole_database()


async def test_five_failures_in_ten_minutes_lock_the_address_but_not_the_operator(
    operations: Any, clock: FixedClock
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
    ],
)
async def test_a_role_without_the_permission_is_refused_and_audited(
    operations: Any, world: Any, operator: str, path: str, body: dict[str, Any]
) -> None:
    assert (await operations.post(operator, path, body)).status_code == 403
    assert await operations.audited() == [("admin_action", operator, "refused")]
    assert world.asked == []


async def test_the_page_takes_a_browsers_password_and_no_other_route_does(operations: Any) -> None:
    basic = "Basic " + base64.b64encode(f"me:{operations.tokens['ops-1']}".encode()).decode()
    async with operations.by(None) as client:
        assert (await client.get("/", headers={"Authorization": basic})).status_code == 200
        assert (await client.get("/v1/admin/overview", headers={"Authorization": basic})).status_code == 401
        assert (await client.get("/")).headers["www-authenticate"].startswith("Basic")


def test_the_matrix_names_all_seven_roles_and_only_two_kinds_promote() -> None:
    assert len(Role) == 7
    assert {role for role in Role if may([role], Permission.PROMOTE)} == {Role.ML_ENGINEER, Role.SUPER_ADMIN}
    assert set(HOLDERS) == set(Permission)
    assert not may([], Permission.READ_OVERVIEW)


def test_production_without_an_identity_provider_does_not_start() -> None:
    with pytest.raises(SystemExit, match="identity provider"):
        main.sign_in_of(settings(profile="production"))


def test_development_tokens_do_not_start_outside_a_development_profile(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="development profile alone"):
        main.sign_in_of(settings(profile="production", dev_operators_file=tmp_path / "operators.json"))


def test_a_development_profile_without_operators_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nobody could sign in"):
        main.sign_in_of(settings())
    with pytest.raises(SystemExit, match="operators file"):
        main.sign_in_of(settings(dev_operators_file=tmp_path / "none.json"))


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


def test_the_command_writes_hashes_and_prints_each_token_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main.dev_operators([str(tmp_path / "operators.json"), "ops-1=engineering_ops,ml_engineer", "ops-2=super_admin"])
    tokens = json.loads(capsys.readouterr().out)
    kept = DevelopmentOperators.load(tmp_path / "operators.json")
    found = kept.of_token(tokens["ops-1"])
    assert found is not None
    assert (found.operator_id, found.roles) == ("ops-1", {Role.ENGINEERING_OPS, Role.ML_ENGINEER})
    assert tokens["ops-1"] not in (tmp_path / "operators.json").read_text()
    assert (tmp_path / "operators.json").stat().st_mode & 0o777 == 0o600
