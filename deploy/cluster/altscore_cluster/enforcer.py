"""Enforces NetworkPolicies with nftables, as a network plug-in would: `python -m altscore_cluster.enforcer FOLDER`.

For the local cluster alone. Reads pods, namespaces and policies twice a second and writes one table. What the node
itself sends (probes, whoever works on the node) and answers to what was allowed always pass.
"""

import http.client
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from altscore_cluster.api import Manifest
from altscore_cluster.plan import NODE_ADDRESS, Cluster

TABLE = "altscore_policies"
POLL_S = 0.5
EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Pod:
    """What a policy sees of a pod.

    Args:
        namespace: of the pod.
        address: IPv4.
        labels: of the pod.
        ports: number of each named port.
    """

    namespace: str
    address: str
    labels: Mapping[str, str]
    ports: Mapping[str, int] = field(default_factory=dict)


# CoreDNS is a process of the node; policies name it by the labels that it has in other clusters.
DNS = Pod("kube-system", NODE_ADDRESS, {"k8s-app": "kube-dns"}, ports={"dns": 53, "dns-tcp": 53})


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches; an empty one matches everything.

    Raises:
        ValueError: an operator that Kubernetes does not have.
    """
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", []):
        value, values = labels.get(expression["key"]), expression.get("values", [])
        match expression["operator"]:
            case "In":
                holds = value in values
            case "NotIn":
                holds = value not in values
            case "Exists":
                holds = value is not None
            case "DoesNotExist":
                holds = value is None
            case other:
                raise ValueError(f"unknown operator {other}")
        if not holds:
            return False
    return True


def pods_of(items: Iterable[Manifest]) -> list[Pod]:
    """Pods that have an address of the pod network."""
    return [
        Pod(
            item["metadata"]["namespace"],
            item["status"]["podIP"],
            item["metadata"].get("labels", {}),
            ports={
                port["name"]: port["containerPort"]
                for container in item["spec"]["containers"]
                for port in container.get("ports", [])
                if "name" in port
            },
        )
        for item in items
        if item["status"].get("podIP")
        and not item["spec"].get("hostNetwork")
        and item["status"].get("phase") in ("Pending", "Running")
    ]


class Rules:
    """The rules that follow from the state of a cluster."""

    def __init__(self, pods: Sequence[Pod], namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self._pods = list(pods)
        self._known = [DNS, *pods]
        self._namespaces = namespaces

    def _peers(self, peer: Manifest, namespace: str) -> list[Pod]:
        def is_meant(pod: Pod) -> bool:
            if "namespaceSelector" in peer:
                if not selects(peer["namespaceSelector"], self._namespaces.get(pod.namespace, {})):
                    return False
            elif pod.namespace != namespace:
                return False
            return selects(peer.get("podSelector", {}), pod.labels)

        return [pod for pod in self._known if is_meant(pod)]

    def _lines(self, rule: Manifest, policy: Manifest, pod: Pod, *, inward: bool) -> list[str]:
        """Lines of one rule for one pod: who, at which ports."""
        namespace, side = policy["metadata"]["namespace"], "saddr" if inward else "daddr"
        lines = []
        for peer in rule.get("from" if inward else "to") or [None]:
            if peer is None:
                sources, excluded, others = [EVERYWHERE], [], self._known
            elif "ipBlock" in peer:
                sources, excluded, others = [peer["ipBlock"]["cidr"]], peer["ipBlock"].get("except", []), []
            else:
                others = self._peers(peer, namespace)
                sources, excluded = [other.address for other in others], []
            if not sources:
                continue
            start = f"ip {side} {{ {', '.join(sources)} }}"
            start += f" ip {side} != {{ {', '.join(excluded)} }}" if excluded else ""
            targets = [pod] if inward else others
            lines += [f"{start}{ports} return" for ports in port_matches(rule.get("ports"), targets)]
        return lines

    def chains(self, policies: Iterable[Manifest]) -> dict[tuple[str, str], list[str]]:
        """Direction and address of a selected pod -> lines; what no line lets through is dropped."""
        chains: dict[tuple[str, str], list[str]] = {}
        for policy in sorted(policies, key=lambda entry: (entry["metadata"]["namespace"], entry["metadata"]["name"])):
            spec = policy["spec"]
            for pod in self._pods:
                if pod.namespace != policy["metadata"]["namespace"] or not selects(spec["podSelector"], pod.labels):
                    continue
                for kind in spec.get("policyTypes") or ["Ingress"]:
                    lines = chains.setdefault((kind.lower(), pod.address), [])
                    for rule in spec.get(kind.lower()) or []:
                        lines += self._lines(rule, policy, pod, inward=kind == "Ingress")
        return chains


def port_matches(ports: Sequence[Manifest] | None, targets: Sequence[Pod]) -> list[str]:
    """nft's words for the ports of a rule; a named port is that of the pods which receive."""
    if not ports:
        return [""]
    matches = []
    for entry in ports:
        protocol, port = entry.get("protocol", "TCP").lower(), entry.get("port")
        if port is None:
            matches.append(f" meta l4proto {protocol}")
        elif isinstance(port, int):
            last = f"-{entry['endPort']}" if "endPort" in entry else ""
            matches.append(f" {protocol} dport {port}{last}")
        else:
            numbers = {target.ports[port] for target in targets if port in target.ports}
            matches += [f" {protocol} dport {number}" for number in sorted(numbers)]
    return matches


def table_of(chains: Mapping[tuple[str, str], Sequence[str]]) -> str:
    """nft's program for these chains; it replaces the former one in one step."""
    lines = [f"add table ip {TABLE}", f"delete table ip {TABLE}", f"table ip {TABLE} {{"]
    for (direction, address), rules in chains.items():
        lines += [
            f"  chain {_chain(direction, address)} {{",
            *(f"    {rule}" for rule in rules),
            "    counter drop",
            "  }",
        ]
    lines += ["  chain policies {", "    ct state established,related accept"]
    for direction, side in (("egress", "saddr"), ("ingress", "daddr")):
        jumps = [f"{address} : jump {_chain(kind, address)}" for kind, address in chains if kind == direction]
        if jumps:
            lines.append(f"    ip {side} vmap {{ {', '.join(jumps)} }}")
    lines.append("  }")
    # Between pods packets are forwarded; to the node's own processes (DNS) they come in.
    lines += [
        f"  chain {hook} {{ type filter hook {hook} priority 10; jump policies; }}" for hook in ("forward", "input")
    ]
    return "\n".join([*lines, "}", ""])


def _chain(direction: str, address: str) -> str:
    return f"{direction}_{address.replace('.', '_')}"


class Reader:
    """Reads lists from the API server over one connection: a program per question would take half of a core."""

    def __init__(self, cluster: Cluster) -> None:
        self._context = ssl.create_default_context(cafile=str(cluster.pki / "ca.crt"))
        self._context.load_cert_chain(cluster.pki / "admin.crt", cluster.pki / "admin.key")
        self._connection: http.client.HTTPSConnection | None = None

    def items(self, path: str) -> list[Manifest]:
        """The objects of a list.

        Raises:
            OSError: the API server does not answer.
            http.client.HTTPException: it answers something else.
        """
        if self._connection is None:
            self._connection = http.client.HTTPSConnection("127.0.0.1", 6443, timeout=10, context=self._context)
        try:
            self._connection.request("GET", path)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection = None
            raise
        if answer.status != http.HTTPStatus.OK:
            raise http.client.HTTPException(f"{path}: {answer.status}")
        return list(json.loads(content)["items"])


def current(reader: Reader) -> str:
    """The table for what the API says now."""
    names = {
        item["metadata"]["name"]: item["metadata"].get("labels", {}) for item in reader.items("/api/v1/namespaces")
    }
    pods = pods_of(reader.items("/api/v1/pods"))
    return table_of(Rules(pods, names).chains(reader.items("/apis/networking.k8s.io/v1/networkpolicies")))


def main() -> None:
    """Enforces until it is killed or the cluster is gone."""
    cluster = Cluster(Path(sys.argv[1]))
    reader, written = Reader(cluster), ""
    while cluster.ready_mark.exists():
        try:
            table = current(reader)
            if table != written:
                subprocess.run(["nft", "--file", "-"], input=table, text=True, check=True, timeout=30)
                written = table
                print(f"{time.strftime('%H:%M:%S')} {table.count(' return')} rules", flush=True)
        except (OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
            print(f"{time.strftime('%H:%M:%S')} {error}", file=sys.stderr, flush=True)
        time.sleep(POLL_S)


if __name__ == "__main__":
    main()
