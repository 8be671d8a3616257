"""A program's commands as a table: `COMMANDS = {"api": Command(run_api, ApiSettings), ...}`."""

import argparse
import asyncio
import inspect
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uvloop

from altscore_libs import logs, telemetry
from altscore_libs.settings import Settings, TelemetrySettings, read_settings

Run = Callable[..., Awaitable[int | None] | int | None]


@dataclass(frozen=True)
class Command:
    """One command of a program.

    Args:
        run: called with the settings and, where `arguments` is given, the parsed arguments; without settings it gets
            the arguments alone or nothing. A coroutine function runs on uvloop. An int that it returns is the exit
            status.
        settings: read from the environment when the command is chosen, and no other command's settings with it.
        help: one line for --help.
        arguments: adds the command's own arguments to its parser.
        process: its name in log lines and spans; by default the program's without `altscore_` and the command's.
    """

    run: Run
    settings: type[Settings] | None = None
    help: str = ""
    arguments: Callable[[argparse.ArgumentParser], None] | None = None
    process: str | None = None


def run_commands(program: str, commands: Mapping[str, Command], argv: Sequence[str] | None = None) -> None:
    """Runs the command that the arguments name.

    Args:
        program: its name in messages.
        commands: by name.
        argv: the arguments; by default those of the process.

    Raises:
        SystemExit: unknown command or arguments, unusable settings, or a status other than 0.
    """
    parser = argparse.ArgumentParser(prog=program)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in commands.items():
        subparser = subparsers.add_parser(name, help=command.help, description=command.help)
        if command.arguments is not None:
            command.arguments(subparser)
    options = parser.parse_args(argv)
    command = commands[options.command]
    process = command.process or f"{program.removeprefix('altscore_')}-{options.command}"
    if argv is None:  # a process of its own: what goes wrong before serve() is a JSON line too
        logs.name_process(process)
        logs.configure(process, logging.WARNING, stream=sys.stderr)
    settings = None if command.settings is None else read_settings(command.settings)
    arguments: list[Any] = [] if settings is None else [settings]
    if command.arguments is not None:
        arguments.append(options)
    with telemetry.recording(settings if isinstance(settings, TelemetrySettings) else None, process):
        status = command.run(*arguments)
        if inspect.isawaitable(status):
            status = run_coroutine(status)
    if isinstance(status, int) and status != 0:
        raise SystemExit(int(status))


def run_coroutine(awaitable: Awaitable[int | None]) -> int | None:
    """Runs a program's main coroutine on uvloop."""

    async def main() -> int | None:
        return await awaitable

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())
