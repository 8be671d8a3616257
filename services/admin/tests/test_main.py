"""Who may sign in is decided at the start, or the process does not start."""

import json
from pathlib import Path
from typing import Any

import pytest
from altscore_admin import main
from altscore_admin.operators.domain import Role
from altscore_admin.operators.service import DevelopmentOperators
from altscore_admin.sessions.wiring import NOT_CONFIGURED
from altscore_admin.settings import ApiSettings
from altscore_libs.commands import run_commands


def settings(**changes: Any) -> ApiSettings:
    return ApiSettings.model_construct(**{"profile": "development", "dev_operators_file": None, **changes})


def test_production_without_an_identity_provider_does_not_start() -> None:
    with pytest.raises(SystemExit, match="identity provider"):
        main.load_operators(settings(profile="production"), NOT_CONFIGURED)


def test_development_tokens_do_not_start_outside_a_development_profile(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="development profile alone"):
        main.load_operators(
            settings(profile="production", dev_operators_file=tmp_path / "operators.json"), NOT_CONFIGURED
        )


def test_a_development_profile_without_operators_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nobody could sign in"):
        main.load_operators(settings(), NOT_CONFIGURED)
    with pytest.raises(SystemExit, match="operators file"):
        main.load_operators(settings(dev_operators_file=tmp_path / "none.json"), NOT_CONFIGURED)


def test_the_command_writes_hashes_and_prints_each_token_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "operators.json"
    arguments = ["dev-operators", str(path), "ops-1=engineering_ops,ml_engineer", "ops-2=super_admin"]
    run_commands("altscore_admin", main.COMMANDS, arguments)
    tokens = json.loads(capsys.readouterr().out)
    operator = DevelopmentOperators.load(path).of_token(tokens["ops-1"])
    assert operator is not None
    assert (operator.operator_id, operator.roles) == ("ops-1", frozenset({Role.ENGINEERING_OPS, Role.ML_ENGINEER}))
    assert tokens["ops-1"] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
