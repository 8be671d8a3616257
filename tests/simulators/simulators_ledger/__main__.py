"""Command line: `python -m simulators_ledger demo|training --out DIR`."""

import argparse
import sys
from datetime import date
from pathlib import Path

from simulators_ledger.runs import run_demo, run_training


def main(argv: list[str] | None = None) -> int:
    """Writes the ledgers and prints where they are."""
    parser = argparse.ArgumentParser(prog="simulators_ledger", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, retailers, months in (("demo", 440, 18), ("training", 6000, 36)):
        command = commands.add_parser(name)
        command.add_argument("--out", type=Path, required=True)
        command.add_argument(
            "--as-of", type=date.fromisoformat, default=date(2026, 11, 21), help="last day of the ledger"
        )
        command.add_argument("--seed", type=int, default=7)
        command.add_argument("--retailers", type=int, default=retailers)
        command.add_argument("--months", type=int, default=months)
        if name == "demo":
            command.add_argument("--distributor-a", default="dist_a", help="reads from Tally")
            command.add_argument("--distributor-b", default="dist_b", help="drops CSV files")
        else:
            command.add_argument("--distributors", type=int, default=12)
    options = parser.parse_args(argv)
    run = run_demo if options.command == "demo" else run_training
    sys.stdout.write(run(options) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
