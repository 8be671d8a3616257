"""Command line: `python -m sql_mutants [--only feat_payment,labels] [--retailers 120]`: what of the changes is noticed.

The status is 1 when a change that is not listed as equivalent survives, or when a listed one no longer does.
"""

import argparse
import resource
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from sql_mutants.places import Change
from sql_mutants.world import World, gaps, make_world

EQUIVALENTS = Path(__file__).parent / "equivalents.yml"
SEED = 13
Reasons = Mapping[str, Mapping[str, str]]


class Tally:
    """What became of the changes, by file."""

    def __init__(self, reasons: Reasons) -> None:
        self._reasons = reasons
        self._changes: Counter[str] = Counter()
        self._noticed: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self.survivors: list[Change] = []
        self.equivalents: set[tuple[str, str]] = set()

    def add(self, change: Change, difference: str | None, seconds: float) -> None:
        """One result; a survivor is printed at once."""
        file = change.place.file
        self._changes[file] += 1
        self._seconds[file] += seconds
        if difference is not None:
            self._noticed[file] += 1
            return
        name = Path(file).name
        is_known = change.name in self._reasons.get(name, {})
        if is_known:
            self.equivalents.add((name, change.name))
        else:
            self.survivors.append(change)
        _write(f"  {'equivalent' if is_known else 'SURVIVES'}  {name}:{change.place.line}  {change.name}")

    def table(self) -> str:
        """The figures, a line per file and one for all."""
        survivors = Counter(change.place.file for change in self.survivors)
        lines = [_line("file", "changes", "noticed", "equivalent", "survive", "CPU s")]
        for file, changes in sorted(self._changes.items()):
            lines.append(self._figures(file, changes, noticed=self._noticed[file], survive=survivors[file]))
        noticed, survive = sum(self._noticed.values()), len(self.survivors)
        self._seconds["all"] = sum(self._seconds.values())
        lines.append(self._figures("all", sum(self._changes.values()), noticed=noticed, survive=survive))
        return "\n".join(lines)

    def stale(self, files: set[str]) -> list[str]:
        """Listed as equivalent, yet noticed or gone."""
        listed = {(file, name) for file, names in self._reasons.items() if file in files for name in names}
        return [f"{file}: {name}" for file, name in sorted(listed - self.equivalents)]

    def _figures(self, file: str, changes: int, *, noticed: int, survive: int) -> str:
        return _line(file, changes, noticed, changes - noticed - survive, survive, round(self._seconds[file]))


def _line(file: str, *figures: object) -> str:
    return f"{file:<48}" + "".join(f"{figure:>12}" for figure in figures)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run(world: World, changes: Sequence[Change], reasons: Reasons) -> int:
    """Tries the changes and prints the table."""
    tally = Tally(reasons)
    for change in changes:
        started = _cpu_s()
        difference = world.lake.difference(change)
        tally.add(change, difference, _cpu_s() - started)
    _write(tally.table())
    stale = tally.stale({Path(change.place.file).name for change in changes})
    for name in stale:
        _write(f"listed as equivalent, yet noticed or gone: {name}")
    return 1 if tally.survivors or stale else 0


def main(arguments: Sequence[str]) -> int:
    """Runs the changes of all files, or of those that are named."""
    parser = argparse.ArgumentParser(prog="sql_mutants", description=__doc__)
    parser.add_argument("--only", default="", help="names of files without suffix, joined by commas")
    parser.add_argument("--retailers", type=int, default=120, help="that the oracle's ledger has")
    parser.add_argument("--list", action="store_true", help="names the changes and tries none")
    options = parser.parse_args(arguments)
    names = {name for name in options.only.split(",") if name}
    reasons: Reasons = yaml.safe_load(EQUIVALENTS.read_text(encoding="utf-8")) or {}
    with tempfile.TemporaryDirectory(prefix="sql-mutants-") as scratch:
        world = make_world(Path(scratch), retailers=options.retailers, seed=SEED)
        changes = [item for item in world.changes if not names or Path(item.place.file).stem in names]
        if not changes:
            _write(f"no such file: {options.only}")
            return 2
        if options.list:
            for change in changes:
                _write(f"{change.place.file}:{change.place.line}  {change.name}")
            return 0
        differing = gaps(world)
        if differing:
            _write(f"the SQL as it is differs from the oracle: {differing}")
            return 2
        _write(f"the lake is the oracle's; {_cpu_s():.0f} CPU s so far")
        return run(world, changes, reasons)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
