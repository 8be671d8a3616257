"""Environment of the ingestion service's processes, read once in main(); a bad value stops the process."""

from pathlib import Path

from altscore_libs.settings import OwnerSettings, S3Settings, ServiceSettings, SignerSettings, settings_config
from pydantic import Field

_CONFIG = settings_config("INGESTION_")


class WorkerSettings(ServiceSettings):
    """The relay of ingestion's outbox."""

    model_config = _CONFIG


class ApiSettings(ServiceSettings, SignerSettings, S3Settings):
    """The API for connectors and admin."""

    model_config = _CONFIG

    api_port: int = Field(ge=1, le=65_535, description="mTLS port of /v1 and of /internal.")
    vault_url: str
    vault_timeout_s: float = Field(
        default=5.0, gt=0, le=60, description="One try of the bulk call, seconds; with a second one half as long again."
    )
    connector_ca_cert_file: Path
    connector_ca_key_file: Path
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1_024, le=50 * 1024 * 1024)
    max_batches_at_once: int = Field(default=4, ge=1, le=32, description="More wait; each holds one connection.")
    bronze_bucket: str = "altscore-bronze"
    quarantine_bucket: str = "altscore-quarantine"
    bronze_retention_days: int = Field(default=1, ge=1, le=3_650)
    s3_kms_key_id: str | None = None
    kek_label: str = "ingestion-kek"


class MigrateSettings(OwnerSettings):
    """For `migrate` alone."""

    model_config = _CONFIG
