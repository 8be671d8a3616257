"""Environment of the admin service, read once in main()."""

from pathlib import Path

from altscore_libs.settings import OwnerSettings, ServiceSettings, SignerSettings, settings_config
from pydantic import Field

_CONFIG = settings_config("ADMIN_")


class ApiSettings(ServiceSettings, SignerSettings):
    """Of the operators' API; a bad value stops the process."""

    model_config = _CONFIG

    api_port: int = Field(default=21_109, ge=1, le=65_535, description="Operators' API, TLS.")
    dev_operators_file: Path | None = Field(default=None, description="Development profile alone.")
    grievance_keys_dir: Path = Field(
        description="X25519 private keys that decrypt grievances' descriptions, <name>.pem."
    )
    ingestion_url: str
    score_url: str
    consent_url: str
    vault_url: str
    audit_url: str
    call_timeout_s: float = Field(default=5.0, gt=0, le=30, description="A call with all its tries, seconds.")


class WorkerSettings(ServiceSettings):
    """Of the outbox relay, the consumer and the SLA monitor."""

    model_config = _CONFIG


class MigrateSettings(OwnerSettings):
    """Of `migrate` alone."""

    model_config = _CONFIG

    migrations_dir: Path = Path(__file__).parents[2] / "migrations"
