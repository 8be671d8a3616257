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
from altscore_libs.settings import read_settings


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


def notice_of(monkeypatch: pytest.MonkeyPatch, **environment: str) -> int:
    """The notice before an erasure, in seconds, of an environment that lacks nothing else."""
    needed = {
        name: "1" if name.endswith("port") else "00" * 32 if name == "outbox_key" else "x"
        for name, field in ApiSettings.model_fields.items()
        if field.is_required()
    }
    for name, value in {**needed, **environment}.items():
        monkeypatch.setenv(f"ADMIN_{name.upper()}", value)
    return read_settings(ApiSettings).erasure_notice_s


@pytest.mark.parametrize("profile", [{}, {"profile": "production"}])
def test_a_notice_below_48_hours_does_not_start_outside_a_development_profile(
    monkeypatch: pytest.MonkeyPatch, profile: dict[str, str]
) -> None:
    assert notice_of(monkeypatch, **profile) == 48 * 3_600
    assert notice_of(monkeypatch, **profile, erasure_notice_s="172800") == 48 * 3_600
    with pytest.raises(SystemExit, match=r"bad: ADMIN_ERASURE_NOTICE_S$"):
        notice_of(monkeypatch, **profile, erasure_notice_s="172799")


def test_a_development_profile_may_have_a_shorter_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notice_of(monkeypatch, profile="development", erasure_notice_s="60") == 60


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
