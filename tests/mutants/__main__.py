"""Command line: `python -m tests.mutants [--only checks]`: a table of changes, noticed and not.

The status is 1 when a change that is not listed as equivalent survives, or when a listed one no longer does.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.mutants.mutations import Mutation, mutated, mutations_of
from tests.mutants.quick import Attempt, with_collected
from tests.mutants.runner import BrokenRun, is_noticed, preload

REPOSITORY = Path(__file__).parents[2]
SOURCES = REPOSITORY / "services" / "scoring" / "src"
PACKAGE = SOURCES / "altscore_scoring"
TESTS = REPOSITORY / "services" / "scoring" / "tests"
ALONE = "--noconftest"  # for tests that need no fixture: most of a child's time is the import of what fixtures need
# Per module the tests that are about it, run first; all others follow where these pass.
OWN_TESTS = {
    "checks": (ALONE, "guardrails/test_scale.py", "guardrails/test_checks.py"),
    "constants": (
        ALONE,
        "guardrails/test_scale.py",
        "guardrails/test_checks.py",
        "guardrails/test_eligibility.py",
        "guardrails/test_reasons.py",
        "guardrails/test_thresholds.py",
    ),
    "eligibility": (ALONE, "guardrails/test_eligibility.py"),
    "fairness": (ALONE, "guardrails/test_fairness.py"),
    "quality": (ALONE, "guardrails/test_checks.py"),
    "reasons": (ALONE, "guardrails/test_reasons.py"),
    "taxonomy": ("model/test_taxonomy.py",),
    "volume": ("model/test_volume.py",),
}
SLOW = {"test_fairness.py"}
UNCHANGED = -1
EQUIVALENTS = Path(__file__).parent / "equivalents.yml"


class Result(NamedTuple):
    """What became of one module's changes."""

    file: str
    mutations: int
    survivors: list[Mutation]
    equivalents: list[str]
    seconds: float


class FirstTry(NamedTuple):
    """The indices of a module's changes that the first try did not notice, and its CPU seconds."""

    left: list[int]
    seconds: float


def targets() -> list[Path]:
    """Every module of the guardrails, the taxonomy and the volume shifts."""
    guardrails = [path for path in sorted((PACKAGE / "guardrails").glob("*.py")) if path.name != "__init__.py"]
    return [*guardrails, PACKAGE / "model" / "taxonomy.py", PACKAGE / "model" / "volume.py"]


def _cpu_s() -> float:
    """Seconds that this process and its ended children have computed."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def module_name(path: Path) -> str:
    """The dotted name of a source file."""
    return ".".join(path.relative_to(SOURCES).with_suffix("").parts)


def tests_of(module: str) -> list[list[str]]:
    """Files of tests in the order in which they are run against a change of a module."""
    own = [name if name == ALONE else str(TESTS / name) for name in OWN_TESTS.get(module, ())]
    every = {str(path) for path in (TESTS / "guardrails").glob("test_*.py")}
    every |= {str(TESTS / "model" / f"test_{name}.py") for name in ("taxonomy", "volume")}
    rest = sorted(every.difference(own), key=lambda path: (Path(path).name in SLOW, path))
    return [group for group in (own, rest) if group]


def first_try(chosen: Sequence[Path], lines: range | None) -> dict[str, FirstTry]:
    """Tries every change in the loaded modules, in a child, so that this process stays without them.

    Raises:
        BrokenRun: the child fails.
    """
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        shown = os.dup(sys.stdout.fileno())
        with contextlib.suppress(Exception):
            with_collected(
                tests_of("")[0], lambda noticed: _send(sending, chosen, lines=lines, noticed=noticed, shown=shown)
            )
            status = 0
        os._exit(status)
    os.close(sending)
    with os.fdopen(receiving, encoding="utf-8") as answer:
        document = answer.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise BrokenRun("the first try failed")
    return {name: FirstTry(*figures) for name, figures in json.loads(document).items()}


def _send(
    sending: int, chosen: Sequence[Path], *, lines: range | None, noticed: Callable[[Attempt], bool], shown: int
) -> None:
    tries = {}
    for path in chosen:
        source, started = path.read_text(encoding="utf-8"), _cpu_s()
        first = [name for name in tests_of(path.stem)[0] if name != ALONE]

        def is_open(index: int, path: Path = path, source: str = source, first: Sequence[str] = first) -> bool:
            return not noticed(Attempt(module_name(path), path=path, tree=mutated(source, index), first=first))

        indices = [item.index for item in mutations_of(source) if lines is None or item.line in lines]
        is_sound = is_open(UNCHANGED)  # else nothing can be told in this way, and every change is tried anew
        left = [index for index in indices if not is_sound or is_open(index)]
        text = f"  {path.name}: {len(indices) - len(left)} of {len(indices)} noticed at the first try\n"
        os.write(shown, text.encode())
        tries[path.name] = FirstTry(left, _cpu_s() - started)
    os.write(sending, json.dumps(tries).encode())


def judge(path: Path, known: Sequence[str], *, first: FirstTry, lines: range | None = None) -> Result:
    """Tries what the first try left with everything imported anew; a listed equivalent must survive."""
    source, started, tests = path.read_text(encoding="utf-8"), _cpu_s(), tests_of(path.stem)
    mutations = [item for item in mutations_of(source) if lines is None or item.line in lines]
    left = [item for item in mutations if item.index in first.left]
    if left and is_noticed(tests, module=module_name(path), path=path, tree=mutated(source, UNCHANGED)):
        raise BrokenRun(f"the tests fail with {path.name} loaded from its unchanged tree")
    survivors: list[Mutation] = []
    unnoticed: list[Mutation] = []
    for item in left:
        tree = mutated(source, item.index)
        if is_noticed(tests, module=module_name(path), path=path, tree=tree):
            continue
        (unnoticed if item.name in known else survivors).append(item)
        print(
            f"  {'equivalent' if item.name in known else 'SURVIVES'}  {path.name}:{item.line}  {item.name}", flush=True
        )
    return Result(
        file=str(path.relative_to(PACKAGE)),
        mutations=len(mutations),
        survivors=survivors,
        equivalents=[item.name for item in unnoticed],
        seconds=first.seconds + _cpu_s() - started,
    )


def table(results: Sequence[Result]) -> str:
    """The figures, a line per module."""
    lines = [f"{'module':<28}{'changes':>9}{'noticed':>9}{'equivalent':>12}{'survive':>9}{'CPU s':>9}"]
    for item in results:
        noticed = item.mutations - len(item.survivors) - len(item.equivalents)
        lines.append(
            f"{item.file:<28}{item.mutations:>9}{noticed:>9}{len(item.equivalents):>12}"
            f"{len(item.survivors):>9}{item.seconds:>9.0f}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Runs the changes of all modules, or of those that are named."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--only", default="", help="module names without .py, joined by commas")
    parser.add_argument("--lines", default="", help="first and last line, joined by a hyphen")
    options = parser.parse_args(arguments)
    names = [name for name in options.only.split(",") if name]
    chosen = [path for path in targets() if not names or path.stem in names]
    chosen.sort(key=lambda path: names.index(path.stem) if names else 0)
    if not chosen:
        print(f"no such module: {options.only}", file=sys.stderr)
        return 2
    first, _, last = options.lines.partition("-")
    lines = range(int(first), int(last) + 1) if options.lines else None
    known: dict[str, dict[str, str]] = yaml.safe_load(EQUIVALENTS.read_text(encoding="utf-8")) or {}
    tries = first_try(chosen, lines)
    if any(item.left for item in tries.values()):
        preload(tests_of("")[0])
    results = []
    for path in chosen:
        results.append(judge(path, list(known.get(path.name, {})), first=tries[path.name], lines=lines))
        print(table(results[-1:]), flush=True)
    print(table(results))
    stale = [
        name
        for path, item in zip(chosen, results, strict=True)
        for name in known.get(path.name, {})
        if name not in item.equivalents
    ]
    if lines is None:
        for name in stale:
            print(f"listed as equivalent, yet noticed or gone: {name}")
    return 1 if any(item.survivors for item in results) or (stale and lines is None) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
