"""Environments of our processes: complete, equal at every call, and nothing secret in a command line."""

import importlib
import shlex
from pathlib import Path

import pytest
import yaml
from altscore_libs.settings import RelaySettings, SignerSettings, variable_of
from altscore_local.airflow import pipeline_environment
from altscore_local.files import secret
from altscore_local.layout import ROOT
from altscore_local.operators import operators_file
from altscore_local.pki import ensure_pki
from altscore_local.process import SYSTEM_ENVIRONMENT
from altscore_local.services import (
    MIGRATIONS,
    SOURCES,
    TABLE,
    TOOLS,
    Service,
    Stores,
    migration_environment,
    service_environment,
    tool_environment,
    write_env_file,
)
from altscore_local.settings_fields import fields_of
from pydantic_settings import BaseSettings

CALLERS = ROOT / "deploy" / "callers.yml"
# What the stack has a value for; every other field of a settings class keeps its default.
PROVIDED = {
    *("PROFILE", "DATABASE_URL", "SCHEMAS_DIR", "TLS_CERT_FILE", "TLS_KEY_FILE", "TLS_CA_FILE", "PUBLIC_KEYS_DIR"),
    *("KAFKA_BOOTSTRAP", "KAFKA_USERNAME", "KAFKA_PASSWORD", "KAFKA_CA_FILE", "REGISTRY_URL", "SCORE_URL"),
    *("CONSENT_URL", "INGESTION_URL", "VAULT_URL", "NOTIFICATION_URL", "WEBHOOK_URL", "AUDIT_URL", "ADMIN_URL"),
    *("PORTAL_URL", "SCORING_URL"),
    *("INTERNAL_PORT", "LISTEN_HOST", "API_PORT", "ADMIN_PORT"),
    *(variable for variables in SOURCES for variable in variables),
}


def test_every_call_gives_the_same_environment(stores: Stores) -> None:
    for service in TABLE:
        assert service_environment(stores, service) == service_environment(stores, service)


def test_a_process_gets_its_owners_variables_alone(stores: Stores) -> None:
    system = set(SYSTEM_ENVIRONMENT) | {"SOFTHSM2_CONF"}
    for service in TABLE:
        foreign = {
            name
            for name in service_environment(stores, service)
            if name not in system and not name.startswith(f"{service.owner.upper()}_")
        }
        assert not foreign, service.name


def class_of(module: str, names: tuple[str, ...]) -> type[BaseSettings]:
    """The settings class as Python knows it."""
    defined = importlib.import_module(module)
    kind: type[BaseSettings] = next(getattr(defined, name) for name in names if hasattr(defined, name))
    assert issubclass(kind, BaseSettings)
    return kind


PROCESSES = [
    *((service.name, service.owner, service.settings_module, service.settings_classes) for service in TABLE),
    *((name, *tool) for name, tool in TOOLS.items()),
]


@pytest.mark.parametrize(("name", "owner", "module", "classes"), PROCESSES, ids=[process[0] for process in PROCESSES])
def test_a_process_gets_the_variables_that_its_settings_class_names_and_no_others(
    stores: Stores, name: str, owner: str, module: str, classes: tuple[str, ...]
) -> None:
    kind = class_of(module, classes)
    named = {variable_of(kind, field) for field in kind.model_fields}
    required = {variable_of(kind, field) for field, info in kind.model_fields.items() if info.is_required()}
    service = next((row for row in TABLE if row.name == name), None)
    environment = tool_environment(stores, name) if service is None else service_environment(stores, service)
    signs = {"SOFTHSM2_CONF"} if any(variable.endswith("_PKCS11_MODULE") for variable in named) else set()

    passed = set(environment) - set(SYSTEM_ENVIRONMENT)
    assert passed - named == signs
    assert required - passed == set()
    assert named & passed == {variable for variable in named if variable.removeprefix(f"{owner.upper()}_") in PROVIDED}


def keys_of(service: Service) -> set[str]:
    """Of the service's token, for who signs or reads with its keys; of the token of events alone, for a relay."""
    kind = class_of(service.settings_module, service.settings_classes)
    signer = {"PKCS11_TOKEN", "PKCS11_PIN"} if issubclass(kind, SignerSettings) else set()
    relay = {"EVENTS_PIN"} if issubclass(kind, RelaySettings) else set()
    return {"PKCS11_MODULE"} | signer | relay


STORES_OF = {name: set(entry["stores"]) for name, entry in yaml.safe_load(CALLERS.read_text("utf-8")).items()}


@pytest.mark.parametrize("service", TABLE, ids=lambda service: service.name)
def test_a_process_holds_secrets_of_the_stores_that_it_opens_and_of_no_others(stores: Stores, service: Service) -> None:
    held = {name.removeprefix(f"{service.owner.upper()}_") for name in service_environment(stores, service)}
    secrets_of = {
        "kafka": {"KAFKA_BOOTSTRAP", "KAFKA_USERNAME", "KAFKA_PASSWORD", "KAFKA_CA_FILE"},
        "registry": {"REGISTRY_URL"},
        "redis": {"REDIS_URL", "REDIS_CA_FILE"},
        "s3": {"S3_ACCESS_KEY", "S3_SECRET_KEY"},
        "keys": keys_of(service),
        "postgres": {"DATABASE_URL"},
        "whatsapp": {"WHATSAPP_TOKEN"},
        "sms": {"SMS_AUTHKEY"},
    }
    assert {store for store, names in secrets_of.items() if names & held} == STORES_OF[service.name] & set(secrets_of)
    assert all(secrets_of[store] <= held for store in STORES_OF[service.name] & set(secrets_of))
    assert held & {"PKCS11_TOKEN", "PKCS11_PIN", "EVENTS_PIN"} <= secrets_of["keys"]


@pytest.mark.parametrize("owner", MIGRATIONS)
def test_a_migration_gets_the_variables_that_its_settings_class_requires_and_no_others(
    stores: Stores, owner: str
) -> None:
    inner = f"{owner}." if owner in ("vault", "portal") else ""
    module = f"{MIGRATIONS[owner][0]}.{inner}settings"
    kind = class_of(module, ("MigrateSettings",))

    passed = set(migration_environment(stores, owner)) - set(SYSTEM_ENVIRONMENT)

    assert passed == {variable_of(kind, field) for field, info in kind.model_fields.items() if info.is_required()}


def test_a_job_of_the_pipeline_gets_what_its_settings_class_names_and_what_its_programs_read(stores: Stores) -> None:
    kind = class_of("altscore_pipelines.settings", ("PipelineSettings",))
    programs = {"PIPELINE_PYTHON", "PIPELINE_KAFKA_CONNECTION"}  # read by the DAG, before there are settings

    passed = {name for name in pipeline_environment(stores) if name.startswith("PIPELINE_")}

    assert passed - {variable_of(kind, field) for field in kind.model_fields} == programs


def test_the_fields_read_from_the_source_are_those_of_the_classes() -> None:
    for _, _, module, classes in PROCESSES:
        kind, fields = class_of(module, classes), fields_of(module, classes)
        assert fields.names == set(kind.model_fields), module
        assert fields.required == {name for name, info in kind.model_fields.items() if info.is_required()}, module


def test_every_settings_class_can_be_made_from_its_environment(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in TABLE:
        with monkeypatch.context() as patch:
            for variable, value in service_environment(stores, service).items():
                patch.setenv(variable, value)
            settings = class_of(service.settings_module, service.settings_classes)()
            assert settings.model_fields_set, service.name


def test_a_secret_reaches_only_the_processes_that_need_it(stores: Stores) -> None:
    layout = stores.layout
    environments = {row.name: " ".join(service_environment(stores, row).values()) for row in TABLE}
    holders = {
        "whatsapp-app-secret": {"consent-api", "webhook-api"},
        "whatsapp-verify-token": {"webhook-api"},
        "whatsapp-token": {"notification-worker"},
        "sms-authkey": {"notification-worker", "portal-worker"},
    }
    for name, expected in holders.items():
        value = secret(layout, name)
        assert {process for process, text in environments.items() if value in text} == expected, name
    assert {process for process, text in environments.items() if "mlflow" in text} == set()


def test_only_migrations_know_an_owner_role(stores: Stores) -> None:
    for service in TABLE:
        assert "_owner:" not in str(service_environment(stores, service))
    for owner in MIGRATIONS:
        assert f"{owner}_owner:" in migration_environment(stores, owner)[f"{owner.upper()}_OWNER_DATABASE_URL"]


def test_an_environment_file_is_private_and_a_shell_can_read_it(stores: Stores) -> None:
    environment = service_environment(stores, TABLE[0])

    path = write_env_file(stores.layout, TABLE[0].name, environment)

    read = dict(line.split("=", 1) for line in shlex.split(path.read_text()))
    assert read == environment
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_secret_stands_in_a_command_line(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("altscore_local.kafka.Kafka._format", lambda *_: None)
    monkeypatch.setattr("altscore_local.postgres.Postgres._make_cluster", lambda self: self.home.mkdir())
    monkeypatch.setattr("altscore_local.postgres.Postgres._give", lambda *_: None)
    monkeypatch.setattr("altscore_local.postgres._others_may_pass", lambda _: True)
    parts = (stores.postgres, stores.redis, stores.kafka, stores.registry, stores.s3)
    commands = [" ".join(part.prepare().argv) for part in parts]
    secrets = [path.read_text() for path in stores.layout.secrets.iterdir() if path.is_file()]

    assert len(commands) == 5
    assert len(secrets) >= 5
    assert not [command for command in commands for value in secrets if value in command]


def test_admin_gets_hashes_and_never_the_operators_tokens(stores: Stores) -> None:
    content = operators_file(stores.layout).read_text()

    assert secret(stores.layout, "operator-ops-1", length=32) not in content


def test_a_renewed_authority_renews_every_certificate(stores: Stores) -> None:
    before = (stores.layout.pki / "score.crt").read_bytes()
    ensure_pki(stores.layout)
    assert (stores.layout.pki / "score.crt").read_bytes() == before

    (stores.layout.pki / "ca.pem").unlink()
    ensure_pki(stores.layout)

    assert (stores.layout.pki / "score.crt").read_bytes() != before


def test_no_file_that_score_api_is_told_of_holds_a_private_key_but_that_of_its_certificate(stores: Stores) -> None:
    ensure_pki(stores.layout)
    service = next(row for row in TABLE if row.name == "score-api")
    named = {Path(value) for value in service_environment(stores, service).values() if value.startswith("/")}
    files = {file for path in named for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()}
    private = {file.name for file in files if b"PRIVATE KEY" in file.read_bytes()}
    assert private == {"score.key"}
    assert (stores.layout.pki / "public") in named
