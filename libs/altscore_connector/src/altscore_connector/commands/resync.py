"""`resync`: state everything again."""

import argparse

from altscore_connector.commands import sync
from altscore_connector.commands.options import config_of, confirm, open_site, say
from altscore_connector.running import open_state
from altscore_connector.tally.memory import Memory

HELP = "read everything and state it again, after a question"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    sync.add(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Runs the command; `sync --once` follows."""
    config = config_of(options)
    confirm("Read the whole ledger and send all of it again?", is_yes=options.yes)
    with open_site(options) as site:
        state = open_state(site.config, site.secrets)
        try:
            count = state.state_again()
            Memory.read_again(state)
        finally:
            state.close()
    say(f"{count} known records will be stated again")
    if config.csv and config.csv.archive:
        say("files in the archive are not read; move those that must be stated again back into the folder")
    options.once = True
    return sync.run(options)
