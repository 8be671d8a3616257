"""Every route is asked as every role, as somebody without a role and as nobody; the committed table says the rest."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from altscore_admin.app import create_app
from altscore_admin.approvals.wiring import APPROVERS
from altscore_admin.confirmations.domain import action_of, is_confirmable
from altscore_admin.operators.domain import HOLDERS, Operator, Permission, Role, may
from altscore_admin.operators.matrix import Rule, rules, table
from altscore_admin.operators.service import DevelopmentOperators, keyed_hash
from altscore_libs.testing import Database

from ..conftest import Operations

GOLDEN = Path(__file__).parents[2] / "permissions.txt"
KEY = b"k" * 32
# A path that no route's patterns take: who may pass gets a 400 and changes nothing, and 403 comes before that.
NO_ID = "~"


@pytest.fixture
def everybody(operations: Operations, database: Database) -> Operations:
    """An operator of each role, named for it, and one who has none."""
    people = {**{role.value: [role] for role in Role}, "no_role": []}
    tokens = {name: f"the-token-of-{name}-0123456789" for name in people}
    directory = DevelopmentOperators(
        KEY, {keyed_hash(KEY, tokens[name]): Operator(name, frozenset(roles)) for name, roles in people.items()}
    )
    sign_in = replace(operations.services.sign_in, directory=directory)
    return Operations(replace(operations.services, sign_in=sign_in), tokens, pool=operations.pool, database=database)


def path_of(rule: Rule) -> str:
    return "/".join(NO_ID if part.startswith("{") else part for part in rule.path.split("/"))


async def ask(client: httpx.AsyncClient, rule: Rule) -> httpx.Response:
    body = {"json": {"no": "such field"}} if rule.method != "GET" else {}
    return await client.request(rule.method, path_of(rule), **body)  # type: ignore[arg-type]


async def test_every_route_answers_every_role_as_the_committed_table_says(everybody: Operations) -> None:
    golden = {
        (line.split()[0], line.split()[1]): dict(zip(Role, line.split()[3:], strict=True))
        for line in GOLDEN.read_text(encoding="utf-8").splitlines()[2:]
    }
    asked = rules(everybody.app)
    assert len(asked) >= 40

    async def ask_as(name: str) -> None:
        async with everybody.by(name) as client:
            for rule in asked:
                answer = await ask(client, rule)
                is_allowed = name != "no_role" and golden[rule.method, rule.path][Role(name)].startswith("yes")
                assert (answer.status_code != 403) == is_allowed, (name, rule)
                assert answer.status_code != 401, (name, rule)
                if not is_allowed:
                    assert f"the permission {rule.permission.value}" in answer.json()["detail"], "a readable reason"

    await asyncio.gather(*map(ask_as, everybody.tokens))


async def test_nobody_gets_anything_and_unknown_routes_are_none(everybody: Operations) -> None:
    async with everybody.by(None) as client:
        assert {(await ask(client, rule)).status_code for rule in rules(everybody.app)} == {401}
    async with everybody.by("super_admin") as client:
        for path in ("/v1/admin/everything", "/v1/admin/approvals/../audit", "/docs", "/openapi.json"):
            assert (await client.get(path)).status_code == 404


def test_every_sensitive_action_can_be_confirmed_by_a_key() -> None:
    sensitive = [rule for rule in rules(create_app(None)) if rule.is_sensitive]
    assert len(sensitive) > 20
    for rule in sensitive:
        assert is_confirmable(action_of(rule.method, path_of(rule).replace(NO_ID, "id_1"), b"")), rule


def test_the_committed_table_is_what_the_routes_demand() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == table(create_app(None), APPROVERS)


def test_an_unknown_role_or_permission_holds_nothing(tmp_path: Path) -> None:
    assert set(HOLDERS) == set(Permission)
    assert not any(may(["owner"], permission) for permission in Permission)  # type: ignore[list-item]
    path = tmp_path / "operators.json"
    entry = {"token_hmac": "0" * 64, "roles": ["owner"]}
    path.write_text(json.dumps({"key": KEY.hex(), "operators": {"x": entry}}), encoding="utf-8")
    with pytest.raises(Exception, match="ValueError"):
        DevelopmentOperators.load(path)
