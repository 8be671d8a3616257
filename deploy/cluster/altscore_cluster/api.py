"""kubectl and helm against the cluster: from inside its namespaces, or from the machine through `nsenter`."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from altscore_cluster.plan import NODE_ADDRESS, Cluster
from altscore_cluster.programs import program

Manifest = dict[str, Any]
TIMEOUT_S = 120.0


class ClusterError(Exception):
    """The cluster did not do what it was asked; the message is for people."""


class Api:
    """Commands for the API server.

    Args:
        cluster: whose.
        prefix: words before every command, which bring it into the cluster's network; none for whoever is in it.
    """

    def __init__(self, cluster: Cluster, prefix: Sequence[str] = ()) -> None:
        self._cluster = cluster
        self._prefix = list(prefix)

    def run(
        self, command: Sequence[str], *, stdin: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> subprocess.CompletedProcess[str]:
        """Runs any program in the cluster's network; its status is the caller's business."""
        env = os.environ | {"KUBECONFIG": str(self._cluster.kubeconfig)}
        return subprocess.run(
            [*self._prefix, *command],
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout_s: float = TIMEOUT_S) -> str:
        """Output of kubectl.

        Raises:
            ClusterError: it failed; the message is kubectl's.
        """
        done = self.run([str(program("kubectl").path), *arguments], stdin=stdin, timeout_s=timeout_s)
        if done.returncode:
            raise ClusterError(f"kubectl {' '.join(arguments[:4])}: {done.stderr.strip()[-2_000:]}")
        return done.stdout

    def succeeds(self, *arguments: str) -> bool:
        """Whether a kubectl command answers without an error."""
        return self.run([str(program("kubectl").path), *arguments], timeout_s=30).returncode == 0

    def get(self, *arguments: str) -> Any:
        """`kubectl get` as data."""
        return json.loads(self.kubectl("get", *arguments, "--output", "json"))

    def apply(self, documents: Sequence[Manifest]) -> None:
        """Makes or changes objects; what this program once applied and no longer names stays."""
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(documents)})
        self.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=content)


def system_service(name: str, *, address: str, port: int, target: int, protocol: str) -> list[Manifest]:
    """A Service in kube-system for a process on the node itself."""
    metadata = {"name": name, "namespace": "kube-system"}
    spec: Manifest = {"ports": [{"name": "main", "port": port, "targetPort": target, "protocol": protocol}]}
    if address:
        spec["clusterIP"] = address
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata | {"labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"name": "main", "port": target, "protocol": protocol}],
        "endpoints": [{"addresses": [NODE_ADDRESS], "conditions": {"ready": True}}],
    }
    return [{"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}, endpoints]


def labels_of(name: str, release: str = "altscore") -> Mapping[str, str]:
    """The labels by which the chart selects the pods of a process."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release}


def until(condition: Callable[[], bool], what: str, *, timeout_s: float, every_s: float = 1.0) -> float:
    """Waits for a condition; returns the seconds it took.

    Raises:
        ClusterError: it did not come true in time.
    """
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > timeout_s:
            raise ClusterError(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(every_s)
    return time.monotonic() - begin
