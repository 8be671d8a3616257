"""Runs dbt invocations one after another in a process of its own (dbt keeps state that must not mix with ours).

Input: {"arguments": [[...], ...], "result": file}; the file gets the failed nodes of the first failing invocation.
"""

import json
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner


def main() -> int:
    """Invokes dbt; 1 after the first failing invocation."""
    task = json.load(sys.stdin)
    runner = dbtRunner()
    for arguments in task["arguments"]:
        outcome = runner.invoke(arguments)
        if not outcome.success:
            Path(task["result"]).write_text(json.dumps(_failures(outcome)), encoding="utf-8")
            return 1
    return 0


def _failures(outcome: object) -> list[str]:
    results = getattr(getattr(outcome, "result", None), "results", None) or ()
    failures = [
        f"{node_result.node.name}: {(node_result.message or node_result.status)[:400]}"
        for node_result in results
        if node_result.status in ("error", "fail", "runtime error")
    ]
    return failures or [str(getattr(outcome, "exception", None) or "dbt did not say why")[:800]]


if __name__ == "__main__":
    sys.exit(main())
