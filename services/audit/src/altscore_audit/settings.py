"""Environment of the audit service, read once in main()."""

from pathlib import Path

from altscore_libs.settings import (
    OwnerSettings,
    ProcessSettings,
    S3Settings,
    ServiceSettings,
    SignerSettings,
    settings_config,
)
from pydantic import Field

_CONFIG = settings_config("AUDIT_")


class ApiSettings(ProcessSettings):
    """Of the read-only API; a bad value stops the process."""

    model_config = _CONFIG

    api_port: int = Field(default=21_108, ge=1, le=65_535, description="Internal API, mutual TLS.")
    public_keys_dir: Path = Field(description="Whose checkpoints are handed out with proofs.")


class WorkerSettings(ServiceSettings, SignerSettings, S3Settings):
    """Of the event consumer and the checkpoint worker."""

    model_config = _CONFIG

    s3_bucket: str = Field(default="altscore-audit", description="Made with Object Lock.")
    checkpoint_interval_s: float = Field(default=60.0, gt=0, le=60, description="Longest time without a signature.")


class MigrateSettings(OwnerSettings):
    """Of `migrate` alone."""

    model_config = _CONFIG

    migrations_dir: Path = Path(__file__).parents[2] / "migrations"
