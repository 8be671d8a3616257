"""Command line: exit status 0 when every record holds, 1 when one does not, 2 when nothing could be checked."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from altscore_consent_verifier.keys import CannotVerify, load_keys
from altscore_consent_verifier.verify import parse, verify


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="altscore-consent-verify", description=__doc__)
    parser.add_argument(
        "--public-key", action="append", type=Path, required=True, help="<label>.pem, or a folder of them; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("file", type=Path, help="an export or a receipt; - reads standard input")
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Checks and prints; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        keys = load_keys(options.public_key)
        findings = verify(parse(_read(options.file)), keys)
    except CannotVerify as error:
        _print(json.dumps({"ok": None, "error": str(error)}) if options.json else f"cannot verify: {error}")
        return 2
    is_ok = not any(finding.fault for finding in findings)
    if options.json:
        _print(json.dumps({"ok": is_ok, "findings": [finding._asdict() for finding in findings]}))
    else:
        for finding in findings:
            _print(f"{finding.what}: {finding.fault or 'OK'}")
    return 0 if is_ok else 1


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotVerify(f"{path.name}: {type(error).__name__}") from error


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    """Ends the process with the status."""
    raise SystemExit(run())
