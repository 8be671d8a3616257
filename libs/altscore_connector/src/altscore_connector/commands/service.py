"""`service install`: the connector from the machine's start on."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from altscore_connector.commands.options import add_config, config_of, say
from altscore_connector.config import ConnectorConfig
from altscore_connector.errors import UpdateError
from altscore_connector.installation import Installation
from altscore_connector.service_files import TASK_NAME, UNIT_NAME, ServiceCommand, systemd_unit, windows_task
from altscore_connector.summary import DONE

HELP = "write a systemd unit, or a task for the Task Scheduler of Windows"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="install")
    install = actions.add_parser("install", help=HELP, description=HELP)
    add_config(install)
    install.add_argument("--platform", choices=("systemd", "windows"), help="default: of this machine")
    install.add_argument("--output", type=Path, help="file to write; default: where the system looks for it")
    install.add_argument("--user", help="who runs a systemd unit of the machine (default: the present user)")


def run(options: argparse.Namespace) -> int:
    """Runs the command; it writes a file and starts nothing, the next lines are printed."""
    config_file = options.config.resolve()
    config = config_of(options)
    command = ServiceCommand(
        python=Path(sys.executable).absolute(),
        config_file=config_file,
        writable=_writable(config, config_file.parent),
        program=_program(),
    )
    platform = options.platform or ("windows" if sys.platform == "win32" else "systemd")
    if platform == "windows":
        output = options.output or config_file.with_name("altscore-connector-task.xml")
        output.write_text(windows_task(command), encoding="utf-16")
        say(f"task in {output}; in a terminal of an administrator:")
        say(f'schtasks /Create /TN "{TASK_NAME}" /XML "{output}" /RU "%USERNAME%"')
        say(f'schtasks /Run /TN "{TASK_NAME}"')
        return DONE
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    user = options.user or (getpass.getuser() if is_root or options.output else None)
    output = options.output or _unit_file(is_root=is_root)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(systemd_unit(command, user), encoding="utf-8")
    scope = "" if user else "--user "
    say(f"unit in {output}; now:")
    say(f"systemctl {scope}daemon-reload")
    say(f"systemctl {scope}enable --now {UNIT_NAME}")
    if not user:
        say("loginctl enable-linger   # so that it runs while nobody is signed in")
    return DONE


def _program() -> tuple[str, ...]:
    """What starts the connector: the launcher of an installation, so that the service runs the active version."""
    try:
        return ("-I", str(Installation.of_this_program().launcher))
    except UpdateError:
        return ("-m", "altscore_connector")


def _unit_file(*, is_root: bool) -> Path:
    folder = Path("/etc/systemd/system") if is_root else Path("~/.config/systemd/user").expanduser()
    return folder / UNIT_NAME


def _writable(config: ConnectorConfig, folder: Path) -> tuple[Path, ...]:
    """Folders of configuration, state, keystore, certificates, log, drop folder and archive."""
    files = (config.state_file, config.keystore_file, config.ingestion.key_file, config.ingestion.certificate_file)
    folders = {folder, *(path.parent for path in files)}
    if config.log_file:
        folders.add(config.log_file.parent)
    if config.csv:
        folders.add(config.csv.folder)
    if config.csv and config.csv.archive:
        # It is made at the first use, inside a folder that is there.
        folders.add(config.csv.archive if config.csv.archive.exists() else config.csv.archive.parent)
    return tuple(sorted(folders))
