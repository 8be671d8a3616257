"""`terraform test` of the modules: two processes beside each other, which share one running provider.

A provider is started anew for every run of every test otherwise, and its start costs more than the run.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workspace import Failed, Workspace

PROCESSES = 2
START_WITHIN_S = 60.0
PASSED, ANY_STATUS = "pass", (0, 1)


@dataclass(frozen=True)
class Outcome:
    """How one `run` of a test file ended.

    Args:
        module: the file's name without its ending, which is the module's.
        run: name of the run.
        status: pass, fail, error or skip, as terraform says it.
        findings: what terraform said about it, in its words.
    """

    module: str
    run: str
    status: str
    findings: tuple[str, ...]


def files_of(root: Path, module: str = "*") -> list[Path]:
    """The test files of a module: `<module>.tftest.hcl`, or `<module>+<run>.tftest.hcl` for each of its runs."""
    return sorted([*(root / "tests").glob(f"{module}.tftest.hcl"), *(root / "tests").glob(f"{module}+*.tftest.hcl")])


def declared_runs(root: Path) -> set[tuple[str, str]]:
    """Module and name of every run that the test files declare."""
    return {
        (file.name.removesuffix(".tftest.hcl").split("+")[0], name)
        for file in files_of(root)
        for name in re.findall(r'^run "(\w+)"', file.read_text(), re.M)
    }


def outcomes(workspace: Workspace) -> list[Outcome]:
    """Runs every test file of the copy.

    Raises:
        Skipped: there is no mirror of plug-ins.
        Failed: a declared run has no outcome, or nothing was declared.
    """
    workspace.init("")
    declared = declared_runs(workspace.root)
    # Those with the most runs first, so that no long file is left for one process at the end.
    modules = sorted({module for module, _ in declared}, key=lambda name: (-sum(m == name for m, _ in declared), name))
    with _shared_provider(workspace) as settings, ThreadPoolExecutor(PROCESSES) as pool:
        ended = [
            outcome
            for part in pool.map(lambda module: _outcomes_of(workspace, module, settings), modules)
            for outcome in part
        ]
    missing = declared - {(outcome.module, outcome.run) for outcome in ended}
    if missing or not declared:
        raise Failed(f"{len(declared)} runs are declared; without an outcome: {sorted(missing)}")
    return ended


def _outcomes_of(workspace: Workspace, module: str, settings: dict[str, str]) -> list[Outcome]:
    filters = [f"-filter=tests/{file.name}" for file in files_of(workspace.root, module)]
    output = workspace.terraform("", "test", "-json", *filters, accept=ANY_STATUS, settings=settings).stdout
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    findings: dict[str, list[str]] = {}
    for line in lines:
        if line["type"] == "diagnostic":
            diagnostic = line["diagnostic"]
            findings.setdefault(line.get("@testrun", ""), []).append(f"{diagnostic['summary']}: {diagnostic['detail']}")
    ended = [line["test_run"] for line in lines if line["type"] == "test_run"]
    if not ended:
        raise Failed(f"terraform test ran nothing of {module}:\n{output}")
    return [
        Outcome(
            module=module,
            run=completed["run"],
            status=completed["status"],
            findings=tuple(findings.get(completed["run"], []) + findings.get("", [])),
        )
        for completed in ended
        if completed["progress"] == "complete"
    ]


@contextmanager
def _shared_provider(workspace: Workspace) -> Iterator[dict[str, str]]:
    """The plug-in that `init` took from the mirror, running once; yields what terraform needs to attach to it.

    Raises:
        Failed: there is not one plug-in, or it does not say its address within a minute.
    """
    programs = list((workspace.data / "root" / "providers").glob("*/*/aws/*/*/terraform-provider-*"))
    if len(programs) != 1:
        raise Failed(f"init took {len(programs)} plug-ins of AWS from the mirror; one is expected")
    with (workspace.data / "provider.log").open("w") as log:
        process = subprocess.Popen(
            [str(programs[0]), "-debug"], stdout=log, stderr=subprocess.STDOUT, cwd=workspace.data
        )
        try:
            yield {"TF_REATTACH_PROVIDERS": _address(workspace.data / "provider.log", process)}
        finally:
            process.terminate()
            process.wait(timeout=30)


def _address(log: Path, process: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        told = re.search(r"TF_REATTACH_PROVIDERS='(\{.*\})'", log.read_text())
        if told:
            return told[1]
        time.sleep(0.2)
    raise Failed(f"the provider did not start:\n{log.read_text()}")
