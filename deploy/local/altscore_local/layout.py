"""Where things lie and which ports they use. Everything generated is under var/ of the clone or in the cache."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
OFFSET_VARIABLE = "ALTSCORE_PORT_OFFSET"
INSTANCE_VARIABLE = "ALTSCORE_VAR"
HOST_VARIABLE = "ALTSCORE_HOST_PATTERN"
LISTEN_VARIABLE = "ALTSCORE_LISTEN_HOST"
PUBLISHED_VARIABLE = "ALTSCORE_PUBLISHED_OFFSET"
LOOPBACK = "127.0.0.1"
EPHEMERAL_FROM = 32_768
_KEPT_OFFSET = "port_offset.json"

# Every owner of a database has a certificate and a Kafka user of the same name.
OUR_DATABASES = (
    "score", "consent", "ingestion", "vault", "scoring", "notification", "webhook", "audit", "admin", "pipeline",
    "portal",
)  # fmt: skip
PORTS: Mapping[str, int] = {
    "postgres": 21000,
    "redis": 21001,
    "kafka": 21002,
    "kafka-controller": 21003,
    "registry": 21004,
    "registry-management": 21005,
    "s3": 21006,
    "airflow": 21007,
    "mlflow": 21008,
    "housekeeper": 21009,
    "tally-sim": 21010,
    "whatsapp-sim": 21011,
    "whatsapp-sim-control": 21012,
    "airflow-scheduler-health": 21013,
    "airflow-triggerer-logs": 21014,
    "airflow-worker-logs": 21015,
    "sms-sim": 21016,
    "sms-sim-control": 21017,
    "audit-witness": 21018,
    "saml-sim": 21019,
    "smtp-sim-control": 21020,
    "smtp-sim": 21021,
    "oidc-sim": 21022,
    "alertmanager": 21027,
    "prometheus": 21028,
    "grafana": 21029,
    "score": 21101,
    "consent": 21102,
    "ingestion": 21103,
    "vault": 21104,
    "ingestion-sftp": 21105,
    "webhook": 21107,
    "audit": 21108,
    "admin": 21109,
    "portal": 21110,
    "score-internal": 21111,
    "portal-internal": 21112,
    "webhook-internal": 21113,
    "notification-internal": 21114,
    "scoring-internal": 21115,
}

# Two ports of one process.
_HOSTS = {
    "score-internal": "score",
    "portal-internal": "portal",
    "webhook-internal": "webhook-worker",
    "notification-internal": "notification-worker",
    "scoring-internal": "scoring-worker",
    "whatsapp-sim-control": "whatsapp-sim",
    "sms-sim-control": "sms-sim",
    "smtp-sim-control": "smtp-sim",
}


@dataclass(frozen=True)
class Layout:
    """Paths, ports and addresses of one clone.

    Args:
        root: of the clone.
        port_offset: added to every port.
        instance: name of the generated folder.
        host_pattern: where a process is reached; `{name}` stands for its name in PORTS.
        listen_host: address that processes bind their ports to.
        published_offset: of containers, what is added to ports where the host publishes them; None where it does not.
    """

    root: Path = ROOT
    port_offset: int = 0
    instance: str = "var"
    host_pattern: str = LOOPBACK
    listen_host: str = LOOPBACK
    published_offset: int | None = None

    @property
    def var(self) -> Path:
        """Everything generated in this clone."""
        return self.root / self.instance

    @property
    def pki(self) -> Path:
        """Certificates, keys of certificates, exported public keys."""
        return self.var / "pki"

    @property
    def secrets(self) -> Path:
        """Passwords and PINs, one file each, mode 600."""
        return self.var / "secrets"

    @property
    def run(self) -> Path:
        """Pid files, generated configuration, environment files."""
        return self.var / "run"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.var / "logs"

    @property
    def data(self) -> Path:
        """What the stores keep."""
        return self.var / "data"

    @property
    def env_files(self) -> Path:
        """One environment file per process."""
        return self.run / "env"

    @property
    def venv_python(self) -> Path:
        """Python of the development environment in the clone."""
        return self.root / ".venv" / "bin" / "python"

    @property
    def assets(self) -> Path:
        """Files of the local stack itself."""
        return self.root / "deploy" / "local"

    def port(self, name: str) -> int:
        """The port of `name` in this clone."""
        return PORTS[name] + self.port_offset

    def browser_port(self, name: str) -> int:
        """The port of `name` on localhost, as a browser on this machine names it."""
        return self.port(name) if self.published_offset is None else PORTS[name] + self.published_offset

    def host(self, name: str) -> str:
        """Name or address under which others reach the process of `name`."""
        return self.host_pattern.format(name=_HOSTS.get(name, name))

    def hosts_of(self, owner: str) -> list[str]:
        """Names under which others reach the processes of an owner; its certificate shows all of them."""
        return sorted({self.host(name) for name in (owner, f"{owner}-internal") if name == owner or name in PORTS})

    def address(self, name: str) -> str:
        """host:port of `name`."""
        return f"{self.host(name)}:{self.port(name)}"

    def shifted(self, port: int) -> int:
        """A port of the table of services, moved by the offset of this clone."""
        return port + self.port_offset


def cache_dir() -> Path:
    """The folder outside every clone for what is downloaded or built once per version."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "altscore"


def open_layout(root: Path = ROOT, environ: Mapping[str, str] = os.environ) -> Layout:
    """The layout of a clone. Nothing is written: the offset that `up` kept in var/ counts, else the environment's.

    A second instance of the same clone has a folder of its own (ALTSCORE_VAR, "var-test" for the tests)
    and its own offset.

    Raises:
        SystemExit: the offset is no number, or moves ports into the range of outgoing connections.
    """
    instance, published = environ.get(INSTANCE_VARIABLE, "var"), environ.get(PUBLISHED_VARIABLE)
    if not instance.startswith("var") or "/" in instance:
        raise SystemExit(f"{INSTANCE_VARIABLE} names a folder var… of the clone")
    kept, requested = root / instance / _KEPT_OFFSET, requested_offset(environ)
    return Layout(
        root,
        port_offset=json.loads(kept.read_text()) if kept.exists() else requested or 0,
        instance=instance,
        host_pattern=environ.get(HOST_VARIABLE, LOOPBACK),
        listen_host=environ.get(LISTEN_VARIABLE, LOOPBACK),
        published_offset=None if published is None else int(published),
    )


def requested_offset(environ: Mapping[str, str] = os.environ) -> int | None:
    """The offset that the environment asks for, None where it names none.

    Raises:
        SystemExit: it is no number, or moves ports into the range of outgoing connections.
    """
    text = environ.get(OFFSET_VARIABLE)
    if text is None:
        return None
    if not text.lstrip("-").isdigit():
        raise SystemExit(f"{OFFSET_VARIABLE} must be a whole number")
    offset = int(text)
    if not 1024 <= min(PORTS.values()) + offset <= max(PORTS.values()) + 300 + offset < EPHEMERAL_FROM:
        raise SystemExit(f"{OFFSET_VARIABLE}={offset} moves ports out of 1024..{EPHEMERAL_FROM - 1}")
    return offset


def keep_offset(layout: Layout) -> None:
    """Remembers the offset for later commands, whatever their environment says."""
    path = layout.var / _KEPT_OFFSET
    layout.var.mkdir(parents=True, exist_ok=True)
    if not path.exists() or json.loads(path.read_text()) != layout.port_offset:
        path.write_text(json.dumps(layout.port_offset))
