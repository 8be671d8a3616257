"""A pod's environment is what its settings class names: no variable too few, none too many, no secret written out."""

import importlib
from typing import Any

import pytest
import yaml
from altscore_helm.chart import CHART, ENVIRONMENTS, environment_of, manifests, of_kind, pod_spec
from altscore_libs.settings import variable_of
from altscore_local.layout import ROOT
from altscore_local.services import MIGRATIONS, TABLE
from pydantic import SecretStr
from pydantic_settings import BaseSettings

SOURCES: dict[str, dict[str, Any]] = yaml.safe_load((CHART / "variables.yaml").read_text(encoding="utf-8"))
PROCESSES = {service.name: (service.owner, service.settings_module, service.settings_classes) for service in TABLE} | {
    "pipeline": ("pipeline", "altscore_pipelines.settings", ("PipelineSettings",))
}
INNER = {"vault", "portal"}  # owners whose settings are in a package of another service
SYSTEM = {"SOFTHSM2_CONF", "HOME", "DBT_SEND_ANONYMOUS_USAGE_STATS"}
# Values of these differ from replica to replica or have no meaning in a pod; the defaults are right.
LEFT_OUT = {
    "SCORE_AUDIT_SPOOL_DIR": "a pod's disk goes with it: better a 503 than a spool that is lost",
    "PIPELINE_SPARK_JARS": "the Spark image holds them",
    "PIPELINE_AS_OF_ON": "given for one run alone",
}


def class_of(module: str, names: tuple[str, ...]) -> type[BaseSettings]:
    defined = importlib.import_module(module)
    kind: type[BaseSettings] = next(getattr(defined, name) for name in names if hasattr(defined, name))
    return kind


def variables(kind: type[BaseSettings], *, required: bool = False, secret: bool = False) -> set[str]:
    """Variables of a class; only those without a default, or only those that hold a secret."""
    return {
        variable_of(kind, field)
        for field, info in kind.model_fields.items()
        if (not required or info.is_required()) and (not secret or "SecretStr" in str(info.annotation))
    }


def pods(environment: str) -> dict[str, dict[str, Any]]:
    documents = manifests(environment)
    return of_kind(documents, "Deployment") | of_kind(documents, "Pod")


def provided(owner: str) -> set[str]:
    """What the chart has a value for, with an owner's prefix."""
    return {f"{owner.upper()}_{name}" for name in SOURCES}


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_process_is_deployed(environment: str) -> None:
    values = yaml.safe_load((CHART / f"values-{environment}.yaml").read_text(encoding="utf-8"))
    off = {name for name, process in (values.get("processes") or {}).items() if process.get("enabled") is False}
    assert set(pods(environment)) == set(PROCESSES) - off
    assert off <= {"admin-api"}


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", PROCESSES)
def test_a_pod_gets_the_variables_that_its_settings_class_names_and_no_others(environment: str, name: str) -> None:
    deployed = pods(environment)
    if name not in deployed:
        assert environment != "local"
        return
    owner, module, classes = PROCESSES[name]
    kind = class_of(module, classes)
    passed = set(environment_of(deployed[name])) - SYSTEM

    assert passed - variables(kind) == set()
    assert variables(kind, required=True) - passed == set()
    if environment == "local":
        assert (variables(kind) & provided(owner)) - passed <= {f"{owner.upper()}_{name}" for name in conditional()}


def conditional() -> set[str]:
    """Variables that are set where their setting has a value alone."""
    return {name for name, source in SOURCES.items() if "when" in source or "setting" in source}


def test_what_is_left_out_is_a_field_with_a_default() -> None:
    fields: dict[str, bool] = {}
    for _, module, classes in PROCESSES.values():
        kind = class_of(module, classes)
        fields |= {variable_of(kind, name): info.is_required() for name, info in kind.model_fields.items()}
    assert all(fields[name] is False for name in LEFT_OUT)
    assert not set(LEFT_OUT) & {variable for owner, _, _ in PROCESSES.values() for variable in provided(owner)}


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_secret_comes_from_the_owners_secret_under_its_own_name(environment: str) -> None:
    seen = 0
    for name, document in pods(environment).items():
        owner, module, classes = PROCESSES[name]
        secrets = variables(class_of(module, classes), secret=True)
        for variable, value in environment_of(document).items():
            if variable in secrets:
                seen += 1
                assert value == {"secret": f"altscore-{owner}", "key": variable.removeprefix(f"{owner.upper()}_")}
    assert seen > 30


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_class_accepts_what_its_pod_would_get(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = 0
    for name, document in pods(environment).items():
        _, module, classes = PROCESSES[name]
        with monkeypatch.context() as patch:
            for variable, value in environment_of(document).items():
                patch.setenv(variable, value if isinstance(value, str) else secret_of(value["key"]))
            assert class_of(module, classes)().model_fields_set, name
        checked += 1
    assert checked >= len(TABLE)


def secret_of(key: str) -> str:
    """A value that validators of secrets take."""
    keys = {"CONTACT_KEY": "bc" * 32, "CONTEXT_KEY": "ab" * 32, "MAC_KEY": "cd" * 32, "OUTBOX_KEY": "ef" * 32}
    values = {**keys, "REDIS_URL": "rediss://redis:6379/0"}
    return values.get(key, SecretStr("x" * 32).get_secret_value())


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_files_that_variables_name_are_mounted(environment: str) -> None:
    seen = 0
    for document in pods(environment).values():
        spec = pod_spec(document)
        assert spec is not None
        mounts = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
        volumes = {volume["name"] for volume in spec["volumes"]}
        assert {mount["name"] for mount in spec["containers"][0]["volumeMounts"]} == volumes
        for value in environment_of(document).values():
            if isinstance(value, str) and value.startswith("/etc/altscore/"):
                seen += 1
                assert any(value == mount or value.startswith(f"{mount}/") for mount in mounts), value
    assert seen > 50


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_database_is_migrated_by_its_owner_before_the_rollout(environment: str) -> None:
    jobs = {name: job for name, job in of_kind(manifests(environment), "Job").items() if not name.startswith("topics")}
    assert set(jobs) == {f"{owner}-migrate" for owner in MIGRATIONS}
    for owner, (module, command) in MIGRATIONS.items():
        job = jobs[f"{owner}-migrate"]
        kind = class_of(f"{module}.{f'{owner}.settings' if owner in INNER else 'settings'}", ("MigrateSettings",))
        assert set(environment_of(job)) == variables(kind, required=True)
        spec = pod_spec(job)
        assert spec is not None
        assert spec["containers"][0]["args"] == [command]
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"


@pytest.mark.usefixtures("helm")
def test_an_external_secret_has_the_keys_that_the_pods_name_and_no_others() -> None:
    documents = manifests("production-mumbai")
    named: dict[str, set[str]] = {}
    for document in documents:
        if pod_spec(document) is not None:
            for value in environment_of(document).values():
                if isinstance(value, dict):
                    named.setdefault(value["secret"], set()).add(value["key"])
    external = of_kind(documents, "ExternalSecret")
    assert len(external) >= len(MIGRATIONS)
    for name, document in external.items():
        keys = {entry["secretKey"] for entry in document["spec"]["data"]}
        not_deployed = {"DATABASE_URL", "KAFKA_PASSWORD", "PKCS11_PIN"}  # of admin's API, which is off in production
        assert keys >= named[name]
        assert keys - named[name] <= not_deployed


@pytest.mark.usefixtures("helm")
def test_a_certificate_lives_a_month_at_most_and_serves_both_sides() -> None:
    certificates = of_kind(manifests("production-mumbai"), "Certificate")
    assert len(certificates) == len(TABLE)  # without ingestion-sftp, with the pipeline
    for document in certificates.values():
        spec = document["spec"]
        assert int(spec["renewBefore"].removesuffix("h")) < int(spec["duration"].removesuffix("h")) <= 30 * 24
        assert {"server auth", "client auth"} <= set(spec["usages"])


def test_the_chart_reads_the_repositorys_own_lists() -> None:
    assert (CHART / "callers.yml").resolve() == ROOT / "deploy" / "callers.yml"
    assert (CHART / "topics.yml").resolve() == ROOT / "schemas" / "topics.yml"
    assert (CHART / "jobs" / "kafka_access.py").resolve() == ROOT / "deploy/local/altscore_local/kafka_access.py"
