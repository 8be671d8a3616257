"""On the host: starts the target and waits until every container serves or has done its work."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence

from altscore_local.layout import Layout
from altscore_local.observability.server import ALERTMANAGER, GRAFANA, PROMETHEUS
from altscore_local.process import StackError

START_TIMEOUT_S = 1_200.0
POLL_S = 2.0


def start(compose: str, only: Sequence[str]) -> float:
    """Starts containers with the profile `demo`; returns the seconds it took.

    `docker compose up --wait` takes a container that has done its work for a failure, so the waiting is done here.

    Raises:
        StackError: one could not be started, failed, or does not serve in time.
    """
    begun = time.monotonic()
    command = [compose, "--profile", "demo", "up", "--detach", "--quiet-pull", *only]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_TIMEOUT_S)
    if done.returncode:
        raise StackError(f"docker compose up failed\n{done.stderr[-2_000:]}")
    while waiting := unready(containers(compose)):
        if time.monotonic() - begun > START_TIMEOUT_S:
            raise StackError(f"not serving after {START_TIMEOUT_S:.0f} s: {', '.join(waiting)}")
        time.sleep(POLL_S)
    return time.monotonic() - begun


def observe(layout: Layout, compose: str, report: Callable[[str], None]) -> None:
    """Starts Prometheus and Alertmanager beside the running target, and Grafana where its image is not left out.

    Raises:
        StackError: one could not be started.
    """
    profile = [compose, "--profile", "observe"]
    named = subprocess.run([*profile, "config", "--services"], capture_output=True, text=True, check=True, timeout=60)
    chosen = [name for name in (ALERTMANAGER, PROMETHEUS, GRAFANA) if name in named.stdout.split()]
    command = [*profile, "up", "--detach", "--no-deps", "--wait", "--quiet-pull", *chosen]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_TIMEOUT_S)
    if done.returncode:
        raise StackError(f"docker compose up failed\n{done.stderr[-2_000:]}")
    report(f"  Prometheus    http://{layout.address(PROMETHEUS)}/alerts")
    report(f"  Alertmanager  http://{layout.address(ALERTMANAGER)}/#/alerts")
    if GRAFANA in chosen:
        report(f"  Grafana       http://{layout.address(GRAFANA)}/dashboards")
    else:
        report("  Grafana       left out: its image is in a registry only, and the local images are in use")


def clean(layout: Layout, compose: str) -> None:
    """Ends the target and removes its volumes and what the host kept of it, a demo's ledgers and connectors included.

    Raises:
        StackError: the engine did not remove them.
    """
    command = [compose, "--profile", "demo", "--profile", "observe", "down", "--volumes", "--remove-orphans"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_TIMEOUT_S)
    if done.returncode:
        raise StackError(f"docker compose down failed\n{done.stderr[-2_000:]}")
    for name in ("demo", "pki", "run", "secrets"):
        shutil.rmtree(layout.var / name, ignore_errors=True)
    (layout.var / "stack.json").unlink(missing_ok=True)


def containers(compose: str) -> list[dict[str, str]]:
    """Service, state, health and exit code of every container of the target."""
    command = [compose, "--profile", "demo", "ps", "--all", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def unready(rows: Sequence[dict[str, str]]) -> list[str]:
    """Services that do not serve yet.

    Raises:
        StackError: there is none at all, or one ended with an error.
    """
    if not rows:
        raise StackError("the target has no container")
    failed = [row["Service"] for row in rows if row["State"] == "exited" and int(row["ExitCode"])]
    if failed:
        raise StackError(f"failed: {', '.join(sorted(failed))}")
    return sorted(
        row["Service"]
        for row in rows
        if row["State"] != "exited" and (row["State"] != "running" or row["Health"] not in ("", "healthy"))
    )
