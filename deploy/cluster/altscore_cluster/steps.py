"""The steps of a proof: each ran and held, ran and failed, or did not run. Only "all held" is a success."""

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from altscore_cluster.api import ClusterError

HELD, FAILED, NOT_RUN = "held", "FAILED", "NOT RUN"


@dataclass(frozen=True)
class Step:
    """One step.

    Args:
        name: as it is asked for and shown.
        claim: what holds when it ran.
        run: does it, and returns what was seen.
        is_ground: later steps need it; they do not run when it failed.
        needs: names of earlier steps that run as well where this one is asked for.
    """

    name: str
    claim: str
    run: Callable[[], str]
    is_ground: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What became of a step."""

    step: Step
    state: str
    seconds: float
    seen: str


def run_steps(steps: Sequence[Step], only: Iterable[str] = ()) -> list[Result]:
    """Runs the steps in order.

    Args:
        steps: all of them.
        only: names of the proofs that are asked for; empty: all. Ground always runs, and so does what a proof needs.

    Raises:
        SystemExit: no step is called so.
    """
    asked = set(only)
    unknown = asked - {step.name for step in steps}
    if unknown:
        raise SystemExit(f"no such step: {', '.join(sorted(unknown))}")
    asked |= {name for step in steps if step.name in asked for name in step.needs}
    results: list[Result] = []
    is_broken = ""
    for step in steps:
        if is_broken:
            results.append(Result(step, NOT_RUN, 0.0, seen=f"{is_broken} failed"))
        elif asked and step.name not in asked and not step.is_ground:
            results.append(Result(step, NOT_RUN, 0.0, seen="not asked for"))
        else:
            results.append(_run(step))
            if step.is_ground and results[-1].state != HELD:
                is_broken = step.name
    return results


def _run(step: Step) -> Result:
    print(f"- {step.name}: {step.claim}", flush=True)
    begin = time.monotonic()
    try:
        seen = step.run()
        state = HELD
    except ClusterError as error:
        seen, state = str(error), FAILED
    except Exception as error:  # noqa: BLE001  # the table says which step it was; the rest of the proofs goes on
        traceback.print_exc()
        seen, state = f"{type(error).__name__}: {error}", FAILED
    seconds = time.monotonic() - begin
    print(f"  {state} after {seconds:.0f} s: {seen}", flush=True)
    return Result(step, state, seconds, seen=seen)


def table(results: Sequence[Result]) -> str:
    """For people and for the documentation."""
    lines = ["| step | result | s | seen |", "|---|---|---:|---|"]
    for result in results:
        seen = result.seen.replace("\n", " ").replace("|", "/")[:300]
        lines.append(f"| {result.step.name} | {result.state} | {result.seconds:.0f} | {seen} |")
    return "\n".join(lines)


def verdict(results: Sequence[Result]) -> int:
    """Exit status: 0 when every step ran and held, 1 when one failed, 3 when one did not run."""
    states = {result.state for result in results}
    if not results or FAILED in states:
        return 1
    return 3 if NOT_RUN in states else 0
