"""Policies become rules that mean the same: whom a policy names passes, and nobody else."""

from typing import Any

import pytest
from altscore_cluster.enforcer import DNS, Pod, Rules, pods_of, port_matches, selects, table_of

API = Pod("shop", "10.0.0.1", {"app": "api"}, ports={"http": 8080})
CALLER = Pod("shop", "10.0.0.2", {"app": "caller"})
OTHER = Pod("elsewhere", "10.0.0.3", {"app": "caller"})
NAMESPACES = {"shop": {"name": "shop"}, "elsewhere": {"name": "elsewhere"}, "kube-system": {"name": "kube-system"}}


def policy(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "shop"}, "spec": {"podSelector": {}, **spec}}


def chains(*policies: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    return Rules([API, CALLER, OTHER], NAMESPACES).chains(policies)


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ({}, True),
        ({"matchLabels": {"app": "api"}}, True),
        ({"matchLabels": {"app": "api", "tier": "front"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
    ],
)
def test_selectors_mean_what_kubernetes_says(selector: dict[str, Any], matches: bool) -> None:
    assert selects(selector, {"app": "api"}) is matches


def test_an_unknown_operator_is_no_match_but_an_error() -> None:
    with pytest.raises(ValueError, match="Near"):
        selects({"matchExpressions": [{"key": "app", "operator": "Near"}]}, {})


def test_deny_all_gives_every_pod_of_its_namespace_two_empty_chains_and_nobody_elses() -> None:
    assert chains(policy(policyTypes=["Ingress", "Egress"])) == {
        ("ingress", "10.0.0.1"): [],
        ("ingress", "10.0.0.2"): [],
        ("egress", "10.0.0.1"): [],
        ("egress", "10.0.0.2"): [],
    }


def test_a_caller_of_the_same_namespace_passes_at_its_port_alone() -> None:
    rule = {"from": [{"podSelector": {"matchLabels": {"app": "caller"}}}], "ports": [{"port": 8443}]}
    rules = chains(policy(podSelector={"matchLabels": {"app": "api"}}, policyTypes=["Ingress"], ingress=[rule]))
    assert rules == {("ingress", "10.0.0.1"): ["ip saddr { 10.0.0.2 } tcp dport 8443 return"]}


def test_a_namespace_selector_reaches_other_namespaces() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"name": "elsewhere"}}, "podSelector": {}}
    rules = chains(
        policy(podSelector={"matchLabels": {"app": "api"}}, policyTypes=["Ingress"], ingress=[{"from": [peer]}])
    )
    assert rules[("ingress", "10.0.0.1")] == ["ip saddr { 10.0.0.3 } return"]


def test_a_rule_whose_peers_do_not_exist_lets_nobody_through() -> None:
    rule = {"from": [{"podSelector": {"matchLabels": {"app": "nobody"}}}]}
    assert chains(policy(podSelector={"matchLabels": {"app": "api"}}, ingress=[rule])) == {("ingress", "10.0.0.1"): []}


def test_names_are_asked_of_the_process_on_the_node() -> None:
    peer = {
        "namespaceSelector": {"matchLabels": {"name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    rule = {"to": [peer], "ports": [{"protocol": "UDP", "port": 53}]}
    rules = chains(policy(podSelector={"matchLabels": {"app": "caller"}}, policyTypes=["Egress"], egress=[rule]))
    assert rules == {("egress", "10.0.0.2"): [f"ip daddr {{ {DNS.address} }} udp dport 53 return"]}


def test_a_block_of_addresses_leaves_out_what_it_excepts() -> None:
    rule = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.168.0.0/16"]}}]}
    rules = chains(policy(podSelector={"matchLabels": {"app": "caller"}}, policyTypes=["Egress"], egress=[rule]))
    expected = "ip daddr { 0.0.0.0/0 } ip daddr != { 10.0.0.0/8, 192.168.0.0/16 } return"
    assert rules[("egress", "10.0.0.2")] == [expected]


def test_ports_by_name_number_and_range() -> None:
    assert port_matches(None, []) == [""]
    assert port_matches([{"port": "http"}], [API, CALLER]) == [" tcp dport 8080"]
    assert port_matches([{"port": 8000, "endPort": 8010}], []) == [" tcp dport 8000-8010"]
    assert port_matches([{"protocol": "UDP"}], []) == [" meta l4proto udp"]


def test_the_table_drops_what_no_rule_lets_through_and_passes_answers() -> None:
    text = table_of({("ingress", "10.0.0.1"): ["ip saddr { 10.0.0.2 } return"], ("egress", "10.0.0.2"): []})
    lines = [line.strip() for line in text.splitlines()]
    assert lines.index("ct state established,related accept") < lines.index(
        "ip saddr vmap { 10.0.0.2 : jump egress_10_0_0_2 }"
    )
    assert "ip daddr vmap { 10.0.0.1 : jump ingress_10_0_0_1 }" in lines
    assert lines.count("counter drop") == 2
    assert {"chain forward { type filter hook forward priority 10; jump policies; }"} <= set(lines)


def test_pods_without_an_address_or_with_the_nodes_are_none() -> None:
    def item(**status: str) -> dict[str, Any]:
        spec = {"containers": [{"ports": [{"name": "api", "containerPort": 8443}, {"containerPort": 1}]}]}
        return {"metadata": {"namespace": "shop"}, "spec": spec, "status": status}

    on_node = item(podIP="10.0.0.9", phase="Running")
    on_node["spec"]["hostNetwork"] = True
    pods = pods_of(
        [
            item(phase="Pending"),
            item(podIP="10.0.0.4", phase="Succeeded"),
            on_node,
            item(podIP="10.0.0.5", phase="Running"),
        ]
    )
    assert pods == [Pod("shop", "10.0.0.5", {}, ports={"api": 8443})]
