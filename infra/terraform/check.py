"""Everything that is checked of the infrastructure: `make check-infra`. What cannot be run is named, and is not "ok".

Works on a copy below var/, so that neither lock files nor provider addresses come into the repository.
"""

import argparse
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import module_tests
import planted
from altscore_local.environments import ensure_cached, environment
from altscore_local.layout import Layout, open_layout
from workspace import Failed, Skipped, Workspace, run

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = ("production-mumbai", "staging")
NO_CHANGES, CHANGES = 0, 2


def check_format(workspace: Workspace) -> str:
    """`terraform fmt -check` over every file."""
    count = len([*workspace.root.rglob("*.tf"), *workspace.root.rglob("*.tftest.hcl")])
    if count == 0:
        raise Failed("no file was read")
    workspace.terraform("", "fmt", "-check", "-recursive")
    return f"{count} files"


def check_modules(workspace: Workspace) -> str:
    """`terraform test`: every module of AWS with a mock provider, what it makes and what it refuses."""
    ended = module_tests.outcomes(workspace)
    wrong = [outcome for outcome in ended if outcome.status != module_tests.PASSED]
    if wrong:
        told = (f"{each.module}: {each.run} {each.status}: {'; '.join(each.findings)}" for each in wrong)
        raise Failed("\n".join(told))
    return f"{len({outcome.module for outcome in ended})} modules, {len(ended)} runs passed"


def check_guards(workspace: Workspace) -> str:
    """`terraform test` once more without any guard and with a fault in every module: every run must fail."""
    return planted.judged(module_tests.outcomes(planted.plant(workspace)))


def check_environments(workspace: Workspace) -> str:
    """`terraform validate` of the environments on AWS."""
    for name in ENVIRONMENTS:
        workspace.init(f"envs/{name}")
        workspace.terraform(f"envs/{name}", "validate", "-no-color")
    return ", ".join(ENVIRONMENTS)


def check_pune(workspace: Workspace) -> str:
    """`terraform validate` of the standby, where the provider of Azure is in the mirror."""
    if workspace.plugins is None or not list(workspace.plugins.glob("*/hashicorp/azurerm")):
        raise Skipped("the provider azurerm is not in TF_PLUGIN_DIR; dr-pune is compared with its documentation alone")
    workspace.init("envs/dr-pune")
    workspace.terraform("envs/dr-pune", "validate", "-no-color")
    return "dr-pune"


def check_azure_arguments(workspace: Workspace) -> str:
    """Every resource of Azure against the arguments that the provider documents (azure-schema.json)."""
    program = workspace.tools / "bin" / "python"
    done = run([str(program), str(HERE / "azure_arguments.py"), str(workspace.root)], workspace.root, {})
    read = done.stdout.strip().splitlines()[-1]
    return f"{read}: as documented for azurerm 5.2.0; not the provider's own validation"


def check_policies(workspace: Workspace) -> str:
    """checkov over the modules (environments only call them); a skip stands beside its resource, with the reason."""
    program = workspace.tools / "bin" / "checkov"
    report = workspace.data / "checkov"
    report.mkdir(parents=True, exist_ok=True)
    command = [
        str(program),
        "--directory",
        str(workspace.root / "modules"),
        "--config-file",
        str(workspace.root / ".checkov.yaml"),
    ]
    # A file that is parsed for longer than ten seconds would be left out without a failure.
    settings = {"HCL_PARSE_TIMEOUT_SEC": "600"}
    run([*command, "--output", "json", "--output-file-path", str(report)], workspace.root, settings)
    return counted(report / "results_json.json")


def counted(report: Path) -> str:
    """What checkov passed and skipped.

    Raises:
        Failed: it read nothing.
    """
    results = json.loads(report.read_text())
    summaries = [result["summary"] for result in (results if isinstance(results, list) else [results])]
    passed = sum(summary["passed"] for summary in summaries)
    unread = sum(summary["parsing_errors"] for summary in summaries)
    if passed == 0 or unread:
        raise Failed(f"checkov passed {passed} and could not read {unread} files")
    failed, skipped = (sum(summary[part] for summary in summaries) for part in ("failed", "skipped"))
    return f"{passed} passed, {failed} failed, {skipped} skipped with a reason"


@contextmanager
def stand_in(workspace: Workspace) -> Iterator[str]:
    """moto as a process on loopback; yields its address.

    Raises:
        Failed: it does not answer within a minute.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (workspace.data / "moto.log").open("w")
    program = str(workspace.tools / "bin" / "python")
    command = [program, str(HERE / "stand_in.py"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        await_answer(f"http://127.0.0.1:{port}/moto-api/")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def await_answer(url: str, within_s: float = 120.0) -> None:
    """Waits until something answers.

    Raises:
        Failed: nothing did.
    """
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.5)
    raise Failed(f"{url} did not answer within {within_s:.0f} s")


def check_apply(workspace: Workspace) -> str:
    """Plan, apply and a second plan of the stand-in environment: nothing may differ from what was applied."""
    workspace.init("stand-in")
    state = workspace.data / "stand-in.tfstate"
    state.unlink(missing_ok=True)
    with stand_in(workspace) as endpoint:
        variables = ["-input=false", "-no-color", f"-var=endpoint={endpoint}", f"-state={state}"]
        workspace.terraform("stand-in", "apply", "-auto-approve", *variables)
        plan = ("plan", "-detailed-exitcode", *variables)
        second = workspace.terraform("stand-in", *plan, accept=(NO_CHANGES, CHANGES))
        if second.returncode != NO_CHANGES:
            changes = second.stdout.partition("Terraform will perform")[2]
            raise Failed(f"the second plan differs from what was applied:\n{changes}")
    count = state.read_text().count('"mode": "managed"')
    if count == 0:
        raise Failed("nothing was applied")
    return f"{count} kinds of resources applied, second plan without changes"


CHECKS: tuple[tuple[str, Callable[[Workspace], str]], ...] = (
    ("format", check_format),
    ("environments", check_environments),
    ("azure arguments", check_azure_arguments),
    ("standby in Pune", check_pune),
    ("policies", check_policies),
    ("apply and drift", check_apply),
    ("modules", check_modules),
    ("guards", check_guards),
)


@contextmanager
def alone(work: Path) -> Iterator[None]:
    """One run at a time in a clone: another would take the copy away under it.

    Raises:
        SystemExit: another run is at work.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("another check-infra of this clone is at work") from None
        yield


def prepare(layout: Layout) -> Workspace:
    """A fresh copy of the sources, and the tools."""
    work = layout.var / "infra"
    copy = work / "repository"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(HERE, copy / "infra" / "terraform", ignore=shutil.ignore_patterns(".terraform*", "__pycache__"))
    (copy / "schemas").mkdir()
    shutil.copy(layout.root / "schemas" / "topics.yml", copy / "schemas")
    data = work / "data"
    data.mkdir(parents=True, exist_ok=True)
    # Without a file of its own terraform would read the user's, with whatever installation rules are in it.
    (data / "terraform.rc").write_text("disable_checkpoint = true\n")
    ensure_cached(layout, "infra")
    plugins = os.environ.get("TF_PLUGIN_DIR")
    return Workspace(
        root=copy / "infra" / "terraform",
        data=data,
        plugins=Path(plugins) if plugins else None,
        tools=environment(layout, "infra"),
    )


def main() -> int:
    """Runs the checks; 0 when none failed. The last line counts what did not run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names of checks, separated by commas")
    only = {name for name in parser.parse_args().only.split(",") if name}
    unknown = only - {name for name, _ in CHECKS}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    # An ended check ends what it started: the stand-in and the provider are processes.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    layout = open_layout()
    with alone(layout.var / "infra"):
        return checked(prepare(layout), only)


def checked(workspace: Workspace, only: set[str]) -> int:
    """Runs the checks, all or only those named, and prints the table; 1 when one failed, else 0."""
    begun_all = time.monotonic()
    print(f"  {'check':<16} {'outcome':<8} {'seconds':>8}  what was read or compared", flush=True)
    outcomes: dict[str, int] = {"ok": 0, "FAILED": 0, "SKIPPED": 0}
    for name, check in CHECKS:
        if only and name not in only:
            continue
        begun = time.monotonic()
        try:
            outcome, text = "ok", check(workspace)
        except Skipped as reason:
            outcome, text = "SKIPPED", str(reason)
        except Failed as reason:
            outcome, text = "FAILED", str(reason)
        outcomes[outcome] += 1
        print(f"  {name:<16} {outcome:<8} {time.monotonic() - begun:8.1f}  {text}", flush=True)
    not_proven = f"; not proven here: {outcomes['SKIPPED']}" if outcomes["SKIPPED"] else ""
    counts = f"{outcomes['ok']} ok, {outcomes['FAILED']} failed, {outcomes['SKIPPED']} skipped{not_proven}"
    print(f"check-infra: {counts}; {time.monotonic() - begun_all:.0f} s")
    return 1 if outcomes["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
