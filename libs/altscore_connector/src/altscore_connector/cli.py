"""Console command `altscore-connector`: a table of commands."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from types import ModuleType

from altscore_connector.commands import (
    backfill,
    check,
    init,
    keygen,
    keystore,
    preview,
    resync,
    rotate,
    send,
    service,
    status,
    sync,
    take_over,
    update,
)
from altscore_connector.errors import ConfigError, ConnectorError, OtherInstallationError
from altscore_connector.reports import connector_version
from altscore_connector.summary import CONFIGURATION, FAILED

COMMANDS: dict[str, ModuleType] = {
    "init": init,
    "check": check,
    "preview": preview,
    "sync": sync,
    "backfill": backfill,
    "status": status,
    "resync": resync,
    "take-over": take_over,
    "rotate": rotate,
    "service": service,
    "update": update,
    "keystore": keystore,
    "keygen": keygen,
    "send": send,
}
_EXAMPLE = "example: altscore-connector check --config connector.toml"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        0 done, 1 failed, 2 wrong usage or configuration; 3 something was refused, held, set aside or quarantined, or
        disagrees with the ERP.
    """
    options = _parser().parse_args(argv)
    options.environment = os.environ
    try:
        return int(COMMANDS[options.command].run(options))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a traceback may show a record, and helps nobody here
        print(f"error: {_sentence(error)}", file=sys.stderr)
        if isinstance(error, OtherInstallationError):
            print(error.hindi, file=sys.stderr)
        return CONFIGURATION if isinstance(error, ConfigError) else FAILED


def _sentence(error: BaseException) -> str:
    if isinstance(error, ConnectorError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or 'a file cannot be used'}: {error.filename or 'no file'}"
    if isinstance(error, sqlite3.Error):
        return "the state file cannot be used; look at its disk and rights"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; nothing is lost"
    return f"unexpected {type(error).__name__}; nothing is lost, tell AltScore the command"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="altscore-connector", description="Sends a distributor's ledger to AltScore.", epilog=_EXAMPLE
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {connector_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, module in COMMANDS.items():
        module.add(commands.add_parser(name, help=module.HELP, description=module.HELP))
    return parser
