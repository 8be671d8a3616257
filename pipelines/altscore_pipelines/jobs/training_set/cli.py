"""Command line of the training set.

`python -m altscore_pipelines.jobs.training_set --bronze ROOT --identity-map FILE --snapshots 2025-06-01,... --out DIR`
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from altscore_pipelines.jobs.training_set import make_training_set


def main(argv: Sequence[str] | None = None) -> int:
    """Makes the files and prints their names."""
    parser = argparse.ArgumentParser(prog="training_set", description=__doc__)
    parser.add_argument("--bronze", type=Path, required=True, help="folder that holds bronze/")
    parser.add_argument("--identity-map", type=Path, required=True)
    parser.add_argument("--snapshots", required=True, help="days, comma-separated")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    days = sorted(date.fromisoformat(day) for day in options.snapshots.split(","))
    files = make_training_set(
        options.bronze, options.identity_map, snapshots=days, out=options.out, environment=dict(os.environ)
    )
    for path in files:
        sys.stdout.write(f"{path}\n")
    return 0
