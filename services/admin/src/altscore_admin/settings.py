"""Environment of the admin service, read once in main()."""

from pathlib import Path

from altscore_libs.settings import OwnerSettings, ServiceSettings, SignerSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict

_PREFIX = SettingsConfigDict(env_prefix="ADMIN_", frozen=True, hide_input_in_errors=True, extra="ignore")


class ApiSettings(ServiceSettings, SignerSettings):
    """What the operators' door needs; a bad value stops the process."""

    model_config = _PREFIX

    api_port: int = Field(default=21_109, ge=1, le=65_535, description="Operators' door, TLS.")
    dev_operators_file: Path | None = Field(default=None, description="Development profile alone.")
    grievance_keys_dir: Path = Field(description="X25519 private keys that open grievances' descriptions, <name>.pem.")
    ingestion_url: str
    score_url: str
    consent_url: str
    vault_url: str
    audit_url: str
    call_timeout_s: float = Field(default=5.0, gt=0, le=30, description="One try, seconds.")


class WorkerSettings(ServiceSettings):
    """What the relay and the consumer need."""

    model_config = _PREFIX


class MigrateSettings(OwnerSettings):
    """For `migrate` alone."""

    model_config = _PREFIX

    migrations_dir: Path = Path(__file__).parents[2] / "migrations"
