"""`update`: a newer release in the place of this one, or back to the one before."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from altscore_connector.commands.options import say
from altscore_connector.installation import Installation
from altscore_connector.release_keys import RELEASE_KEYS
from altscore_connector.release_source import open_source
from altscore_connector.summary import DONE
from altscore_connector.updating import Updater

HELP = "install a newer release that AltScore signed, or go back to the version before"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--from", dest="source", metavar="SOURCE", help="folder or https address of a release")
    action.add_argument("--rollback", action="store_true", help="back to the version before the last update")
    parser.add_argument("--ca-file", type=Path, help="the address's authority (default: those that the system trusts)")
    parser.add_argument("--proxy", help="URL of an HTTP proxy; variables of the system are not used")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    installation = Installation.of_this_program()
    if options.rollback:
        with installation.exclusive():
            active = installation.roll_back()
        say(f"version {active.current} is active again; restart the service")
        return DONE
    with open_source(options.source, ca_file=options.ca_file, proxy=options.proxy) as source:
        active = Updater(installation=installation, keys=RELEASE_KEYS, now=datetime.now(UTC)).update(source)
    say(f"version {active.current} is active; restart the service")
    say(f"version {active.previous} is kept: `altscore-connector update --rollback` goes back to it")
    return DONE
