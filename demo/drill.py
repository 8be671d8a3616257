"""The frame of a command that tries something on a running target: its folder, what held, the exit status."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from demo.context import ROOT, Demo, DemoFailedError


def run_drill(name: str, description: str | None, work: Callable[[Demo], None]) -> int:
    """Does the work on the target that `--var` names; 0 when every check held."""
    parser = argparse.ArgumentParser(prog=name, description=description)
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="folder of the running target")
    demo = Demo(parser.parse_args().var.resolve())
    try:
        work(demo)
    except DemoFailedError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print(f"{demo.checks} checks held.")
    return 0
