"""The table of our own processes, and the environment each one gets. A new process is one more line of TABLE."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from altscore_local import sign_in
from altscore_local.files import hex_secret, secret, write_file
from altscore_local.kafka import Kafka
from altscore_local.layout import Layout
from altscore_local.object_store import REGION, ObjectStore
from altscore_local.operators import operators_file
from altscore_local.postgres import Postgres
from altscore_local.process import SYSTEM_ENVIRONMENT
from altscore_local.redis_server import Redis
from altscore_local.registry import Registry
from altscore_local.settings_fields import fields_of
from altscore_local.sms_templates import SMS_CODE_TEMPLATE_IDS, SMS_TEMPLATE_IDS
from altscore_local.softhsm import AUTHORITY, EVENTS, token_conf, token_pin
from altscore_local.toolchain import softhsm_module

PHONE_NUMBER_ID = "104500000000001"


@dataclass(frozen=True)
class Stores:
    """The started stores: where the environment of a process comes from."""

    layout: Layout
    postgres: Postgres
    redis: Redis
    kafka: Kafka
    registry: Registry
    s3: ObjectStore

    @classmethod
    def of(cls, layout: Layout) -> "Stores":
        """Handles of all stores of a layout; nothing is started."""
        postgres = Postgres(layout)
        return cls(
            layout=layout,
            postgres=postgres,
            redis=Redis(layout),
            kafka=Kafka(layout),
            registry=Registry(layout, postgres),
            s3=ObjectStore(layout),
        )


@dataclass(frozen=True)
class Service:
    """One line of the table.

    Args:
        name: of the process.
        owner: whose database, certificate, Kafka user and (in capitals) environment prefix it uses.
        command: after `python -m <module>`.
        internal_port: /livez, /readyz, /metrics.
        api: its port in the layout, for processes with an API.
        package: of another owner (the vault lives in ingestion's).
        settings: module of its settings class within the package.
    """

    name: str
    owner: str
    command: str
    internal_port: int
    api: str | None = None
    package: str = ""
    settings: str = "settings"

    @property
    def python_module(self) -> str:
        """What `python -m` runs."""
        return self.package or f"altscore_{self.owner}"

    @property
    def settings_module(self) -> str:
        """Where its settings class is."""
        return f"{self.python_module}.{self.settings}"

    @property
    def settings_classes(self) -> tuple[str, ...]:
        """Its settings class; after the first, names that the class has had."""
        if self.command == "sftp":
            return ("SftpSettings",)
        kind = "Worker" if self.command.endswith("worker") else "Api"
        former = f"{self.owner.capitalize()}{'Worker' if kind == 'Worker' else ''}Settings"
        return (f"{kind}Settings", former)


_PORTAL = {"package": "altscore_admin", "settings": "portal.settings"}
_VAULT = {"package": "altscore_ingestion", "settings": "vault.settings"}
TABLE = (
    Service("vault", "vault", "vault", internal_port=21204, api="vault", **_VAULT),
    Service("vault-worker", "vault", "vault-worker", internal_port=21304, **_VAULT),
    Service("consent-api", "consent", "api", internal_port=21202, api="consent"),
    Service("consent-worker", "consent", "worker", internal_port=21302),
    Service("ingestion-api", "ingestion", "api", internal_port=21203, api="ingestion"),
    Service("ingestion-sftp", "ingestion", "sftp", internal_port=21205),
    Service("ingestion-worker", "ingestion", "worker", internal_port=21303),
    Service("score-api", "score", "api", internal_port=21201, api="score"),
    Service("score-worker", "score", "worker", internal_port=21301),
    Service("scoring-worker", "scoring", "worker", internal_port=21305),
    Service("notification-worker", "notification", "worker", internal_port=21306),
    Service("webhook-api", "webhook", "api", internal_port=21207, api="webhook"),
    Service("webhook-worker", "webhook", "worker", internal_port=21307),
    Service("audit-api", "audit", "api", internal_port=21208, api="audit"),
    Service("audit-worker", "audit", "worker", internal_port=21308),
    Service("admin-api", "admin", "api", internal_port=21209, api="admin"),
    Service("admin-worker", "admin", "worker", internal_port=21309),
    Service("portal", "portal", "portal", internal_port=21210, api="portal", **_PORTAL),
    Service("portal-worker", "portal", "portal-worker", internal_port=21310, **_PORTAL),
)

# Commands that a person or the demo runs: name of the environment file -> (owner, module, classes).
TOOLS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "scoring-register": ("scoring", "altscore_scoring.settings", ("RegisterSettings",)),
    "ingestion-catch-up": ("ingestion", "altscore_ingestion.settings", ("CatchUpSettings",)),
}

# Tools that are another user of the object store than their owner's processes.
TOOL_STORE_USERS: Mapping[str, str] = {"scoring-register": "training"}

# owner -> (module, command); the environment is the owner's, with the owner role's connection string.
MIGRATIONS: Mapping[str, tuple[str, str]] = {
    "vault": ("altscore_ingestion", "vault-migrate"),
    **{
        name: (f"altscore_{name}", "migrate")
        for name in ("consent", "ingestion", "score", "scoring", "notification", "webhook", "audit", "admin")
    },
    "portal": ("altscore_admin", "portal-migrate"),
    "pipeline": ("altscore_pipelines", "migrate"),
}


def _signer(stores: Stores, owner: str) -> dict[str, str]:
    return {
        "PKCS11_MODULE": str(softhsm_module()),
        "PKCS11_TOKEN": owner,
        "PKCS11_PIN": token_pin(stores.layout, owner),
        "!SOFTHSM2_CONF": str(token_conf(stores.layout, owner)),
    }


def s3_environment(stores: Stores, owner: str) -> dict[str, str]:
    """Address and credentials of a user of the object store."""
    access_key, secret_key = stores.s3.credentials(owner)
    return {
        "S3_ENDPOINT": stores.s3.endpoint,
        "S3_REGION": REGION,
        "S3_ACCESS_KEY": access_key,
        "S3_SECRET_KEY": secret_key,
        "S3_CA_FILE": str(stores.s3.ca_file),
    }


def _connectors(stores: Stores, owner: str) -> dict[str, str]:
    return {
        "CONNECTOR_CA_CERT_FILE": str(stores.layout.pki / "connector-ca.pem"),
        "CONNECTOR_CA_PIN": token_pin(stores.layout, f"{owner}{AUTHORITY}"),
    }


def _sftp(stores: Stores, _: str) -> dict[str, str]:
    return {
        "SFTP_PORT": str(stores.layout.port("ingestion-sftp")),
        "SFTP_HOST_KEY_FILE": str(stores.layout.pki / "sftp-host.key"),
    }


def _redis(stores: Stores, _: str) -> dict[str, str]:
    return {"REDIS_URL": stores.redis.url, "REDIS_CA_FILE": str(stores.layout.pki / "ca.pem")}


def _context(stores: Stores, owner: str) -> dict[str, str]:
    return {"CONTEXT_KEY": hex_secret(stores.layout, f"{owner}-context-key")}


def _outbox_key(stores: Stores, owner: str) -> dict[str, str]:
    return {"OUTBOX_KEY": hex_secret(stores.layout, f"{owner}-outbox-key")}


def _relay(stores: Stores, owner: str) -> dict[str, str]:
    return {
        "RELAY_DATABASE_URL": stores.postgres.dsn(f"{owner}_relay", owner),
        "EVENTS_PIN": token_pin(stores.layout, f"{owner}{EVENTS}"),
    }


def _access(stores: Stores, owner: str) -> dict[str, str]:
    """How admin's orders are carried out: another role of the same database."""
    return {"ACCESS_DATABASE_URL": stores.postgres.dsn(f"{owner}_access", owner)}


def _row_macs(stores: Stores, owner: str) -> dict[str, str]:
    return {"MAC_KEY": hex_secret(stores.layout, f"{owner}-mac-key")}


def _spool(stores: Stores, _: str) -> dict[str, str]:
    spool = stores.layout.data / "score-spool"
    spool.mkdir(parents=True, exist_ok=True)
    return {"AUDIT_SPOOL_DIR": str(spool)}


def _models(stores: Stores, _: str) -> dict[str, str]:
    return {"MLFLOW_TRACKING_URI": mlflow_store_uri(stores)}


def mlflow_store_uri(stores: Stores) -> str:
    """MLflow's tracking store as SQLAlchemy writes it."""
    return stores.postgres.dsn("mlflow", "mlflow").replace("postgresql://", "postgresql+psycopg2://", 1)


def whatsapp_environment(stores: Stores) -> dict[str, str]:
    """What Meta and we share about one WhatsApp number."""
    layout = stores.layout
    return {
        "WHATSAPP_URL": f"https://{layout.address('whatsapp-sim')}",
        "WHATSAPP_CA_FILE": str(layout.pki / "ca.pem"),
        "WHATSAPP_TOKEN": secret(layout, "whatsapp-token"),
        "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "WHATSAPP_APP_SECRET": secret(layout, "whatsapp-app-secret"),
        "WHATSAPP_VERIFY_TOKEN": secret(layout, "whatsapp-verify-token"),
    }


def _whatsapp(stores: Stores, owner: str) -> dict[str, str]:
    return whatsapp_environment(stores) | {"PROVIDER_ID_KEY": hex_secret(stores.layout, f"{owner}-provider-id-key")}


def sms_authkey(layout: Layout) -> str:
    """What the SMS gateway and we share."""
    return secret(layout, "sms-authkey")


def _sms(stores: Stores, _: str) -> dict[str, str]:
    layout = stores.layout
    return {
        "SMS_URL": f"https://{layout.address('sms-sim')}",
        "SMS_CA_FILE": str(layout.pki / "ca.pem"),
        "SMS_AUTHKEY": sms_authkey(layout),
        "SMS_TEMPLATE_IDS": json.dumps(SMS_TEMPLATE_IDS),
        "SMS_CODE_TEMPLATE_IDS": json.dumps(SMS_CODE_TEMPLATE_IDS),
    }


def _smtp(stores: Stores, _: str) -> dict[str, str]:
    layout = stores.layout
    return {
        "SMTP_HOST": layout.host("smtp-sim"),
        "SMTP_PORT": str(layout.port("smtp-sim")),
        "SMTP_CA_FILE": str(layout.pki / "ca.pem"),
    }


def _deliveries(stores: Stores, _: str) -> dict[str, str]:
    plain = whatsapp_environment(stores)
    return {"APP_SECRET": plain["WHATSAPP_APP_SECRET"], "VERIFY_TOKEN": plain["WHATSAPP_VERIFY_TOKEN"]}


def _operators(stores: Stores, _: str) -> dict[str, str]:
    return {"DEV_OPERATORS_FILE": str(operators_file(stores.layout))}


# Variables beyond the common ones, and where their values come from.
_SIGNER = ("PKCS11_MODULE", "PKCS11_TOKEN", "PKCS11_PIN")
_S3 = ("S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_CA_FILE")
_WHATSAPP = ("WHATSAPP_URL", "WHATSAPP_CA_FILE", "WHATSAPP_TOKEN", "WHATSAPP_PHONE_NUMBER_ID", "PROVIDER_ID_KEY")
_SMS = ("SMS_URL", "SMS_CA_FILE", "SMS_AUTHKEY", "SMS_TEMPLATE_IDS", "SMS_CODE_TEMPLATE_IDS")
SOURCES: Mapping[tuple[str, ...], Callable[[Stores, str], dict[str, str]]] = {
    _SIGNER: _signer,
    _S3: s3_environment,
    ("CONNECTOR_CA_CERT_FILE", "CONNECTOR_CA_PIN"): _connectors,
    ("SFTP_PORT", "SFTP_HOST_KEY_FILE"): _sftp,
    ("REDIS_URL", "REDIS_CA_FILE"): _redis,
    ("CONTEXT_KEY",): _context,
    ("OUTBOX_KEY",): _outbox_key,
    ("RELAY_DATABASE_URL", "EVENTS_PIN"): _relay,
    ("ACCESS_DATABASE_URL",): _access,
    ("MAC_KEY",): _row_macs,
    ("AUDIT_SPOOL_DIR",): _spool,
    ("MLFLOW_TRACKING_URI",): _models,
    _WHATSAPP: _whatsapp,
    _SMS: _sms,
    ("SMTP_HOST", "SMTP_PORT", "SMTP_CA_FILE"): _smtp,
    ("OIDC_CA_FILE",): lambda stores, _: {"OIDC_CA_FILE": str(stores.layout.pki / "ca.pem")},
    ("APP_SECRET", "VERIFY_TOKEN"): _deliveries,
    ("DEV_OPERATORS_FILE",): _operators,
    sign_in.VARIABLES: lambda stores, _: sign_in.environment(stores.layout),
    ("GRIEVANCE_KEYS_DIR",): lambda stores, _: {"GRIEVANCE_KEYS_DIR": str(stores.layout.pki / "grievances")},
    ("ERASURE_NOTICE_S",): lambda *_: {"ERASURE_NOTICE_S": "90"},  # for a demonstration; production: 48 hours or more
    ("CONTACT_KEY",): lambda stores, _: {"CONTACT_KEY": hex_secret(stores.layout, "portal-contact-key")},
    ("PUBLIC_ORIGIN",): lambda stores, owner: sign_in.portal_origin(stores.layout) if owner == "portal" else {},
}


def common_environment(stores: Stores, owner: str) -> dict[str, str]:
    """What any process of an owner may ask for: database, Kafka, certificates, addresses. Without prefix."""
    layout = stores.layout
    urls = ("consent", "ingestion", "vault", "audit", "admin")
    internal = ("score", "portal", "webhook", "notification", "scoring")
    return {
        "PROFILE": "development",
        "DATABASE_URL": stores.postgres.dsn(owner, owner),
        "LISTEN_HOST": layout.listen_host,
        "SCHEMAS_DIR": str(layout.root / "schemas"),
        "TLS_CERT_FILE": str(layout.pki / f"{owner}.crt"),
        "TLS_KEY_FILE": str(layout.pki / f"{owner}.key"),
        "TLS_CA_FILE": str(layout.pki / "ca.pem"),
        "PUBLIC_KEYS_DIR": str(layout.pki / "public"),
        "KAFKA_BOOTSTRAP": stores.kafka.bootstrap_servers,
        "KAFKA_USERNAME": owner,
        "KAFKA_PASSWORD": stores.kafka.password(owner),
        "KAFKA_CA_FILE": str(layout.pki / "ca.pem"),
        "REGISTRY_URL": stores.registry.url,
        **{f"{name.upper()}_URL": f"https://{layout.address(name)}" for name in urls},
        **{f"{name.upper()}_URL": f"https://{layout.address(f'{name}-internal')}" for name in internal},
        **_collector(),
    }


def _collector() -> dict[str, str]:
    """Where spans go, if whoever starts the stack names a collector."""
    endpoint = os.environ.get("ALTSCORE_OTLP_ENDPOINT")
    return {"OTLP_ENDPOINT": endpoint} if endpoint else {}


def prefixed(owner: str, plain: Mapping[str, str]) -> dict[str, str]:
    """Variables of an owner's process; those marked with ! are no setting of ours and keep their name."""
    prefix = owner.upper()
    return {key[1:] if key.startswith("!") else f"{prefix}_{key}": value for key, value in plain.items()}


def values_of(stores: Stores, owner: str, names: Iterable[str]) -> dict[str, str]:
    """Values of the variables that a settings class names, without prefix; a name nobody provides has its default."""
    named = {name.upper() for name in names}
    plain = common_environment(stores, owner)
    for variables, source in SOURCES.items():
        if named.intersection(variables):
            plain |= source(stores, owner)
    return {name: value for name, value in plain.items() if name.removeprefix("!") in named or name in _unnamed(named)}


def _unnamed(named: set[str]) -> set[str]:
    """Variables that no settings class names: the token's library reads its configuration from the environment."""
    return {"!SOFTHSM2_CONF"} if "PKCS11_MODULE" in named else set()


def service_environment(stores: Stores, service: Service) -> dict[str, str]:
    """The whole environment of a process: the variables that its settings class names, and no others."""
    names = fields_of(service.settings_module, service.settings_classes).names
    plain = values_of(stores, service.owner, names)
    plain["INTERNAL_PORT"] = str(stores.layout.shifted(service.internal_port))
    if service.api is not None:
        plain["API_PORT"] = str(stores.layout.port(service.api))
    if "admin_port" in names:
        plain["ADMIN_PORT"] = str(stores.layout.port(f"{service.owner}-internal"))
    return dict(sorted((SYSTEM_ENVIRONMENT | prefixed(service.owner, plain)).items()))


def tool_environment(stores: Stores, name: str) -> dict[str, str]:
    """The environment of one of TOOLS."""
    owner, module, classes = TOOLS[name]
    plain = values_of(stores, owner, fields_of(module, classes).names)
    if user := TOOL_STORE_USERS.get(name):
        plain |= s3_environment(stores, user)
    return dict(sorted((SYSTEM_ENVIRONMENT | prefixed(owner, plain)).items()))


def migration_environment(stores: Stores, owner: str) -> dict[str, str]:
    """For `migrate`: the owner role's connection string, and what a migration writes into the database."""
    plain = {"OWNER_DATABASE_URL": stores.postgres.dsn(f"{owner}_owner", owner)}
    if owner == "score":
        plain |= _context(stores, owner) | _row_macs(stores, owner)
    return dict(sorted((SYSTEM_ENVIRONMENT | prefixed(owner, plain)).items()))


def write_env_file(layout: Layout, name: str, environment: Mapping[str, str]) -> Path:
    """NAME='value' lines, mode 600: for the process, and for a person who wants to start one by hand."""
    path = layout.env_files / f"{name}.env"
    lines = [f"{key}='{value}'" for key, value in environment.items()]
    if any("'" in value or "\n" in value for value in environment.values()):
        raise ValueError(f"environment of {name} holds a quote or a line break")
    write_file(path, "\n".join(lines) + "\n")
    return path


def module_folder(layout: Layout, module: str) -> Path | None:
    """Source folder of a module of ours, None while nobody has written it."""
    for base in ("services/*/src", "pipelines", "tests/simulators"):
        for folder in layout.root.glob(f"{base}/{module}"):
            if (folder / "__main__.py").exists():
                return folder
    return None
