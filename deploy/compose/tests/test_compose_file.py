"""docker-compose.yml says the same as the table of processes, and no container has more than it needs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from altscore_compose.owners import GID, UIDS
from altscore_helm.chart import callers
from altscore_local import audit_witness, sign_in
from altscore_local.environments import ENVIRONMENTS_VARIABLE
from altscore_local.layout import PORTS, PUBLISHED_VARIABLE, ROOT, open_layout
from altscore_local.npm_packages import IDENTITY_PROVIDERS, packages_of
from altscore_local.services import MIGRATIONS, TABLE, Stores
from altscore_local.settings_fields import fields_of

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ZONES = {"dmz", "application", "data", "ml", "witness"}
MAKES_FILES = {"provision", "databases", "access"}
ENV_FOLDER = "/srv/altscore/var/run/env"
KEYS = "keys:/srv/altscore/var/secrets/softhsm"


def networks_of(service: dict[str, Any]) -> dict[str, Any]:
    """Networks of a container, with what is said about each."""
    named = service.get("networks", {})
    return {name: {} for name in named} if isinstance(named, list) else named


def aliases() -> dict[str, set[str]]:
    """Names under which containers are reached, and the networks that know them."""
    known: dict[str, set[str]] = {}
    for service in SERVICES.values():
        for network, options in networks_of(service).items():
            for alias in (options or {}).get("aliases", []):
                known.setdefault(alias, set()).add(network)
    return known


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_process_of_the_table_is_a_container_with_its_command_user_and_environment(row: Any) -> None:
    service = SERVICES[row.name]
    assert service["command"] == [row.command]
    assert service["image"].split("/")[1].split(":")[0] == row.python_module.removeprefix("altscore_")
    assert service["user"] == f"{UIDS[row.owner]}:{GID}"
    assert service["environment"] == {"ALTSCORE_ENV_FILE": f"{ENV_FOLDER}/{row.name}.env"}
    assert f"{row.owner}-migrate" in service["depends_on"]
    if row.api is not None:
        assert f"{row.api}.altscore.internal" in aliases()
    # Prometheus shares a second network with some, over which it may not ask them: it uses a name of the data zone.
    assert f"{row.name}.altscore.internal" in service["networks"]["data"]["aliases"]
    assert "loopback" not in aliases()[f"{row.name}.altscore.internal"]


def test_who_signs_reaches_the_tokens_and_nobody_else_does() -> None:
    signing = {
        row.name for row in TABLE if "pkcs11_module" in fields_of(row.settings_module, row.settings_classes).names
    }
    assert {"score-worker", "ingestion-worker"} <= signing, "relays sign events"
    mounted = {name for name, service in SERVICES.items() if KEYS in service.get("volumes", [])}
    assert mounted == signing | {"provision", "airflow-scheduler"}


def test_every_schema_is_migrated_by_the_image_of_its_service() -> None:
    assert len(MIGRATIONS) > 5
    for owner, (module, command) in MIGRATIONS.items():
        service = SERVICES[f"{owner}-migrate"]
        assert service["command"] == [command]
        assert service["image"].split("/")[1].split(":")[0] == module.removeprefix("altscore_")
        assert service["user"] == f"{UIDS[owner]}:{GID}"


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert "privileged" not in service
    if name in MAKES_FILES:
        assert set(service.get("cap_add", [])) <= {"CHOWN", "DAC_OVERRIDE", "FOWNER"}
    else:
        assert "cap_add" not in service
        assert not service["user"].startswith("0:")
        state = [str(volume) for volume in service.get("volumes", []) if str(volume).startswith("state:")]
        assert all(volume.endswith(":ro") for volume in state)


def test_the_housekeeper_sees_what_airflow_and_its_jobs_write_and_is_asked_on_its_port() -> None:
    keeper, scheduler = SERVICES["housekeeper"], SERVICES["airflow-scheduler"]
    assert keeper["image"] == scheduler["image"]
    assert keeper["user"] == scheduler["user"] == f"{UIDS['pipeline']}:{GID}"
    written = [volume for volume in scheduler["volumes"] if volume != KEYS]
    assert keeper["volumes"] == written, "what these write is what it removes"
    assert set(networks_of(keeper)) == {"data"}
    assert "ALTSCORE_ENV_FILE" not in keeper["environment"]
    port = str(PORTS["housekeeper"])
    assert keeper["command"][-4:] == ["--part", "airflow", "--port", port]
    assert f":{port}/readyz" in keeper["healthcheck"]["test"][-1]


def test_the_witness_has_a_zone_and_a_volume_of_its_own_and_the_command_of_the_local_stack(tmp_path: Path) -> None:
    witness = SERVICES[audit_witness.NAME]
    inside = open_layout(tmp_path, SERVICES["provision"]["environment"] | {PUBLISHED_VARIABLE: "0"})
    (tmp_path / "var").mkdir()
    command = audit_witness.arguments(Stores.of(inside), Path("/srv/altscore/witness"))
    assert witness["command"] == [part.replace(str(inside.var), "/srv/altscore/var") for part in command]
    assert witness["environment"] == {"ALTSCORE_ENV_FILE": f"{ENV_FOLDER}/{audit_witness.NAME}.env"}
    assert "profiles" not in witness

    in_its_zone = {name for name, service in SERVICES.items() if "witness" in networks_of(service)}
    assert in_its_zone == {audit_witness.NAME, "postgres", "s3", "prometheus"}
    assert set(networks_of(witness)) == {"witness", "loopback"}
    assert aliases()["audit-witness.altscore.internal"] == {"witness"}
    holders = [name for name, service in SERVICES.items() if "witness:" in str(service.get("volumes", []))]
    assert holders == [audit_witness.NAME], "who makes the files does not see its key"


def test_the_witness_runs_as_nobody_else_and_from_an_image_without_the_service_that_it_watches() -> None:
    witness = SERVICES[audit_witness.NAME]
    number = UIDS[audit_witness.NAME]
    assert witness["user"] == f"{number}:{GID}"
    others = [service.get("user", "") for name, service in SERVICES.items() if name != audit_witness.NAME]
    assert witness["user"] not in others
    assert "/witness:" in witness["image"]
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert f"mkdir --mode=700 /srv/altscore/witness && chown {number}:{GID} /srv/altscore/witness" in dockerfile
    [stage] = re.findall(r"^FROM scratch AS witness\n((?:.+\n)+)", dockerfile, re.MULTILINE)
    copied = re.findall(r"^COPY --from=(\w+)", stage, re.MULTILINE)
    assert copied == ["system", "build", "verifier"]
    [code] = re.findall(r"^FROM uv AS verifier\n((?:.+\n)+)", dockerfile, re.MULTILINE)
    assert re.findall(r"^COPY (.+) \S+$", code, re.MULTILINE) == [
        "deploy/images/run.py deploy/images/healthcheck.py",
        "services/audit/verifier/src",
    ]


def test_prometheus_tells_alertmanager_in_the_data_zone_and_alerts_leave_by_the_zone_of_what_goes_out() -> None:
    alertmanager, prometheus = SERVICES["alertmanager"], SERVICES["prometheus"]
    for name in ("alertmanager", "prometheus"):
        assert SERVICES[name]["user"] == f"{UIDS[name]}:{GID}"
        assert SERVICES[name]["profiles"] == ["observe"]
        assert f"--web.listen-address=0.0.0.0:{PORTS[name]}" in SERVICES[name]["command"]
    assert aliases()["alertmanager.altscore.internal"] == {"data"}
    assert "data" in networks_of(prometheus)
    assert set(networks_of(alertmanager)) == {"dmz", "data", "loopback"}
    assert alertmanager["healthcheck"]["test"][-1].endswith(f":{PORTS['alertmanager']}")


def test_addresses_of_receivers_come_from_a_folder_that_is_mounted_for_reading() -> None:
    mounted = [name for name, service in SERVICES.items() if "/alerts:" in str(service.get("volumes", []))]
    assert mounted == ["provision"]
    assert "${ALERT_RECEIVERS:-alert-receivers}:/srv/altscore/alerts:ro" in SERVICES["provision"]["volumes"]
    assert "alert-receivers" in COMPOSE["volumes"]


def test_the_zones_let_nothing_out_and_stores_are_in_the_data_zone_alone() -> None:
    networks = COMPOSE["networks"]
    assert set(networks) == ZONES | {"loopback"}
    assert all(networks[zone] == {"internal": True} for zone in ZONES)
    assert set(networks["loopback"]["driver_opts"].values()) == {"false"}
    for store in ("redis", "kafka", "registry"):
        assert set(networks_of(SERVICES[store])) <= {"data", "loopback"}
    for store in ("postgres", "s3"):
        assert set(networks_of(SERVICES[store])) == {"data", "loopback", "witness"}, "the witness reads them"
    for name, service in SERVICES.items():
        assert networks_of(service) or service.get("network_mode") == "none", name
        if "loopback" in networks_of(service):
            assert service["ports"], f"{name} is on loopback and publishes nothing"


def test_ports_are_published_on_loopback_and_can_be_moved() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) > 10
    script = (ROOT / "deploy" / "compose" / "compose.sh").read_text(encoding="utf-8")
    moved = dict(re.findall(r"([A-Z0-9_]+):(\d{5})", script))
    for port in published:
        match = re.fullmatch(r"127\.0\.0\.1:\$\{PORT_([A-Z0-9_]+):-(\d+)\}:(\d+)", port)
        assert match, port
        name, default, inside = match.groups()
        assert default == inside == moved[name] == str(PORTS[name.lower().replace("_", "-")])
    assert len(moved) == len(published)


@pytest.mark.parametrize("outside", ["whatsapp", "sms", "smtp", "oidc"])
def test_who_opens_an_outside_party_shares_a_zone_with_its_simulator_and_knows_it_by_name(outside: str) -> None:
    simulator = f"{outside}-sim"
    opening = [name for name, entry in callers().items() if outside in entry["stores"]]
    assert opening
    [zone] = aliases()[f"{simulator}.altscore.internal"]
    assert zone in ZONES
    assert [name for name in opening if zone not in networks_of(SERVICES[name])] == []
    assert f"--port {PORTS[simulator]}" in " ".join(SERVICES[simulator]["command"])


def test_the_image_of_the_simulators_has_the_packages_of_both_identity_providers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dockerfile = (ROOT / "deploy" / "images" / "tools.Dockerfile").read_text(encoding="utf-8")
    [folder] = re.findall(rf"\b{ENVIRONMENTS_VARIABLE}=(\S+)", dockerfile)
    monkeypatch.setenv(ENVIRONMENTS_VARIABLE, folder)
    copied = re.findall(r"^COPY --from=providers \S+ (\S+)$", dockerfile, re.MULTILINE)
    assert copied == [str(packages_of(provider)) for provider in IDENTITY_PROVIDERS]


def test_the_identity_provider_has_every_option_and_sends_a_browser_where_admin_is_published() -> None:
    [module, *options] = SERVICES["saml-sim"]["command"]
    named = dict(option.removeprefix("--").split("=", 1) for option in options)
    program = (ROOT / "tests" / "simulators" / module / "server.js").read_text(encoding="utf-8")
    listed = re.search(r"const NAMES = \[(.*)\];", program)
    assert listed is not None
    assert set(named) == set(re.findall(r'"([a-z-]+)"', listed[1]))
    assert named["issuer"] == sign_in.IDP
    assert named["port"] == str(PORTS["saml-sim"])
    assert named["acs"] == "https://localhost:${PORT_ADMIN:-21109}/v1/admin/saml/acs"


def test_who_makes_the_settings_of_browsers_knows_by_how_much_published_ports_are_moved(tmp_path: Path) -> None:
    environment = SERVICES["provision"]["environment"]
    assert environment[PUBLISHED_VARIABLE] == "${PORT_OFFSET:-0}"
    assert "export PORT_OFFSET=$offset\n" in (ROOT / "deploy/compose/compose.sh").read_text(encoding="utf-8")

    inside = open_layout(tmp_path, environment | {PUBLISHED_VARIABLE: "4000"})

    assert sign_in.sso_url(inside) == "https://localhost:25019/sso"
    assert sign_in.origin(inside) == "https://localhost:25109"
    assert sign_in.portal_origin(inside) == {"PUBLIC_ORIGIN": "https://localhost:25110"}
    assert inside.port("admin") == PORTS["admin"], "inside nothing is moved"


def test_no_value_of_a_secret_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable in service.get("environment", {}):
            assert not re.search(r"PASSWORD$|SECRET|TOKEN|_KEY$|PIN$", variable), f"{name}: {variable}"


def test_every_image_is_a_variable_or_ours() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(
            r"\$\{(IMAGE_PREFIX:-altscore\}/[a-z]+:\$\{TAG:-local|[A-Z0-9]+_IMAGE:-\S+:\S+)\}", service["image"]
        ), name


def test_the_stand_ins_cover_every_foreign_image() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    foreign = set(re.findall(r"\$\{([A-Z0-9]+_IMAGE):-", text)) - {"GRAFANA_IMAGE"}
    local = dict(
        line.split("=", 1) for line in (ROOT / "deploy/images/local.env").read_text().splitlines() if "=" in line
    )
    assert foreign | {"GRAFANA_PROFILE"} == set(local)
    assert SERVICES["grafana"]["profiles"] == ["${GRAFANA_PROFILE:-observe}"]
    assert local.pop("GRAFANA_PROFILE") not in {"observe", "demo"}, "no registry, no Grafana"
    for image in local.values():
        assert (ROOT / "deploy" / "images" / f"{image.split('/')[1].split(':')[0]}.Dockerfile").exists()


def test_who_starts_one_process_gets_every_store() -> None:
    for name in [row.name for row in TABLE]:
        pending, seen = [name], set[str]()
        while pending:
            pending += [each for each in SERVICES[pending.pop()].get("depends_on", {}) if each not in seen]
            seen |= set(pending)
        assert {"postgres", "redis", "kafka", "registry", "s3"} <= seen, name


def test_a_health_check_or_a_completed_end_orders_the_start() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            is_waited_for = SERVICES[other].get("healthcheck") if "healthy" in how["condition"] else True
            assert is_waited_for, f"{name} waits for {other}"
            assert how["condition"] in ("service_healthy", "service_completed_successfully")


def test_dockerfiles_lock_their_packages_and_run_without_root_or_shell() -> None:
    files = [*Path(ROOT / "deploy").glob("Dockerfile*"), *(ROOT / "deploy" / "images").glob("*.Dockerfile")]
    assert len(files) >= 8
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^USER (\d+):\d+$", text, re.MULTILINE), path.name
        assert all(
            line.startswith(("ENTRYPOINT [", "CMD ["))
            for line in re.findall(r"^(?:ENTRYPOINT|CMD).*", text, re.MULTILINE)
        )
        for install in re.findall(r"pip [^\n&]*(?:install|sync)[^\n&]*", text):
            assert "--require-hashes" in install or "${JRE}" in install, install
