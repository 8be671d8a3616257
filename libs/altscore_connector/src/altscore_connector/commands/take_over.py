"""`take-over`: this installation sends from now on, instead of another one."""

import argparse

from altscore_connector import connector_api
from altscore_connector.commands import sync
from altscore_connector.commands.options import confirm, open_site, say
from altscore_connector.installation_id import shown

HELP = "let this installation send from now on, instead of the one that AltScore names, after a question"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    sync.add(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Runs the command; `sync --once` follows."""
    with open_site(options) as site:
        sending = connector_api.sending_installation(site.client)
        if sending is not None and sending.installation_id != site.client.installation_id:
            english, hindi = sending.when()
            say(f"installation {shown(sending.installation_id)} sends now, {english} ({hindi})")
            confirm("Is that one stopped, and shall this computer send from now on?", is_yes=options.yes)
            connector_api.take_over(site.client, instead_of=sending.installation_id)
            say(f"this installation ({shown(site.client.installation_id)}) sends from now on; the other one is refused")
        else:
            say("no other installation sends; there is nothing to take over")
    options.once = True
    return sync.run(options)
