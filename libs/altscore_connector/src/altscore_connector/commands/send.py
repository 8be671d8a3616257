"""`send`: one payload file as it is."""

import argparse
import json
from pathlib import Path

import httpx

from altscore_connector.batching import batch_id_of
from altscore_connector.commands.options import add_config, open_site, say
from altscore_connector.errors import DeliveryError
from altscore_connector.faults import sentence_of
from altscore_connector.summary import DONE

HELP = "send one payload file as it is, once, and print the answer"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    add_config(parser)
    parser.add_argument("--payload", type=Path, required=True, help="file with the JSON body of a batch")
    parser.add_argument("--batch-id", help="default: follows from the content")
    parser.add_argument("--wrong-signature", action="store_true", help="sign with zeros, to see the refusal")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    body = options.payload.read_bytes()
    wrong = "0" * 64 if options.wrong_signature else None
    with open_site(options) as site:
        try:
            batch_id = options.batch_id or batch_id_of(body)
            reply = site.client.post(body, batch_id=batch_id, signature_override=wrong)
        except httpx.HTTPError as error:
            raise DeliveryError(sentence_of(error)) from None
    say(json.dumps({"status": reply.status, "body": reply.body}, indent=1))
    return DONE
