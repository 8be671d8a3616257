"""Environment of the ingestion service's processes, read once in main(); a bad value stops the process."""

from pathlib import Path

from altscore_libs.settings import (
    IsolatedSettings,
    OutboxSettings,
    OwnerSettings,
    ProcessSettings,
    RelaySettings,
    S3Settings,
    ServiceSettings,
    SignerSettings,
    settings_config,
)
from pydantic import Field, SecretStr

_CONFIG = settings_config("INGESTION_")


class WorkerSettings(ServiceSettings, RelaySettings):
    """The relay of ingestion's outbox."""

    model_config = _CONFIG


class ApiSettings(ProcessSettings, OutboxSettings, SignerSettings, S3Settings):
    """The API for connectors and admin."""

    model_config = _CONFIG

    api_port: int = Field(ge=1, le=65_535, description="mTLS port of /v1 and of /internal.")
    vault_url: str
    vault_timeout_s: float = Field(
        default=5.0, gt=0, le=60, description="One try of the bulk call, seconds; with a second one half as long again."
    )
    connector_ca_cert_file: Path
    connector_ca_pin: SecretStr = Field(
        description="PIN of the token `ingestion-ca` with the key `connector-ca`; no other process knows it."
    )
    max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1_024, le=50 * 1024 * 1024)
    max_batches_at_once: int = Field(default=4, ge=1, le=32, description="More wait; each holds one connection.")
    bronze_bucket: str = "altscore-bronze"
    quarantine_bucket: str = "altscore-quarantine"
    bronze_retention_days: int = Field(default=1, ge=1, le=3_650)
    s3_kms_key_id: str | None = None
    kek_label: str = "ingestion-kek"
    signer_key_label: str = Field(default="ingestion-manifests", description="Key that signs manifests of Bronze.")


class SftpSettings(IsolatedSettings, OutboxSettings, SignerSettings):
    """The SFTP server, which distributors without a connector reach; neither vault, Bronze nor broker, and no
    certificate, so that nobody takes it for ingestion."""

    model_config = _CONFIG

    sftp_port: int = Field(ge=1, le=65_535)
    sftp_host_key_file: Path = Field(description="Private key in OpenSSH's or PEM form, without passphrase.")
    sftp_max_connections: int = Field(default=100, ge=1, le=1_000)
    kek_label: str = "ingestion-kek"


class CatchUpSettings(OutboxSettings, S3Settings):
    """For `catch-up`, which a person runs after a restore; its store user may list Bronze and writes nothing there."""

    model_config = _CONFIG

    database_url: SecretStr
    schemas_dir: Path
    public_keys_dir: Path = Field(description="Public keys; ingestion-manifests.pem verifies manifests of Bronze.")
    bronze_bucket: str = "altscore-bronze"


class MigrateSettings(OwnerSettings):
    """For `migrate` alone."""

    model_config = _CONFIG
