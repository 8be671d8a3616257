"""Prints branch coverage by package and fails where one is below its floor (tests/coverage_floors.json).

Usage: coverage_floors.py <coverage.json>. A floor is what was measured when it was set, rounded down to half
a percent below the noise of random tests; it only rises.
Code that a test runs in a process of its own (entry points, simulators) is not seen and counts as not covered.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
FLOORS = ROOT / "tests" / "coverage_floors.json"


def package_of(path: str) -> str | None:
    """The package of a measured file, the folder below `src`; None for a file of no package."""
    parts = Path(path).parts
    return parts[parts.index("src") + 1] if "src" in parts else None


def percentages(report: dict[str, Any]) -> dict[str, float]:
    """Covered lines and branches of each package, percent of all."""
    covered: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for path, measured in report["files"].items():
        summary, package = measured["summary"], package_of(path)
        if package is None:
            continue
        covered[package] += summary["covered_lines"] + summary["covered_branches"]
        missing[package] += summary["missing_lines"] + summary["missing_branches"]
    total = covered + missing
    return {package: 100 * covered[package] / total[package] for package in sorted(total)}


def main() -> int:
    """0 when every package with a floor was measured and none is below it."""
    measured = percentages(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    floors: dict[str, float] = json.loads(FLOORS.read_text(encoding="utf-8"))
    table = Table(title="Branch coverage of the unit suite")
    for heading in ("package", "measured %", "floor %"):
        table.add_column(heading, justify="left" if heading == "package" else "right")
    failures = []
    for package in sorted({*measured, *floors}):
        value, floor = measured.get(package), floors.get(package)
        if value is None or floor is None or value < floor:
            failures.append(package)
        table.add_row(
            package, "not measured" if value is None else f"{value:.1f}", "none" if floor is None else str(floor)
        )
    Console(width=100).print(table)
    for package in failures:
        print(f"coverage: {package} is below its floor, not measured, or has none", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
