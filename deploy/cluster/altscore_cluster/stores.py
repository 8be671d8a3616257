"""The development dependencies: images and files of the compose target as pods of the chart's namespace.

Everything here keeps to Pod Security `restricted`. Files come from one folder of the clone, a volume of the cluster;
each store writes below its own part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from altscore_compose.owners import GID, UIDS
from altscore_local.layout import PORTS

from altscore_cluster.api import Manifest, labels_of
from altscore_cluster.plan import NAMESPACE

SUFFIX = "-local"
STATE = "/srv/altscore/var"
ENV = "ALTSCORE_ENV_FILE"
OURS, STAND_IN = "altscore", "altscore-local"
PART_OF = "altscore-stores"
APART = "altscore-apart"  # what no policy of the stores is for
# host in the layout -> process of the chart, and the listener behind each port: for whoever works on the node
ALIASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "score": ("score-api", {"score": "api", "score-internal": "admin"}),
    "consent": ("consent-api", {"consent": "api"}),
    "ingestion": ("ingestion-api", {"ingestion": "api"}),
    "vault": ("vault", {"vault": "api"}),
    "webhook": ("webhook-api", {"webhook": "api"}),
    "webhook-worker": ("webhook-worker", {"webhook-internal": "admin"}),
    "notification-worker": ("notification-worker", {"notification-internal": "admin"}),
    "scoring-worker": ("scoring-worker", {"scoring-internal": "admin"}),
    "audit": ("audit-api", {"audit": "api"}),
    "admin": ("admin-api", {"admin": "api"}),
    "portal": ("portal", {"portal": "api", "portal-internal": "admin"}),
}


@dataclass(frozen=True)
class Container:
    """One container of a store.

    Args:
        name: of the container.
        image: with its tag.
        command: what runs; empty for the image's own entry point.
        args: after it.
        env: variables.
        port: that it opens and is asked for; none for a container that ends or has no port.
        memory: its limit.
        cpu: its share of busy processors, beside what the chart's processes ask for.
        writes: parts of the state folder that it may write.
        probe: what says that it serves, where an open port does not.
        folders: empty folders of the pod by name, and where it sees them.
        claims: volumes beside the state folder by their claim, and where it writes them.
        work_dir: in which it runs.
    """

    name: str
    image: str
    command: Sequence[str] = ()
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    memory: str = "256Mi"
    cpu: str = "10m"
    writes: Sequence[str] = ()
    probe: Mapping[str, Any] | None = None
    folders: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    work_dir: str = ""

    def manifest(self) -> Manifest:
        """As a pod names it."""
        mounts = [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # of the container
            {"name": "state", "mountPath": STATE, "readOnly": True},
            *({"name": "state", "mountPath": f"{STATE}/{part}", "subPath": part} for part in self.writes),
            *({"name": name, "mountPath": path} for name, path in (*self.folders.items(), *self.claims.items())),
        ]
        content: Manifest = {
            "name": self.name,
            "image": self.image,
            "imagePullPolicy": "Never",
            "env": [{"name": key, "value": value} for key, value in self.env.items()],
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "resources": {
                "requests": {"cpu": self.cpu, "memory": "64Mi"},
                "limits": {"cpu": "2", "memory": self.memory},
            },
            "volumeMounts": mounts,
        }
        if self.command:
            content["command"] = list(self.command)
        if self.args:
            content["args"] = list(self.args)
        if self.work_dir:
            content["workingDir"] = self.work_dir
        if self.port is not None:
            probe = self.probe or {"tcpSocket": {"port": self.port}}
            content["readinessProbe"] = {**probe, "periodSeconds": 3, "timeoutSeconds": 5, "failureThreshold": 60}
        return content


@dataclass(frozen=True)
class Store:
    """A pod and the Service before it.

    Args:
        name: in the layout's list of ports; the Service is called so, with SUFFIX.
        user: whose number it runs under.
        containers: what runs.
        ports: names in the layout's list.
        first: containers that end before the others start.
        labels: besides its name.
    """

    name: str
    user: str
    containers: Sequence[Container]
    ports: Sequence[str]
    first: Sequence[Container] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def _labels(self) -> dict[str, str]:
        own = {
            "app.kubernetes.io/name": self.name,
            "app.kubernetes.io/part-of": PART_OF,
            "altscore.in/store": self.name,
        }
        return own | dict(self.labels)

    def deployment(self) -> Manifest:
        """One replica; a new one comes when the old one is gone."""
        spec = {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 20,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": UIDS[self.user],
                "runAsGroup": GID,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "initContainers": [each.manifest() for each in self.first],
            "containers": [each.manifest() for each in self.containers],
            "volumes": self._volumes(),
        }
        template = {"metadata": {"labels": self._labels}, "spec": spec}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"{self.name}{SUFFIX}", "namespace": NAMESPACE, "labels": self._labels},
            "spec": {
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": {"altscore.in/store": self.name}},
                "template": template,
            },
        }

    def _volumes(self) -> list[Manifest]:
        containers = (*self.first, *self.containers)
        empty = sorted({name for each in containers for name in each.folders})
        claimed = sorted({name for each in containers for name in each.claims})
        return [
            {"name": "tmp", "emptyDir": {}},
            {"name": "state", "persistentVolumeClaim": {"claimName": "altscore-state"}},
            *({"name": name, "emptyDir": {}} for name in empty),
            *({"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claimed),
        ]

    def service(self) -> Manifest:
        """Its address. Kafka finds its own controller through it, before it is ready."""
        ports = {PORTS[name]: PORTS[name] for name in self.ports}
        return _service(self.name, {"altscore.in/store": self.name}, ports, before_ready=True)


def _service(
    name: str, selector: Mapping[str, str], ports: Mapping[int, int | str], *, before_ready: bool = False
) -> Manifest:
    entries = [{"name": f"port-{port}", "port": port, "targetPort": target} for port, target in ports.items()]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{name}{SUFFIX}", "namespace": NAMESPACE},
        "spec": {"selector": dict(selector), "ports": entries, "publishNotReadyAddresses": before_ready},
    }


def aliases() -> list[Manifest]:
    """Services that give the chart's processes the names and ports of the layout."""
    return [
        _service(name, labels_of(process), {PORTS[port]: listener for port, listener in listeners.items()})
        for name, (process, listeners) in ALIASES.items()
    ]


def volume(name: str, folder: Path) -> list[Manifest]:
    """A folder of the machine as a volume: pods may name a claim, and no path."""
    capacity = {"storage": "100Gi"}
    persistent = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": capacity,
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": {"name": name, "namespace": NAMESPACE},
            "hostPath": {"path": str(folder), "type": "Directory"},
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "",
            "volumeName": name,
            "resources": {"requests": capacity},
        },
    }
    return [persistent, claim]


def policy() -> Manifest:
    """Stores speak with the pods of this namespace and with DNS; the chart's deny-all holds for them too.

    Who stands apart may come, if its own policy lets it leave; no store goes there.
    """
    selector = {"matchLabels": {"app.kubernetes.io/part-of": PART_OF}}
    egress = [{"to": [{"podSelector": _of_parts("altscore", PART_OF)}]}]
    return _policy(PART_OF, selector, [{"from": [{"podSelector": _of_parts("altscore", PART_OF, APART)}]}], egress)


def _of_parts(*parts: str) -> Manifest:
    return {"matchExpressions": [{"key": "app.kubernetes.io/part-of", "operator": "In", "values": list(parts)}]}


def policy_of(name: str, entry: Mapping[str, Any], networks: Mapping[str, Any]) -> Manifest:
    """What callers.yml lets a pod open that stands apart; nobody opens it.

    Args:
        name: of the store.
        entry: its line in the table of callers.
        networks: of the chart's values: where each store is.
    """
    egress = [
        {
            "to": networks[store]["peers"],
            "ports": [{"protocol": "TCP", "port": port} for port in networks[store]["ports"]],
        }
        for store in entry["stores"]
    ]
    return _policy(name, {"matchLabels": {"altscore.in/store": name}}, [], egress)


def _policy(name: str, selector: Manifest, ingress: list[Manifest], egress: list[Manifest]) -> Manifest:
    """A policy that lets its pods ask for names besides."""
    dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    names = {"to": [dns], "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "podSelector": selector,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": [*egress, names],
        },
    }
