"""`keygen`: the client key and its signing request."""

import argparse
from pathlib import Path

from altscore_connector.commands.options import say
from altscore_connector.identity import generate
from altscore_connector.summary import DONE

HELP = "make the client key and its signing request alone (init does it too)"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("--distributor-id", required=True, help="as AltScore told it")
    parser.add_argument("--key", type=Path, required=True, help="file of the key, which stays here")
    parser.add_argument("--csr", type=Path, required=True, help="file of the signing request, which AltScore gets")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    generate(options.distributor_id, options.key, options.csr)
    say(f"key in {options.key}, signing request in {options.csr}")
    return DONE
