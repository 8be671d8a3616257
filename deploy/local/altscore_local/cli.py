"""The command line of the local stack. Needs nothing but Python until `setup` has made the environment."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from altscore_local.layout import OFFSET_VARIABLE, ROOT, Layout, open_layout, requested_offset
from altscore_local.logs import show_logs
from altscore_local.process import StackError, Supervisor
from altscore_local.selection import GROUPS, check_names, parse_selection

if TYPE_CHECKING:
    from altscore_local.orchestrator import Stack  # needs the packages of the environment

SETUP_COMMANDS = ("setup", "setup-spark", "lock")


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 0 when it did what it says."""
    options = parser().parse_args(arguments)
    layout = open_layout()
    if options.command in SETUP_COMMANDS:
        return _set_up(options.command, layout)
    if not layout.venv_python.exists():
        print("no environment yet: run `make setup` first", file=sys.stderr)
        return 1
    if Path(sys.prefix).resolve() != layout.venv_python.parents[1].resolve():
        # Everything but set-up uses the packages of the environment that set-up made.
        program = str(layout.assets / "stack.py")
        command = [str(layout.venv_python), program, *(arguments or sys.argv[1:])]
        os.execv(command[0], command)  # noqa: S606  # our own program
    return run_command(options, layout_for(options.command))


def layout_for(command: str, root: Path = ROOT, environ: Mapping[str, str] = os.environ) -> Layout:
    """The layout of this clone: `up` alone may move its ports, and only while nothing of it runs.

    Raises:
        SystemExit: the environment names another offset than the one that what runs was started with.
    """
    layout, requested = open_layout(root, environ), requested_offset(environ)
    if requested is None or requested == layout.port_offset:
        return layout
    supervisor = Supervisor(layout)
    has_live = any(supervisor.find(name) for name in supervisor.names())
    if command == "up" and not has_live:
        return dataclasses.replace(layout, port_offset=requested)
    kept = f"{layout.instance}/ runs with {OFFSET_VARIABLE}={layout.port_offset}"
    if command == "up":
        raise SystemExit(f"{kept}; `make down` first, then `make up` moves it to {requested}")
    print(f"{kept}, which this command uses; {requested} is what the environment says", file=sys.stderr)
    return layout


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(prog="stack.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="installs and builds what is missing")
    commands.add_parser("setup-spark", help="adds Spark to the lake environment")
    commands.add_parser("lock", help="compiles every lock file anew")
    up = commands.add_parser("up", help="starts what is missing, waits until it serves")
    up.add_argument("--only", type=_names, default=[], help=f"groups ({', '.join(GROUPS)}) or processes")
    up.add_argument("--without", type=_names, default=[], help="groups or processes to leave out")
    commands.add_parser("down", help="ends every process of this clone")
    status = commands.add_parser("status", help="a table of all processes; 1 when one that should serve does not")
    status.add_argument("--json", action="store_true", help="for machines")
    logs = commands.add_parser("logs", help="the end of logs, merged by time, followed")
    logs.add_argument("names", nargs="*", help="processes; none: all")
    logs.add_argument("--no-follow", action="store_true", help="print and end")
    for name, text in (("stop", "ends some processes"), ("kill", "kills some processes with SIGKILL")):
        commands.add_parser(name, help=text).add_argument("names", nargs="+")
    restart = commands.add_parser("restart", help="ends some processes, hung ones too, and starts them again")
    restart.add_argument("names", nargs="+")
    python = commands.add_parser("python", help="path of the Python of an environment")
    python.add_argument("environment", choices=("airflow", "lake", "mlflow"))
    backup = commands.add_parser("backup", help="copies what cannot be made anew, from the running stack")
    backup.add_argument("folder", nargs="?", type=Path, help="a new folder; default: var/backups/<instant>")
    restore = commands.add_parser(
        "restore", help="puts a backup in the place of this clone's state, starts and proves it"
    )
    restore.add_argument("folder", type=Path)
    authority = commands.add_parser("authority", help="a step towards another certificate authority (runbook)")
    authority.add_argument("step", choices=("trust", "issue", "retire"))
    commands.add_parser("renew-certificates", help="renews what is due of the services' certificates; nothing restarts")
    commands.add_parser("clean", help="ends everything and removes its data, secrets and logs")
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _set_up(command: str, layout: Layout) -> int:
    from altscore_local import setup  # noqa: PLC0415  # keeps `--help` free of the rest

    {"setup": setup.set_up, "setup-spark": setup.set_up_spark, "lock": setup.lock}[command](layout)
    return 0


def run_command(options: argparse.Namespace, layout: Layout) -> int:
    """Runs one command of a clone that is set up; 0 when it did what it says."""
    from altscore_local.orchestrator import Stack  # noqa: PLC0415  # needs the packages of the environment
    from altscore_local.status import not_serving, status_json, status_table  # noqa: PLC0415

    if options.command == "python":
        from altscore_local.environments import python_of  # noqa: PLC0415

        print(python_of(layout, options.environment))
        return 0
    stack = Stack(layout, lambda text: print(text, flush=True))
    try:
        if options.command == "logs":
            check_names(options.names, stack.names() | {file.stem for file in layout.logs.glob("*.log")})
            names = options.names or sorted(file.stem for file in layout.logs.glob("*.log"))
            for name in names:
                if not (layout.logs / f"{name}.log").exists():
                    print(f"{name} has no log yet", file=sys.stderr)
            show_logs([layout.logs / f"{name}.log" for name in names], follow=not options.no_follow)
            return 0
        if options.command == "status":
            rows = stack.status()
            print(status_json(rows) if options.json else status_table(rows))
            if missing := not_serving(rows):
                print(f"\nnot serving: {', '.join(missing)}", file=sys.stderr)
            return 1 if missing else 0
        with stack.locked():
            _change(stack, options)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _change(stack: "Stack", options: argparse.Namespace) -> None:
    """Runs a command that changes something, of which there is only one at a time."""
    if options.command == "up":
        stack.up(parse_selection(options.only, options.without))
    elif options.command == "backup":
        stack.back_up(options.folder and options.folder.resolve())
    elif options.command == "restore":
        stack.restore(options.folder.resolve())
    elif options.command == "authority":
        stack.change_authority(options.step)
    elif options.command in ("stop", "kill", "restart"):
        getattr(stack, options.command)(options.names)
    else:
        getattr(stack, options.command.replace("-", "_"))()
