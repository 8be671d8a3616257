"""`take-over`: this installation sends from now on, instead of another one."""

import argparse

from altscore_connector import connector_api
from altscore_connector.catching_up import note_sent_elsewhere
from altscore_connector.commands import sync
from altscore_connector.commands.options import confirm, open_site, say
from altscore_connector.errors import StateError
from altscore_connector.installation_id import shown
from altscore_connector.running import open_state
from altscore_connector.site import Site

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
            _read_again(site)
            connector_api.take_over(site.client, instead_of=sending.installation_id)
            say(f"this installation ({shown(site.client.installation_id)}) sends from now on; the other one is refused")
        else:
            say("no other installation sends; there is nothing to take over")
    options.once = True
    return sync.run(options)


def _read_again(site: Site) -> None:
    """What the other one sent is asked for and everything read again, also where its numbers look like our own."""
    try:
        state = open_state(site.config, site.secrets)
    except StateError:  # a loop on this computer holds it, and notes by itself that it is refused
        return
    try:
        note_sent_elsewhere(state)
    finally:
        state.close()
