"""`rotate`: a new key and a new certificate now; `sync` does both by itself before the old ones end."""

import argparse

from altscore_connector import connector_api, rotation
from altscore_connector.commands.options import add_config, open_site, say
from altscore_connector.summary import DONE

HELP = "replace API key, signing secret and certificate now (sync does it by itself in time)"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    add_config(parser)
    parser.add_argument("--only", choices=("key", "certificate"), help="one of the two")
    parser.add_argument("--if-due", action="store_true", help="only what ends soon: 7 days for the key, 30 else")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    with open_site(options) as site:
        if options.only != "certificate" and (not options.if_due or rotation.is_key_due(site.secrets)):
            rotation.rotate_key(site)
            connector_api.ask(site.client)
            rotation.confirm(site)
            end = site.secrets.api_key_expires_at
            say(f"API key and signing secret are new{f', until {end:%d-%m-%Y}' if end else ''}")
        if options.only != "key" and (not options.if_due or rotation.is_certificate_due(site)):
            say(f"key and certificate are new, until {rotation.rotate_certificate(site):%d-%m-%Y}")
    return DONE
