"""Command line: exit status 0 when the chain is whole, 1 when it was tampered with, 2 when neither could be proven."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from altscore_audit_verifier.checkpoints import Bucket, BucketReader
from altscore_audit_verifier.report import CannotVerify, ChainReport
from altscore_audit_verifier.signatures import load_keys
from altscore_audit_verifier.verify import verify

DSN_VARIABLE = "ALTSCORE_AUDIT_VERIFY_DSN"


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The options that say where the chain, the keys and the bucket are."""
    parser.add_argument("--dsn", default=os.environ.get(DSN_VARIABLE), help=f"read-only role; default ${DSN_VARIABLE}")
    parser.add_argument(
        "--public-key", action="append", type=Path, required=True, help="<label>.pem, or a folder of them; repeatable"
    )
    parser.add_argument(
        "--s3-bucket", help="bucket with the WORM copies; AWS_ACCESS_KEY_ID and _SECRET_ACCESS_KEY apply"
    )
    parser.add_argument("--s3-endpoint", help="other than AWS")
    parser.add_argument("--s3-region", default="ap-south-1")
    parser.add_argument("--s3-ca-file")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))


def bucket_reader(options: argparse.Namespace) -> BucketReader | None:
    """The reader of the bucket that the options name."""
    if not options.s3_bucket:
        return None
    return BucketReader(
        Bucket(
            endpoint=options.s3_endpoint,
            name=options.s3_bucket,
            region=options.s3_region,
            ca_file=options.s3_ca_file,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="altscore-audit-verify", description=__doc__)
    add_sources(parser)
    parser.add_argument("--state", type=Path, help="file with the last look; keep it on another machine")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Verifies and prints; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if not options.dsn:
            raise CannotVerify("no DSN")
        reports = verify(
            options.dsn,
            load_keys(options.public_key),
            bucket=bucket_reader(options),
            state=options.state,
            workers=max(1, options.workers),
        )
    except CannotVerify as error:
        _print(json.dumps({"ok": None, "error": str(error)}) if options.json else f"cannot verify: {error}")
        return 2
    is_ok = not any(report.problems for report in reports)
    if options.json:
        _print(json.dumps({"ok": is_ok, "chains": [report.as_json() for report in reports]}))
    else:
        for report in reports:
            _print(line_of(report))
    return 0 if is_ok else 1


def line_of(report: ChainReport) -> str:
    """A chain's verdict for people."""
    if not report.problems:
        deleted = f", deleted up to {report.deleted_seq} as two persons decided" if report.deleted_seq else ""
        return f"{report.chain}: ok, {report.entries} entries, signed up to {report.signed_seq}{deleted}"
    first = min(report.problems, key=lambda problem: problem.seq)
    return f"{report.chain}: BROKEN at {first.seq} ({first.kind}: {first.detail}); {len(report.problems)} problem(s)"


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    """Ends the process with the status."""
    raise SystemExit(run())
