"""Every policy refuses a manifest that breaks it, and nothing of the chart as it is."""

import copy
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from altscore_helm.chart import Manifest, manifests, pod_spec, run_tool
from altscore_helm.check import POLICY, enforce

pytestmark = pytest.mark.usefixtures("tools")
Change = Callable[[Manifest], None]
GOOD = "production-mumbai"


def spec_of(document: Manifest) -> dict[str, Any]:
    spec: dict[str, Any] = document["spec"]
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec if document["kind"] == "Pod" else dict[str, Any](spec["template"])["spec"]


def template_of_job(document: Manifest) -> dict[str, Any]:
    template: dict[str, Any] = document["spec"]["jobTemplate"]["spec"]["template"]
    return template


def container(document: Manifest) -> dict[str, Any]:
    first: dict[str, Any] = spec_of(document)["containers"][0]
    return first


def setting(*path: str, value: Any) -> Change:
    """Sets a field of the first container."""

    def change(document: Manifest) -> None:
        target = container(document)
        for name in path[:-1]:
            target = target[name]
        target[path[-1]] = value

    return change


def pod_setting(name: str, value: Any) -> Change:
    return lambda document: spec_of(document).__setitem__(name, value)


def without(*path: str) -> Change:
    """Removes a field of the first container."""

    def change(document: Manifest) -> None:
        target = container(document)
        for name in path[:-1]:
            target = target[name]
        del target[path[-1]]

    return change


def variable(name: str, value: str) -> Change:
    return lambda document: container(document)["env"].append({"name": name, "value": value})


def annotation(name: str, value: str) -> Change:
    return lambda document: document["metadata"]["annotations"].__setitem__(name, value)


def region(*values: str, operator: str = "In") -> Change:
    terms = [
        {"matchExpressions": [{"key": "topology.kubernetes.io/region", "operator": operator, "values": list(values)}]}
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return pod_setting("affinity", {"nodeAffinity": required})


ALB = "alb.ingress.kubernetes.io"
SECURITY = "securityContext"
# (kind of the good manifest, its change, what is said about it)
BAD: Sequence[tuple[str, Change, str]] = (
    ("Deployment", setting("image", value="altscore/score"), "has no version"),
    ("Deployment", setting("image", value="altscore/score:latest"), "whatever is latest"),
    ("Job", setting("image", value="registry.example:5000/altscore/score"), "has no version"),
    ("Deployment", without("resources", "limits", "memory"), "no limits of memory"),
    ("Job", without("resources", "requests", "cpu"), "no requests of cpu"),
    ("Pod", without("resources", "limits", "ephemeral-storage"), "no limits of ephemeral-storage"),
    ("Deployment", setting(SECURITY, "readOnlyRootFilesystem", value=False), "root file system can be written"),
    ("Job", without(SECURITY, "readOnlyRootFilesystem"), "root file system can be written"),
    ("Deployment", without(SECURITY, "allowPrivilegeEscalation"), "may gain privileges"),
    ("Deployment", setting(SECURITY, "capabilities", value={"drop": ["NET_RAW"]}), "keeps capabilities"),
    (
        "Deployment",
        setting(SECURITY, "capabilities", value={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        "adds capabilities",
    ),
    ("Deployment", pod_setting(SECURITY, {"runAsNonRoot": True, "runAsUser": 0}), "may run as root"),
    ("Pod", pod_setting(SECURITY, {"runAsNonRoot": True, "runAsUser": 10_000}), "no seccomp profile"),
    ("Deployment", pod_setting("hostNetwork", value=True), "shares the node's hostNetwork"),
    ("Deployment", pod_setting("volumes", [{"name": "host", "hostPath": {"path": "/"}}]), "mounts a path of the node"),
    ("Deployment", pod_setting("automountServiceAccountToken", value=True), "holds a token"),
    ("ServiceAccount", lambda document: document.pop("automountServiceAccountToken"), "hands out tokens"),
    ("Deployment", pod_setting("serviceAccountName", "default"), "has no account of its own"),
    ("Deployment", variable("SCORE_REDIS_URL", "rediss://cache:6379"), "SCORE_REDIS_URL is written out"),
    ("Deployment", variable("SCORE_KAFKA_PASSWORD", "x"), "SCORE_KAFKA_PASSWORD is written out"),
    ("Deployment", variable("SCORE_OTHER", "postgresql://score:x@db/score"), "SCORE_OTHER holds credentials"),
    ("Job", setting("envFrom", value=[{"secretRef": {"name": "altscore-score"}}]), "takes a whole Secret"),
    ("ServiceAccount", lambda document: document.update(kind="Secret"), "secrets do not come from the chart"),
    ("ConfigMap", lambda document: document.update(data={"a": "PRIVATE KEY"}), "holds a private key"),
    (
        "Deployment",
        lambda document: document["spec"]["template"]["metadata"].update(labels={"a": "b"}),
        "no PodDisruption",
    ),
    (
        "Deployment",
        lambda document: document["spec"]["template"]["metadata"].update(labels={"a": "b"}),
        "no NetworkPolicy",
    ),
    ("Deployment", lambda document: None, "neither scales nor says that it runs once"),
    ("HorizontalPodAutoscaler", lambda document: document.update(copied("Deployment", replicas=3)), "fixes a number"),
    ("Deployment", setting("livenessProbe", "httpGet", "path", value="/readyz"), "liveness and readiness ask the same"),
    ("Deployment", without("startupProbe"), "no startupProbe"),
    ("Deployment", without("lifecycle"), "serves and does not drain"),
    ("Deployment", pod_setting("topologySpreadConstraints", []), "may all stand on one node"),
    ("CronJob", variable("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "x"), "SQL_ALCHEMY_CONN is written out"),
    ("CronJob", without(SECURITY, "readOnlyRootFilesystem"), "root file system can be written"),
    ("CronJob", lambda document: template_of_job(document)["metadata"].update(labels={"a": "b"}), "no NetworkPolicy"),
    ("CronJob", lambda document: document["spec"].update(concurrencyPolicy="Allow"), "may hang for ever"),
    ("CronJob", lambda document: document["spec"]["jobTemplate"]["spec"].pop("activeDeadlineSeconds"), "may hang"),
    ("Deployment", pod_setting("affinity", {}), "may be placed outside India"),
    ("Job", region("ap-south-1", "eu-west-1"), "may be placed outside India"),
    ("Pod", region("ap-south-1", operator="NotIn"), "may be placed outside India"),
    ("Deployment", variable("SCORE_S3_REGION", "eu-west-1"), "is outside India"),
    (
        "ConfigMap",
        lambda document: document.update(data={"a": "https://s3.us-east-1.amazonaws.com"}),
        "names the region us-east-1",
    ),
    ("NetworkPolicy", lambda document: document["spec"].update(ingress=[{}]), "an ingress rule without peers or ports"),
    (
        "NetworkPolicy",
        lambda document: document["spec"].update(egress=[{"to": []}]),
        "an egress rule without peers or ports",
    ),
    ("Service", lambda document: document["spec"].update(type="NodePort"), "is open to the nodes' network"),
    ("Service", lambda document: document["spec"].update(type="LoadBalancer"), "leaves the cluster without"),
    ("Ingress", annotation(f"{ALB}/ssl-policy", "ELBSecurityPolicy-TLS13-1-2-2021-06"), "ssl-policy is not"),
    ("Ingress", annotation(f"{ALB}/listener-attributes.HTTPS-443", ""), "listener-attributes.HTTPS-443 is not"),
    ("Ingress", annotation(f"{ALB}/wafv2-acl-arn", ""), "wafv2-acl-arn is not"),
    ("Ingress", annotation(f"{ALB}/backend-protocol", "HTTP"), "backend-protocol is not"),
    ("Ingress", annotation(f"{ALB}/listen-ports", '[{"HTTP":80}]'), "listen-ports is not"),
    (
        "Ingress",
        lambda document: document["spec"].update(ingressClassName="nginx"),
        "no rule speaks of the class nginx",
    ),
    ("Ingress", lambda document: document["spec"].update(tls=[]), "has no TLS"),
)


def copied(kind: str, *, name: str = "score-api", replicas: int | None = None) -> Manifest:
    """A copy of a good manifest."""
    good = [document for document in manifests(GOOD) if document["kind"] == kind]
    named = [document for document in good if document["metadata"]["name"] == name] or good
    result = copy.deepcopy(named[0])
    if replicas is not None:
        result["spec"]["replicas"] = replicas
    return result


def messages(documents: Sequence[Manifest], folder: Path) -> list[str]:
    """What the policies say about documents together."""
    file = folder / "manifests.json"
    file.write_text(json.dumps(list(documents)), encoding="utf-8")
    done = run_tool("conftest", "test", "--combine", "--output", "json", "--policy", str(POLICY), str(file))
    return [failure["msg"] for result in json.loads(done.stdout) for failure in result.get("failures") or []]


@cache
def refused(folder: Path) -> list[str]:
    """What is said about the good manifests with every bad one beside them, named bad-<its number>."""
    documents = list(manifests(GOOD))
    for number, (kind, change, _) in enumerate(BAD):
        document = copied(kind)
        change(document)
        if kind != "HorizontalPodAutoscaler":
            document["metadata"]["name"] = f"bad-{number}"
        documents.append(document)
    return messages(documents, folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policies")


@pytest.mark.parametrize("number", range(len(BAD)), ids=[f"{kind}-{text}" for kind, _, text in BAD])
def test_a_manifest_that_breaks_a_policy_is_refused(number: int, folder: Path) -> None:
    kind, _, text = BAD[number]
    name = "score-api" if kind == "HorizontalPodAutoscaler" else f"bad-{number}"
    said_about = [message for message in refused(folder) if re.search(rf"/{name}\b(?!\d)", message)]
    assert any(text in message for message in said_about), said_about


def test_the_chart_breaks_no_policy(folder: Path) -> None:
    assert messages(manifests(GOOD), folder) == []


def test_an_environment_without_deny_all_is_refused(folder: Path) -> None:
    documents = [document for document in manifests(GOOD) if document["metadata"]["name"] != "deny-all"]
    assert messages(documents, folder) == ["no policy denies what is not allowed"]


def test_deny_all_that_lets_something_through_is_refused(folder: Path) -> None:
    documents = copy.deepcopy(manifests(GOOD))
    [policy] = [document for document in documents if document["metadata"]["name"] == "deny-all"]
    policy["spec"]["policyTypes"] = ["Ingress"]
    assert messages(documents, folder) == ["no policy denies what is not allowed"]


def test_nothing_at_all_is_refused(folder: Path) -> None:
    assert "no manifest was read" in messages([], folder)


def test_every_rule_is_broken_by_one_of_these_tests(folder: Path) -> None:
    elsewhere = {"no policy denies what is not allowed", "no manifest was read"}
    rules = [
        text
        for path in sorted(POLICY.glob("*.rego"))
        for text in re.findall(r'^deny contains (?:sprintf\()?"([^"]+)"', path.read_text(encoding="utf-8"), re.M)
    ]
    assert len(rules) > 30
    patterns = {rule: re.compile(re.escape(rule).replace("%s", ".+") + "$") for rule in rules if rule not in elsewhere}
    quiet = [rule for rule, pattern in patterns.items() if not any(map(pattern.match, refused(folder)))]
    assert quiet == []


def test_the_check_says_how_many_rules_it_asked(folder: Path) -> None:
    file = folder / "good.json"
    file.write_text(json.dumps(manifests(GOOD)), encoding="utf-8")
    assert re.fullmatch(r"\d+ rules hold", enforce(file))


def test_every_kind_of_pod_is_among_the_manifests() -> None:
    kinds = {document["kind"] for document in manifests(GOOD) if pod_spec(document) is not None}
    assert kinds == {"CronJob", "Deployment", "Job", "Pod"}
