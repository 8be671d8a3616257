"""Process 1 of the cluster's namespaces: mounts, the network, then every part in order. When it ends, all of them end.

Started by `altscore_cluster.control` through `unshare`; whatever fails is in logs/node.log.
"""

import base64
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from altscore_cluster import cgroups, parts
from altscore_cluster.api import Api, system_service
from altscore_cluster.plan import DNS_ADDRESS, NAMESPACE, NODE, NODE_ADDRESS, Cluster
from altscore_cluster.programs import PROGRAMS
from altscore_cluster.settings import CONTAINERD_SOCKET

STEP_TIMEOUT_S = 120.0
SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/route_localnet": "1",
    "net/bridge/bridge-nf-call-iptables": "1",
}


def _command(*words: str) -> None:
    subprocess.run(words, check=True, timeout=60)


def isolate(cluster: Cluster) -> None:
    """What the namespaces need before anything runs in them: cgroups, a name, a bridge as the node's network card."""
    _command("mount", "--make-rshared", "/")
    cgroups.mount_own()
    _command("hostname", NODE)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    _command("ip", "link", "set", "lo", "up")
    _command("ip", "link", "add", "node0", "type", "bridge")
    _command("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "node0")
    _command("ip", "link", "set", "node0", "up")
    _command("ip", "route", "add", "default", "dev", "node0")  # kube-proxy needs one; there is nobody behind it
    for name, value in SYSCTLS.items():
        with contextlib.suppress(FileNotFoundError):  # the last one comes with a kernel module
            Path("/proc/sys", name).write_text(value)
    _command("mount", "-t", "tmpfs", "-o", "mode=755", "run", "/run")
    _command("mount", "--bind", str(cluster.settings / "resolv.conf"), "/etc/resolv.conf")


class Node:
    """The parts that run."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._api = Api(cluster)
        self._running: dict[int, str] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Starts a part with a log of its own."""
        with (self._cluster.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self._running[process.pid] = name

    def start_all(self) -> None:
        """Every part, each once the one it needs serves."""
        cluster, api = self._cluster, self._api
        self.start("etcd", parts.etcd(cluster))
        self.start("apiserver", parts.apiserver(cluster))
        self.start("containerd", parts.containerd(cluster))
        _until(lambda: api.succeeds("get", "--raw", "/readyz"), "the API server")
        self.start("controller-manager", parts.controller_manager(cluster))
        self.start("scheduler", parts.scheduler(cluster))
        _until(Path(CONTAINERD_SOCKET).exists, "containerd")
        self.start("kubelet", parts.kubelet(cluster))
        self.start("proxy", parts.proxy(cluster))
        _until(lambda: api.succeeds("wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=1s"), "the node")
        _until(lambda: api.succeeds("get", "serviceaccount", "default", "--namespace", "default"), "accounts")
        self.start("coredns", parts.coredns(cluster))
        api.apply(system_service("kube-dns", address=DNS_ADDRESS, port=53, target=53, protocol="UDP"))
        self.start("metrics-server", parts.metrics_server(cluster))
        api.apply(system_service("metrics-server", address="", port=443, target=4443, protocol="TCP"))
        api.apply([_metrics_api((cluster.pki / "ca.crt").read_bytes())])

    def wait(self) -> None:
        """Reaps until a part ends, which ends all: a cluster that lost a part is no proof of anything."""
        while True:
            pid, status = os.wait()
            if name := self._running.get(pid):
                raise SystemExit(f"{name} ended with status {status}")


def _metrics_api(authority: bytes) -> dict[str, object]:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "caBundle": base64.b64encode(authority).decode(),
            "service": {"name": "metrics-server", "namespace": "kube-system"},
        },
    }


def _until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + STEP_TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what} does not serve after {STEP_TIMEOUT_S:.0f} s")
        time.sleep(0.2)


def main() -> None:
    """Runs until it is killed or a part ends."""
    cluster = Cluster(Path(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ["PATH"] = ":".join([*sorted({str(entry.path.parent) for entry in PROGRAMS}), os.environ["PATH"]])
    for folder in (cluster.logs, cluster.data, cluster.run):
        folder.mkdir(parents=True, exist_ok=True)
    parts.write_settings(cluster, NAMESPACE)
    isolate(cluster)
    node = Node(cluster)
    node.start_all()
    cluster.ready_mark.touch()
    node.wait()


if __name__ == "__main__":
    main()
