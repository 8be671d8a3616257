"""What every step works with: the cluster, the folder of its secrets, helm, and processes in the cluster's network."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from altscore_helm.chart import CHART, RELEASE, values_file
from altscore_helm.tools import tool
from altscore_local.layout import ROOT, Layout

from altscore_cluster.api import Api, ClusterError, until
from altscore_cluster.control import api, inside
from altscore_cluster.plan import NAMESPACE, Cluster
from altscore_cluster.state import layout_of_target

HELM_TIMEOUT_S = 900
READY_TIMEOUT_S = 420
LOAD_RATE = 20.0


@dataclass
class Target:
    """One run of the proofs."""

    cluster: Cluster = field(default_factory=Cluster)
    layout: Layout = field(default_factory=layout_of_target)

    @cached_property
    def api(self) -> Api:
        """kubectl from the machine."""
        return api(self.cluster)

    @property
    def folder(self) -> Path:
        """The folder that the demo reads."""
        return self.layout.var

    def helm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs helm for the release; its status is the caller's business."""
        command = [str(tool("helm")), *arguments, "--namespace", NAMESPACE]
        return self.api.run(command, timeout_s=HELM_TIMEOUT_S + 60)

    def upgrade(self, *settings: str, timeout_s: int = HELM_TIMEOUT_S) -> subprocess.CompletedProcess[str]:
        """`helm upgrade --install` with the local values and further settings; waits until everything is ready."""
        command = ["upgrade", "--install", RELEASE, str(CHART), "--values", str(values_file("local"))]
        command += ["--wait", "--timeout", f"{timeout_s}s", "--force-conflicts"]
        for setting in settings:
            command += ["--set", setting]
        return self.helm(*command)  # helm's limit is that of each hook and of the wait after them, not of all together

    def must_upgrade(self, *settings: str) -> None:
        """The same.

        Raises:
            ClusterError: it did not succeed.
        """
        done = self.upgrade(*settings)
        if done.returncode:
            raise ClusterError(f"helm upgrade: {done.stderr.strip()[-1_500:]}")

    def revision(self) -> int:
        """Number of the release's last revision."""
        done = self.helm("history", RELEASE, "--output", "json", "--max", "1")
        return int(json.loads(done.stdout)[-1]["revision"])

    def deployments(self) -> dict[str, Any]:
        """The chart's deployments by name."""
        selector = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=process"
        items = self.api.get("deployments", "--namespace", NAMESPACE, "--selector", selector)["items"]
        return {item["metadata"]["name"]: item for item in items}

    def unready(self) -> list[str]:
        """Deployments of the chart without a ready replica of the present version.

        Raises:
            ClusterError: there is none at all.
        """
        deployments = self.deployments()
        if not deployments:
            raise ClusterError("the release has no deployment")
        return sorted(name for name, item in deployments.items() if not is_ready(item))

    def until_ready(self) -> float:
        """Waits for all of them; returns seconds."""
        return until(lambda: not self.unready(), "deployments ready", timeout_s=READY_TIMEOUT_S, every_s=2)

    def python(self, *arguments: str, timeout_s: float = 300) -> str:
        """Output of one of our modules inside the cluster's network.

        Raises:
            ClusterError: it failed.
        """
        done = self.api.run([sys.executable, "-m", *arguments], timeout_s=timeout_s)
        if done.returncode:
            raise ClusterError(f"{arguments[0]}: {(done.stdout + done.stderr).strip()[-1_200:]}")
        return done.stdout.strip()

    def lender_call(self) -> str:
        """Tokens for the lenders and one score; what was seen."""
        return self.python("altscore_cluster.lenders", str(self.folder))

    @contextmanager
    def load(self, rate: float = LOAD_RATE, *, signs_in: bool = True) -> Iterator[dict[str, Any]]:
        """Steady calls while the block runs; the dictionary holds the tally afterwards.

        Args:
            rate: calls a second.
            signs_in: the lenders get new tokens first; False beside a load whose lenders have just got theirs.

        Raises:
            ClusterError: nothing was called.
        """
        if signs_in:
            self.lender_call()
        command = [*inside(self.cluster), sys.executable, "-m", "altscore_cluster.load", str(self.folder), str(rate)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        tally: dict[str, Any] = {}
        try:
            yield tally
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        if not output.strip():
            raise ClusterError("the load ended without a tally")
        tally.update(json.loads(output))
        if not tally["sent"]:
            raise ClusterError("no call was made")

    def start_in_network(self, name: str, module: str) -> None:
        """Starts a module of ours that ends with the cluster."""
        log = (self.cluster.logs / f"{name}.log").open("ab")
        command = [*inside(self.cluster), sys.executable, "-m", module, str(self.cluster.folder)]
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        (self.cluster.run / f"{name}.pid").write_text(str(process.pid))

    def stop_in_network(self, name: str) -> None:
        """Ends what `start_in_network` started."""
        path = self.cluster.run / f"{name}.pid"
        if path.exists():
            with suppress(ProcessLookupError):
                os.kill(int(path.read_text()), signal.SIGTERM)
            path.unlink()


def is_ready(deployment: dict[str, Any]) -> bool:
    """Whether all replicas that it should have are of its present version and ready."""
    status, expected = deployment.get("status", {}), deployment["spec"]["replicas"]
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
    return seen and expected > 0 and counts == [expected] * 3


def shown(tally: dict[str, Any]) -> str:
    """A tally in words."""
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(tally["statuses"].items()))
    failures = ", ".join(f"{count} x {kind}" for kind, count in sorted(tally["failures"].items()))
    return f"{tally['sent']} calls, {tally['failed']} failed ({statuses}{'; ' + failures if failures else ''})"


def sum_of(tallies: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One tally of several loads."""
    counted = {name: sum((Counter(tally[name]) for tally in tallies), Counter()) for name in ("statuses", "failures")}
    return {name: sum(tally[name] for tally in tallies) for name in ("sent", "failed")} | counted


def words(items: Sequence[str]) -> str:
    """A list for people."""
    return ", ".join(items) or "none"
