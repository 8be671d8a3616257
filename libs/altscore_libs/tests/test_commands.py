"""Commands: one table, settings of the chosen command alone, and messages that name variables and no values."""

import argparse
import asyncio

import pytest
import uvloop
from altscore_libs.commands import Command, run_commands
from altscore_libs.settings import Settings, read_settings, settings_config
from pydantic import Field, SecretStr


class ShopSettings(Settings):
    model_config = settings_config("SHOP_")

    database_url: SecretStr
    api_port: int = Field(ge=1, le=65_535)
    region: str = Field(default="x", validation_alias="REGION", max_length=3)


class OtherSettings(Settings):
    model_config = settings_config("OTHER_")

    needed: str


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SHOP_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("SHOP_API_PORT", "8080")
    return monkeypatch


def test_a_command_gets_its_own_settings_and_arguments_on_uvloop(environment: pytest.MonkeyPatch) -> None:
    calls: list[object] = []

    async def serve(settings: ShopSettings) -> None:
        calls.append((settings.api_port, type(asyncio.get_running_loop())))

    def replay(settings: ShopSettings, arguments: argparse.Namespace) -> int:
        calls.append((settings.api_port, arguments.order_id))
        return 0

    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("order_id")

    commands = {
        "api": Command(serve, ShopSettings, help="serves"),
        "replay": Command(replay, ShopSettings, arguments=add),
        "openapi": Command(lambda: calls.append("described")),
        "other": Command(lambda settings: None, OtherSettings),
    }
    for argv in (["api"], ["replay", "ord_1"], ["openapi"]):
        run_commands("shop", commands, argv)
    assert calls == [(8080, uvloop.Loop), (8080, "ord_1"), "described"]
    with pytest.raises(SystemExit, match=r"^OtherSettings: missing: OTHER_NEEDED$"):
        run_commands("shop", commands, ["other"])


@pytest.mark.parametrize(("status", "exits"), [(None, False), (0, False), (1, True), (3, True)])
def test_an_int_is_the_exit_status(status: int | None, exits: bool) -> None:
    async def as_coroutine() -> int | None:
        return status

    for command in (Command(lambda: status), Command(as_coroutine)):
        if exits:
            with pytest.raises(SystemExit) as ended:
                run_commands("shop", {"it": command}, ["it"])
            assert ended.value.code == status
        else:
            run_commands("shop", {"it": command}, ["it"])


@pytest.mark.parametrize("argv", [[], ["unknown"], ["it", "more"]])
def test_wrong_arguments_end_with_the_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_commands("shop", {"it": Command(lambda: None)}, argv)
    assert ended.value.code == 2
    assert "usage: shop" in capsys.readouterr().err


def test_missing_and_bad_variables_are_named_without_any_value(environment: pytest.MonkeyPatch) -> None:
    assert read_settings(ShopSettings).api_port == 8080
    environment.delenv("SHOP_DATABASE_URL")
    environment.setenv("SHOP_API_PORT", "none-of-yours")
    environment.setenv("REGION", "too-long")
    with pytest.raises(SystemExit) as ended:
        read_settings(ShopSettings)
    assert str(ended.value) == "ShopSettings: missing: SHOP_DATABASE_URL; bad: REGION, SHOP_API_PORT"
