"""Environment of the audit service, read once in main()."""

from pathlib import Path

from altscore_libs.settings import (
    OwnerSettings,
    ProcessSettings,
    S3Settings,
    ServiceSettings,
    Settings,
    SignerSettings,
    settings_config,
)
from altscore_libs.tls import ClientTls
from pydantic import Field, SecretStr

from altscore_audit.siem.domain import Format

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
    siem_host: str | None = Field(default=None, min_length=1, description="Syslog receiver; none: nothing is sent.")
    siem_port: int = Field(default=6_514, ge=1, le=65_535, description="Syslog over TLS (RFC 5425).")
    siem_ca_file: Path | None = Field(default=None, description="Authority of the receiver; none: the services' own.")
    siem_format: Format = Field(default="json", description="How an entry is written.")
    siem_sender: str = Field(
        default="altscore", pattern=r"^[!-~]{1,255}$", description="HOSTNAME of the messages (RFC 5424)."
    )

    def siem_tls(self) -> ClientTls:
        """For the connection to the receiver, with the service's certificate."""
        return ClientTls(self.siem_ca_file or self.tls_ca_file, self.tls_cert_file, self.tls_key_file)


class RewindSettings(OwnerSettings):
    """Of `siem-rewind` alone."""

    model_config = _CONFIG


class ReportSettings(Settings):
    """Of `threat-report` alone."""

    model_config = _CONFIG

    database_url: SecretStr


class MigrateSettings(OwnerSettings):
    """Of `migrate` alone."""

    model_config = _CONFIG

    migrations_dir: Path = Path(__file__).parents[2] / "migrations"
