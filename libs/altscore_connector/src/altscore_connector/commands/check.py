"""`check`: what is in order and what is not, one sentence each."""

import argparse
import json

from altscore_connector.commands.options import add_config, say
from altscore_connector.diagnosis import Result, diagnose
from altscore_connector.summary import DONE, FAILED

HELP = "look at ERP, network, certificates, clock, key and secret, and say what to do"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    add_config(parser)
    parser.add_argument("--language", choices=("en", "hi"), default="en", help="of the sentences")
    parser.add_argument("--json", action="store_true", help="one JSON object per line, in both languages")


def run(options: argparse.Namespace) -> int:
    """Runs the command; 0 when everything is in order, else 1."""
    is_ok = True
    for result in diagnose(options.config, options.environment):
        is_ok &= result.is_ok
        say(_json(result) if options.json else _line(result, is_hindi=options.language == "hi"))
    return DONE if is_ok else FAILED


def _line(result: Result, *, is_hindi: bool) -> str:
    rule = f" ({result.rule})" if result.rule and not result.is_ok else ""
    return f"{'ok  ' if result.is_ok else 'FAIL'} {result.subject}{rule}: {result.sentence(is_hindi=is_hindi)}"


def _json(result: Result) -> str:
    return json.dumps(
        {
            "subject": result.subject,
            "rule": result.rule,
            "is_ok": result.is_ok,
            "what_to_do": result.sentence(),
            "what_to_do_hi": result.sentence(is_hindi=True) if result.rule else "",
        },
        ensure_ascii=False,
    )
