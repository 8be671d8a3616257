"""Environment of the audit service, read once in main()."""

from pathlib import Path

from altscore_libs.settings import OwnerSettings, S3Settings, ServiceSettings, SignerSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict

_PREFIX = SettingsConfigDict(env_prefix="AUDIT_", frozen=True, hide_input_in_errors=True, extra="ignore")


class ApiSettings(ServiceSettings):
    """What the reading door needs; a bad value stops the process."""

    model_config = _PREFIX

    api_port: int = Field(default=21_108, ge=1, le=65_535, description="Internal door, mutual TLS.")


class WorkerSettings(ServiceSettings, SignerSettings, S3Settings):
    """What the recorder and the checkpointer need."""

    model_config = _PREFIX

    s3_bucket: str = Field(default="altscore-audit", description="Made with Object Lock.")
    checkpoint_interval_s: float = Field(default=60.0, gt=0, le=60, description="Longest time without a signature.")


class MigrateSettings(OwnerSettings):
    """For `migrate` alone."""

    model_config = _PREFIX

    migrations_dir: Path = Path(__file__).parents[2] / "migrations"
