"""Who reaches whom, asked from inside every process, held against deploy/callers.yml; and outsiders."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import yaml
from altscore_helm.chart import CHART, RELEASE, callers, values_file
from altscore_local.audit_witness import NAME as WITNESS
from altscore_local.sign_in import PROVIDER

from altscore_cluster.api import ClusterError, Manifest, labels_of, until
from altscore_cluster.fleet import image
from altscore_cluster.plan import DOMAIN, NAMESPACE
from altscore_cluster.programs import program
from altscore_cluster.stores import OURS, SUFFIX
from altscore_cluster.target import Target, words

CONNECT_S = 3.0
OUTSIDERS = "outsiders"
HOUSEKEEPING = "housekeeping"
# Asks every address at once and prints those that answer.
_PROBE = """\
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def opens(entry):
    name, host, port = entry
    try:
        socket.create_connection((host, port), timeout=%s).close()
    except OSError:
        return None
    return name
with ThreadPoolExecutor(32) as pool:
    print(json.dumps([name for name in pool.map(opens, json.loads(sys.argv[1])) if name]))
"""


def targets(table: Mapping[str, Mapping[str, Any]], ports: Mapping[str, int]) -> dict[str, tuple[str, int]]:
    """Every listener of ours and every store -> host and port."""
    addresses = {
        f"{name}.{listener}": (f"{name}.{NAMESPACE}.svc.{DOMAIN}", ports[listener])
        for name, entry in table.items()
        for listener in entry["listeners"]
    }
    values = yaml.safe_load(values_file("local").read_text(encoding="utf-8"))
    for store, network in values["networks"].items():
        if network["peers"] and "ports" in network:
            name = network["peers"][0]["podSelector"]["matchLabels"]["altscore.in/store"]
            addresses[store] = (f"{name}{SUFFIX}.{NAMESPACE}.svc.{DOMAIN}", network["ports"][0])
    return addresses


def allowed(entry: Mapping[str, Any], known: Mapping[str, Any]) -> set[str]:
    """What a process may open, of what is asked."""
    return {name for name in (*entry["calls"], *entry["stores"]) if name in known}


def ports_of_the_chart() -> dict[str, int]:
    """Port of each listener."""
    content: dict[str, int] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["ports"]
    return content


def asked_from(target: Target, place: Sequence[str], python: str, known: Mapping[str, tuple[str, int]]) -> set[str]:
    """Those that answer a pod."""
    addresses = json.dumps([[name, host, port] for name, (host, port) in known.items()])
    command = ["exec", *place, "--", python, "-c", _PROBE % CONNECT_S, addresses]
    return set(json.loads(target.api.kubectl(*command, timeout_s=90)))


def prove(target: Target) -> str:
    """The matrix of what answers equals the table, in both directions, and outsiders reach nothing."""
    table = callers()
    known = targets(table, ports_of_the_chart())
    with stand_in(target):
        wrong, edges = matrix(target, table, known)
    if wrong:
        raise ClusterError("; ".join(wrong))
    place = ["--namespace", NAMESPACE, f"deployment/{PROVIDER}{SUFFIX}"]
    if reached := asked_from(target, place, "/opt/tools/bin/python", known):
        raise ClusterError(f"the identity provider reaches {words(sorted(reached))}")
    outsiders = _outsiders(target, known)
    return f"{len(table)} x {len(known)} connections tried, the {edges} of the table opened and no other; {outsiders}"


@contextmanager
def stand_in(target: Target) -> Iterator[None]:
    """A pod with the labels of the nightly job, while the block runs."""
    labels = {**labels_of(HOUSEKEEPING), "app.kubernetes.io/part-of": RELEASE}
    target.api.apply([outsider(HOUSEKEEPING, NAMESPACE, labels)])
    try:
        place = [f"pod/{HOUSEKEEPING}", "--namespace", NAMESPACE]
        target.api.kubectl("wait", "--for=condition=Ready", *place, "--timeout=60s", timeout_s=90)
        time.sleep(2)  # the enforcer looks twice a second
        yield
    finally:
        target.api.run(_delete(HOUSEKEEPING, NAMESPACE))


def matrix(target: Target, table: Mapping[str, Any], known: Mapping[str, tuple[str, int]]) -> tuple[list[str], int]:
    """What differs from the table, and how many edges were seen."""

    def ask(name: str) -> set[str]:
        if name == HOUSEKEEPING:  # a job that ends at once: a pod with its labels stands for it
            return asked_from(target, [HOUSEKEEPING, "--namespace", NAMESPACE], "/opt/tools/bin/python", known)
        if name == "pipeline":  # the scheduler runs its jobs
            place = ["--namespace", NAMESPACE, f"deployment/airflow{SUFFIX}", "--container", "scheduler"]
            return asked_from(target, place, "/opt/lake/bin/python", known)
        name = f"{name}{SUFFIX}" if name == WITNESS else name
        return asked_from(target, ["--namespace", NAMESPACE, f"deployment/{name}"], "/opt/altscore/bin/python", known)

    with ThreadPoolExecutor(3) as pool:
        seen = dict(zip(table, pool.map(ask, table), strict=True))
    wrong, edges = [], 0
    for name, entry in table.items():
        expected = allowed(entry, known)
        # Airflow's pod is also a store of the development target, which speaks to its like.
        surplus = seen[name] - expected - (set(store_names(known)) if name == "pipeline" else set())
        if surplus or expected - seen[name]:
            wrong.append(f"{name} reaches {words(sorted(surplus))} and lacks {words(sorted(expected - seen[name]))}")
        edges += len(expected & seen[name])
    return wrong, edges


def store_names(known: Mapping[str, Any]) -> list[str]:
    """Targets that are no listener of ours."""
    return [name for name in known if "." not in name]


def outsider(name: str, namespace: str, labels: Mapping[str, str]) -> Manifest:
    """A pod that sleeps and can be asked to connect."""
    container = {
        "name": "main",
        "image": image(OURS, "tools"),
        "imagePullPolicy": "Never",
        "command": ["/opt/tools/bin/python", "-c", "import time; time.sleep(3600)"],
        "resources": {"requests": {"cpu": "5m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10_099,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _outsiders(target: Target, known: Mapping[str, tuple[str, int]]) -> str:
    """Pods that nobody names: of another namespace, of ours, and one that stands in the dmz."""
    places = {
        "outside": (OUTSIDERS, {}),
        "inside": (NAMESPACE, {"app.kubernetes.io/name": "outsider"}),
        "pretender": (OUTSIDERS, {"app.kubernetes.io/name": "score-api", "app.kubernetes.io/instance": "altscore"}),
    }
    target.api.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OUTSIDERS}}])
    target.api.apply([outsider(name, where, labels) for name, (where, labels) in places.items()])
    try:
        for name, (where, _) in places.items():
            target.api.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--namespace", where, "--timeout=60s")
        time.sleep(2)  # the enforcer looks twice a second
        reached = {
            name: asked_from(target, [name, "--namespace", where], "/opt/tools/bin/python", known)
            for name, (where, _) in places.items()
        }
        if any(reached.values()):
            raise ClusterError(f"outsiders reach {reached}")
        _control(target, known)
    finally:
        for name, (where, _) in places.items():
            target.api.run(_delete(name, where))
    return f"{len(places)} outsiders reached nothing, and with the policies off one reached all {len(known)}"


def _delete(name: str, where: str) -> list[str]:
    return [str(program("kubectl").path), "delete", "pod", name, "--namespace", where, "--wait=false"]


def _control(target: Target, known: Mapping[str, tuple[str, int]]) -> None:
    """Without the policies a outsider reaches everything: what refused it above were they.

    Raises:
        ClusterError: something else refuses too.
    """
    target.stop_in_network("enforcer")
    try:
        until(
            lambda: target.api.run(["nft", "delete", "table", "ip", "altscore_policies"]).returncode == 0,
            "no table",
            timeout_s=10,
        )
        reached = asked_from(target, ["outside", "--namespace", OUTSIDERS], "/opt/tools/bin/python", known)
    finally:
        target.start_in_network("enforcer", "altscore_cluster.enforcer")
        until(
            lambda: target.api.run(["nft", "list", "table", "ip", "altscore_policies"]).returncode == 0,
            "policies",
            timeout_s=30,
        )
    if reached != set(known):
        raise ClusterError(f"with the policies off a outsider still lacks {words(sorted(set(known) - reached))}")
