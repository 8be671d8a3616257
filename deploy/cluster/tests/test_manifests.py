"""Stores are hardened and listen where the chart looks for them; the chart gets the Secrets that it names."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from altscore_cluster import fleet, secrets
from altscore_cluster.api import ClusterError, labels_of, system_service
from altscore_cluster.ground import CLAIMS, is_hook
from altscore_cluster.network_proof import allowed, outsider, ports_of_the_chart, targets
from altscore_cluster.plan import DOMAIN, NAMESPACE
from altscore_cluster.state import HOST_PATTERN
from altscore_cluster.stores import ALIASES, APART, STATE, SUFFIX, aliases, policy, policy_of, volume
from altscore_helm.chart import callers, manifests, values_file
from altscore_helm.tools import cached
from altscore_local import sign_in
from altscore_local.layout import PORTS, ROOT, Layout
from altscore_local.pki import ensure_pki
from altscore_local.services import Stores
from cryptography import x509

VALUES: dict[str, Any] = yaml.safe_load(values_file("local").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def pods() -> list[dict[str, Any]]:
    return [store.deployment()["spec"]["template"]["spec"] for store in fleet.STORES]


def containers() -> list[dict[str, Any]]:
    return [each for spec in pods() for each in (*spec["initContainers"], *spec["containers"])]


def test_every_store_keeps_to_the_restricted_profile() -> None:
    assert len(pods()) == 14
    for spec in [*pods(), outsider("s", "n", {})["spec"]]:
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
    for each in [*containers(), *outsider("s", "n", {})["spec"]["containers"]]:
        context = each["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert each["resources"]["limits"]["memory"]


def test_no_store_reads_a_path_of_the_node() -> None:
    assert all("hostPath" not in each for spec in pods() for each in spec["volumes"])


def test_what_a_container_may_write_is_a_part_of_the_state_folder_or_a_volume_of_its_own() -> None:
    for each in containers():
        mounts = {mount["mountPath"]: mount for mount in each["volumeMounts"]}
        assert mounts[STATE]["readOnly"] is True
        for path, mount in mounts.items():
            if path.startswith(f"{STATE}/"):
                assert path == f"{STATE}/{mount['subPath']}"
    mounted = [mount["name"] for each in containers() for mount in each["volumeMounts"]]
    assert mounted.count(fleet.WITNESS_CLAIM) == 1, "nobody else sees the witness's key"
    assert fleet.WITNESS_CLAIM in CLAIMS


def test_the_stores_are_those_of_compose_with_its_commands_and_users() -> None:
    for store in fleet.STORES:
        for each in store.deployment()["spec"]["template"]["spec"]["containers"]:
            name = f"airflow-{each['name']}" if store.name == "airflow" else each["name"]
            described = COMPOSE["services"][name]
            user = described.get("user", COMPOSE["x-simulator"]["user"])
            context = store.deployment()["spec"]["template"]["spec"]["securityContext"]
            assert user == f"{context['runAsUser']}:{context['runAsGroup']}"
            command = [in_cluster(argument) for argument in described.get("command", [])]
            passed = each.get("args", [])
            assert command == passed, name


def in_cluster(argument: str) -> str:
    """An argument of compose's, with the folders, ports and names of the cluster."""
    argument = argument.replace("/srv/altscore/demo", f"{STATE}/demo")
    argument = re.sub(r"\$\{PORT_\w+:-(\d+)\}", r"\1", argument)
    return re.sub(r"([\w-]+)\.altscore\.internal", lambda host: HOST_PATTERN.format(name=host[1]), argument)


def test_the_chart_looks_for_the_stores_where_they_listen() -> None:
    listening = {store.name: {PORTS[name] for name in store.ports} for store in fleet.STORES}
    named = 0
    for store, network in VALUES["networks"].items():
        for peer in network["peers"]:
            labels = peer["podSelector"]["matchLabels"]
            if "altscore.in/store" in labels:
                named += 1
                assert set(network["ports"]) <= listening[labels["altscore.in/store"]], store
    assert named == 9


def test_addresses_in_the_values_are_services_of_the_stores() -> None:
    layout = Layout(host_pattern=HOST_PATTERN)
    assert VALUES["stores"]["kafka"]["bootstrap"] == layout.address("kafka")
    assert f"//{layout.address('registry')}/" in VALUES["stores"]["registry"]["url"]
    assert VALUES["stores"]["s3"]["endpoint"] == f"https://{layout.address('s3')}"
    assert VALUES["outside"]["whatsapp"]["url"] == f"https://{layout.address('whatsapp-sim')}"
    assert VALUES["outside"]["sms"]["url"] == f"https://{layout.address('sms-sim')}"
    smtp = VALUES["outside"]["smtp"]
    assert f"{smtp['host']}:{smtp['port']}" == layout.address("smtp-sim")
    services = {store.service()["metadata"]["name"] for store in fleet.STORES}
    assert {layout.host(store.name) for store in fleet.STORES} == {
        f"{name}.{NAMESPACE}.svc.{DOMAIN}" for name in services
    }


def test_aliases_lead_to_listeners_of_the_chart() -> None:
    table = callers()
    for service, (process, listeners) in zip(aliases(), ALIASES.values(), strict=True):
        assert service["spec"]["selector"] == labels_of(process)
        assert set(listeners.values()) <= set(table[process]["listeners"])
        assert service["metadata"]["name"].endswith(SUFFIX)
        assert all(len(port["name"]) <= 15 for port in service["spec"]["ports"])


def test_stores_speak_with_this_namespace_and_dns_alone() -> None:
    spec = policy()["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    peers = [peer for rule in spec["ingress"] for peer in rule["from"]]
    assert all("namespaceSelector" not in peer and "ipBlock" not in peer for peer in peers)


def test_no_store_goes_to_who_stands_apart() -> None:
    apart = {
        store.name
        for store in fleet.STORES
        if store.deployment()["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/part-of"] == APART
    }
    assert apart == {"saml-sim", "audit-witness"}
    spec = policy()["spec"]
    assert spec["podSelector"]["matchLabels"]["app.kubernetes.io/part-of"] != APART
    reached = [peer for rule in spec["egress"] for peer in rule["to"]]
    assert APART not in json.dumps(reached)


def test_the_witness_may_open_what_the_table_of_callers_names_and_nobody_may_open_it() -> None:
    networks = VALUES["networks"]
    spec = policy_of("audit-witness", callers()["audit-witness"], networks)["spec"]
    assert spec["podSelector"] == {"matchLabels": {"altscore.in/store": "audit-witness"}}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == []
    *opened, names = spec["egress"]
    assert [rule["to"] for rule in opened] == [networks["postgres"]["peers"], networks["s3"]["peers"]]
    assert [port["port"] for rule in opened for port in rule["ports"]] == [PORTS["postgres"], PORTS["s3"]]
    assert {port["port"] for port in names["ports"]} == {53}


def test_admin_knows_the_identity_provider_that_runs_and_the_keys_that_the_demo_has(tmp_path: Path) -> None:
    layout = Layout(tmp_path, host_pattern=HOST_PATTERN)
    ensure_pki(layout)
    told = sign_in.environment(layout)
    operators = VALUES["operators"]
    assert operators["publicOrigin"] == told["PUBLIC_ORIGIN"]
    assert operators["saml"]["idpEntityId"] == told["SAML_IDP_ENTITY_ID"]
    assert operators["saml"]["idpSsoUrl"] == told["SAML_IDP_SSO_URL"] == f"https://{layout.address('saml-sim')}/sso"
    assert operators["saml"]["roles"] == json.loads(told["SAML_ROLES"])
    assert operators["keyAaguids"] == json.loads(told["KEY_AAGUIDS"])
    arguments = sign_in.simulator_arguments(layout)
    certificate = (Path(arguments[arguments.index("--tls-cert") + 1])).read_bytes()
    names = x509.load_pem_x509_certificate(certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert layout.host("saml-sim") in names.value.get_values_for_type(x509.DNSName)


def test_the_portal_says_the_origin_to_which_its_identity_provider_sends_browsers_back() -> None:
    layout = Layout(host_pattern=HOST_PATTERN)
    assert VALUES["portal"]["publicOrigin"] == sign_in.portal_origin(layout)["PUBLIC_ORIGIN"]


def test_a_claim_is_bound_to_its_own_folder() -> None:
    persistent, claim = volume("state", Path("/folder"))
    assert claim["spec"]["volumeName"] == persistent["metadata"]["name"]
    assert persistent["spec"]["claimRef"] == claim["metadata"]


def test_a_service_of_the_node_has_its_address() -> None:
    service, endpoints = system_service("kube-dns", address="10.96.0.10", port=53, target=53, protocol="UDP")
    assert service["spec"]["clusterIP"] == "10.96.0.10"
    assert endpoints["metadata"]["labels"] == {"kubernetes.io/service-name": "kube-dns"}


def test_every_edge_of_the_table_is_asked() -> None:
    table = callers()
    known = targets(table, ports_of_the_chart())
    asked = sum(len(allowed(entry, known)) for entry in table.values())
    elsewhere = {"keys", "siem"}  # a volume, and nothing that a development cluster has
    edges = sum(len(entry["calls"]) + len(set(entry["stores"]) - elsewhere) for entry in table.values())
    assert asked == edges > 50


def test_airflows_database_is_named_as_a_pod_reaches_it(tmp_path: Path) -> None:
    stores = Stores.of(Layout(tmp_path, host_pattern=HOST_PATTERN))
    (tmp_path / "var").mkdir()

    value = secrets.value_of(stores, secrets.AIRFLOW_USER, "METADATA_DATABASE_URL")

    assert value.startswith("postgresql+psycopg2://airflow:")
    assert f"@{stores.layout.address('postgres')}/airflow" in value
    assert value.endswith(f"sslmode=verify-full&sslrootcert={secrets.TRUST_FILE}")


def test_a_job_of_a_schedule_is_no_hook() -> None:
    assert is_hook({"metadata": {"name": "topics"}})
    assert not is_hook({"metadata": {"ownerReferences": [{"kind": "CronJob"}]}})


@pytest.mark.skipif(cached("helm") is None, reason="helm is not in the cache; run `make check-charts`")
def test_every_secret_that_the_chart_names_has_an_owner_and_keys() -> None:
    documents = manifests("local")
    named = secrets.named_keys(documents)
    assert named["altscore-topics"] == (secrets.TOPICS_USER, {"KAFKA_PASSWORD"})
    assert named["altscore-score"][1] >= {"DATABASE_URL", "OWNER_DATABASE_URL", "CONTEXT_KEY", "REDIS_URL"}
    mounted = secrets.named_volumes(documents)
    assert mounted["score-api-tls"] == ("score", "score-api")
    assert mounted["altscore-ingestion-connector-ca"][0] == "ingestion"
    assert named["altscore-airflow"] == (secrets.AIRFLOW_USER, {"METADATA_DATABASE_URL"})
    assert len(named) == 13
    assert mounted["altscore-admin-saml"] == ("admin", "admin-api")
    assert len(mounted) == 19 + 5
    assert "ingestion-sftp-tls" not in mounted, "it has no certificate that somebody could take for ingestion's"


@pytest.mark.skipif(cached("helm") is None, reason="helm is not in the cache; run `make check-charts`")
def test_every_secret_that_the_chart_names_is_made(tmp_path: Path) -> None:
    stores = Stores.of(Layout(tmp_path, host_pattern=HOST_PATTERN))
    (tmp_path / "var").mkdir()
    ensure_pki(stores.layout)

    documents = secrets.all_of(manifests("local"), stores)

    data = {each["metadata"]["name"]: each["data"] for each in documents if each["kind"] == "Secret"}
    assert set(data["altscore-ingestion-sftp-host-key"]) == {"host_key"}
    assert set(data["altscore-admin-saml"]) == {"idp.pem", "sp.key", "sp.pem"}
    assert set(data["altscore-consent"]) >= {"APP_SECRET", "OUTBOX_KEY", "RELAY_DATABASE_URL", "EVENTS_PIN"}
    assert set(data["altscore-score"]) >= {"ACCESS_DATABASE_URL", "MAC_KEY"}
    assert all(value for content in data.values() for value in content.values())


def test_airflows_scheduler_alone_opens_the_pipelines_token() -> None:
    folder = f"{STATE}/secrets/softhsm/pipeline"
    opening = [
        each["name"] for each in containers() if folder in {mount["mountPath"] for mount in each["volumeMounts"]}
    ]
    assert opening == ["scheduler"]


def test_a_secret_that_nobody_makes_is_an_error(tmp_path: Path) -> None:
    stores = Stores.of(Layout(root=tmp_path))
    with pytest.raises(ClusterError, match="altscore-score-unknown"):
        secrets.files_of(stores, tmp_path, "altscore-score-unknown", owner="score", process="score-api")
