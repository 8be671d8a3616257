"""Runs dbt invocations one after another in a process of its own (dbt keeps state that must not mix with ours).

Input: {"arguments": [[...], ...], "result": file}; the file gets every model that ran with its instants, and the failed
nodes of the first failing invocation.
"""

import json
import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

_FAILED = ("error", "fail", "runtime error")


def main() -> int:
    """Invokes dbt; 1 after the first failing invocation."""
    task = json.load(sys.stdin)
    runner = dbtRunner()
    models: list[dict[str, Any]] = []
    failures: list[str] = []
    for arguments in task["arguments"]:
        outcome = runner.invoke(arguments)
        models += _models(outcome)
        if not outcome.success:
            failures = _failures(outcome)
            break
    Path(task["result"]).write_text(json.dumps({"models": models, "failures": failures}), encoding="utf-8")
    return 1 if failures else 0


def _node_results(outcome: object) -> tuple[Any, ...]:
    return tuple(getattr(getattr(outcome, "result", None), "results", None) or ())


def _failures(outcome: object) -> list[str]:
    failures = [
        f"{node_result.node.name}: {(node_result.message or node_result.status)[:400]}"
        for node_result in _node_results(outcome)
        if node_result.status in _FAILED
    ]
    return failures or [str(getattr(outcome, "exception", None) or "dbt did not say why")[:800]]


def _models(outcome: object) -> list[dict[str, Any]]:
    """Models that were built, or failed to be; what was skipped has no instants."""
    return [
        {
            "unique_id": node_result.node.unique_id,
            "is_built": node_result.status not in _FAILED,
            "started_at": min(step.started_at for step in node_result.timing).isoformat(),
            "finished_at": max(step.completed_at for step in node_result.timing).isoformat(),
        }
        for node_result in _node_results(outcome)
        if getattr(node_result.node, "resource_type", None) == "model"
        and getattr(node_result, "timing", None)
        and all(step.started_at and step.completed_at for step in node_result.timing)
    ]


if __name__ == "__main__":
    sys.exit(main())
