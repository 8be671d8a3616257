"""Command line: `python -m ledger_histories --count 50000`: plays histories in several processes, prints a table.

The status is 1 when a history disagrees; it is named, so that `--first NUMBER --count 1` plays it alone.
"""

import argparse
import os
import signal
import sys

from ledger_histories.runs import SOURCES, play_all, table


def main(argv: list[str] | None = None) -> int:
    """Plays and prints the table."""
    parser = argparse.ArgumentParser(prog="ledger_histories", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="histories of each source")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--sources", nargs="+", choices=sorted(SOURCES), default=list(SOURCES))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(argv)
    # A run in the background is ended by either signal and prints what it has.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    numbers = range(options.first, options.first + options.count)
    results = play_all(options.sources, numbers, options.processes)
    sys.stdout.write(table(results) + "\n")
    return 1 if any(result.disagreements for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
