"""Runs steps that depend on each other, several at a time."""

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from altscore_local.process import StackError


@dataclass(frozen=True)
class Task:
    """One step.

    Args:
        name: shown as progress.
        run: returns a short note for the person at the terminal, or None to stay silent (nothing was to be done).
        needs: names of steps that come before; a name that is not among the steps counts as done.
    """

    name: str
    run: Callable[[], str | None]
    needs: tuple[str, ...] = ()


class TasksFailedError(StackError):
    """Some steps failed; the message names them and says why."""


def run_tasks(tasks: Sequence[Task], report: Callable[[str], None], *, at_once: int = 4) -> None:
    """Runs every step after those it needs; what needs a failed step is left out, all else still runs.

    Raises:
        TasksFailedError: after everything that could run has run.
    """
    names = {task.name for task in tasks}
    waiting = {task.name: task for task in tasks}
    done: set[str] = set()
    failures: dict[str, BaseException] = {}
    running: dict[Future[str | None], tuple[Task, float]] = {}
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        while True:
            ready = [task for task in waiting.values() if not (set(task.needs) & names) - done]
            for task in ready[: max(0, at_once - len(running))]:
                running[pool.submit(task.run)] = (waiting.pop(task.name), time.monotonic())
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, begun = running.pop(future)
                error = future.exception()
                if error is None:
                    done.add(task.name)
                else:
                    failures[task.name] = error
                note = "FAILED" if error else future.result()
                if note is not None:
                    report(f"  {task.name:<28} {note:<10}{time.monotonic() - begun:6.1f} s")
    if failures:
        raise TasksFailedError(_explain(failures, sorted(waiting)))
    if waiting:
        raise ValueError(f"steps wait for each other: {sorted(waiting)}")


def _explain(failures: dict[str, BaseException], left_out: list[str]) -> str:
    parts = []
    for name, error in failures.items():
        text = str(error) if isinstance(error, StackError) else "".join(traceback.format_exception(error))
        parts.append(f"{name} failed: {text}")
    if left_out:
        parts.append(f"not started because of that: {', '.join(left_out)}")
    return "\n".join(parts)
