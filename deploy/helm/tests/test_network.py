"""NetworkPolicies allow the calls of deploy/callers.yml and nothing else, on both sides of each call."""

from typing import Any

import pytest
import yaml
from altscore_helm.chart import (
    CHART,
    ENVIRONMENTS,
    NAMESPACE,
    callers,
    edges,
    environment_of,
    manifests,
    of_kind,
    pod_spec,
)
from altscore_local.layout import ROOT

pytestmark = pytest.mark.usefixtures("helm")
CALLERS = callers()
PORTS = {"api": 8443, "admin": 8444, "sftp": 8022, "internal": 9090}


def policies(environment: str) -> dict[str, dict[str, Any]]:
    found_policies = of_kind(manifests(environment), "NetworkPolicy")
    assert len(found_policies) > len(CALLERS) // 2
    return found_policies


def peers_of(rule: dict[str, Any], side: str) -> set[str]:
    """Names of our processes among a rule's peers."""
    return {
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for peer in rule[side]
        if "podSelector" in peer
        and "namespaceSelector" not in peer
        and "app.kubernetes.io/instance" in peer["podSelector"].get("matchLabels", {})
    }


def allowed(environment: str, direction: str, side: str) -> set[tuple[str, str, int]]:
    """(process of the policy, peer of ours, port)."""
    return {
        (name, peer, port["port"])
        for name, policy in policies(environment).items()
        for rule in policy["spec"].get(direction, [])
        for peer in peers_of(rule, side)
        for port in rule["ports"]
    }


def listed() -> set[tuple[str, str, int]]:
    """The calls of callers.yml as (caller, callee, port)."""
    return {(caller, call.split(".")[0], PORTS[call.split(".")[1]]) for caller, call in edges(CALLERS)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_caller_may_leave_towards_whom_the_list_names_and_nobody_else(environment: str) -> None:
    deployed = set(policies(environment))
    assert allowed(environment, "egress", "to") == {edge for edge in listed() if edge[0] in deployed}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_callee_lets_in_whom_the_list_names_and_nobody_else(environment: str) -> None:
    deployed = set(policies(environment))
    lets_in = {(peer, name, port) for name, peer, port in allowed(environment, "ingress", "from")}
    assert lets_in == {edge for edge in listed() if edge[1] in deployed}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_is_denied_that_no_other_policy_names(environment: str) -> None:
    spec = policies(environment)["deny-all"]["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_process_leaves_towards_its_stores_alone(environment: str) -> None:
    common, own = (
        yaml.safe_load((CHART / file).read_text(encoding="utf-8"))["networks"]
        for file in ("values.yaml", f"values-{environment}.yaml")
    )
    networks = common | own
    for name, entry in CALLERS.items():
        if name not in policies(environment):
            assert name in {"admin-api", "audit-witness"}
            continue
        rules = policies(environment)[name]["spec"]["egress"]
        outside = [rule for rule in rules if not peers_of(rule, "to")]
        expected = [networks[store] for store in entry["stores"] if networks[store]["peers"]]
        assert outside[0]["ports"] == [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
        assert [(rule["to"], [port["port"] for port in rule["ports"]]) for rule in outside[1:]] == [
            (network["peers"], network["ports"]) for network in expected
        ]


def test_only_listeners_with_users_outside_open_to_the_dmz() -> None:
    dmz = yaml.safe_load((CHART / "values-production-mumbai.yaml").read_text(encoding="utf-8"))["networks"]["dmz"][
        "peers"
    ]
    opened = {
        (name, port["port"])
        for name, policy in policies("production-mumbai").items()
        for rule in policy["spec"].get("ingress", [])
        if all(peer in rule["from"] for peer in dmz)
        for port in rule["ports"]
    }
    users = {
        (name, PORTS[listener])
        for name, entry in CALLERS.items()
        for listener, outside in entry["listeners"].items()
        if outside and name != "admin-api"
    }
    assert opened == users


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_addresses_point_to_services_of_the_chart_by_their_ports(environment: str) -> None:
    documents = manifests(environment)
    services = of_kind(documents, "Service")
    seen = 0
    for document in of_kind(documents, "Deployment").values():
        for variable, value in environment_of(document).items():
            if variable.endswith("_URL") and isinstance(value, str) and f".{NAMESPACE}.svc:" in value:
                host, _, port = value.removeprefix("https://").partition(":")
                assert int(port) in {entry["port"] for entry in services[host.split(".")[0]]["spec"]["ports"]}, value
                seen += 1
    assert seen == len([caller for caller, _ in edges(CALLERS) if caller in of_kind(documents, "Deployment")])


def test_certificates_carry_the_names_that_the_routers_know() -> None:
    certificates = of_kind(manifests("production-mumbai"), "Certificate")
    named = {name for name, entry in CALLERS.items() if "certificate" in entry}
    assert named - set(certificates) <= {"admin-api", "ingestion-sftp"}
    assert len(certificates) > 10
    for name, document in certificates.items():
        assert document["spec"]["uris"] == [f"spiffe://altscore/{CALLERS[name]['certificate']}"]
        is_server = bool(CALLERS[name]["listeners"])
        assert (f"{name}.{NAMESPACE}.svc" in document["spec"].get("dnsNames", [])) is is_server


def test_a_pod_gets_the_certificate_of_its_own_process_and_none_that_is_not_mounted() -> None:
    documents = manifests("production-mumbai")
    certificates = {item["spec"]["secretName"] for item in of_kind(documents, "Certificate").values()}
    mounted: set[str] = set()
    for name, document in of_kind(documents, "Deployment").items():
        spec = pod_spec(document)
        assert spec is not None
        used = {volume["secret"]["secretName"] for volume in spec["volumes"] if volume["name"] == "tls"}
        # The SFTP landing calls nobody of ours: the service's certificate would open the vault.
        assert used == (set() if name == "ingestion-sftp" else {f"{name}-tls"})
        assert used <= certificates
        mounted |= used
    assert {f"{name}-tls" for name in of_kind(documents, "Deployment")} & certificates == mounted


def test_the_grace_period_holds_the_drain_of_the_code() -> None:
    from altscore_libs import service  # noqa: PLC0415

    workers_and_pools_s = 10
    for document in of_kind(manifests("production-mumbai"), "Deployment").values():
        spec = pod_spec(document)
        assert spec is not None
        pause = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert spec["terminationGracePeriodSeconds"] >= pause + service.GRACE_S + workers_and_pools_s
        assert not document["spec"].get("replicas", 1) > 1


def test_the_programs_of_the_topics_job_are_in_its_config_map() -> None:
    data = of_kind(manifests("local"), "ConfigMap")["altscore-topics"]["data"]
    assert data["apply_topics.py"].strip() == (CHART / "jobs/apply_topics.py").read_text(encoding="utf-8").strip()
    source = (ROOT / "deploy/local/altscore_local/kafka_access.py").read_text(encoding="utf-8")
    assert data["kafka_access.py"].strip() == source.strip()
