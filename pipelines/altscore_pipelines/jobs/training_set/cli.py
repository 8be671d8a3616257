"""Command line of the training set.

`python -m altscore_pipelines.jobs.training_set --bronze ROOT --identity-map FILE --snapshots 2025-06-01,... --out DIR
[--label-days 91]`
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from altscore_pipelines.jobs.training_set import LABEL_DAYS, make_training_set

LABEL_DAYS_MAX = 730


def main(argv: Sequence[str] | None = None) -> int:
    """Makes the files and prints their names."""
    parser = argparse.ArgumentParser(prog="training_set", description=__doc__)
    parser.add_argument("--bronze", type=Path, required=True, help="folder that holds bronze/")
    parser.add_argument("--identity-map", type=Path, required=True)
    parser.add_argument("--snapshots", required=True, help="days, comma-separated")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--label-days", type=_label_days, default=LABEL_DAYS, help="unpaid so long after due is bad")
    options = parser.parse_args(argv)
    days = sorted(date.fromisoformat(day) for day in options.snapshots.split(","))
    files = make_training_set(
        options.bronze,
        options.identity_map,
        snapshots=days,
        out=options.out,
        environment=dict(os.environ),
        label_days=options.label_days,
    )
    for path in files:
        sys.stdout.write(f"{path}\n")
    return 0


def _label_days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= LABEL_DAYS_MAX:
        raise argparse.ArgumentTypeError(f"between 1 and {LABEL_DAYS_MAX} days")
    return days
