"""Base of the services' settings: frozen, read once in main(), and silent about other values when one is bad."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from altscore_libs.tls import ClientTls, ServerTls


class Settings(BaseSettings):
    """Common behaviour; a service's class adds `env_prefix`."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")


class KafkaSettings(Settings):
    """How to reach the brokers and the schema registry."""

    kafka_bootstrap: str
    kafka_username: str
    kafka_password: SecretStr
    kafka_ca_file: Path
    registry_url: str


class ServiceSettings(KafkaSettings):
    """What every process of ours needs."""

    profile: Literal["development", "production"] = "production"
    database_url: SecretStr
    internal_port: int = Field(ge=1, le=65_535)
    schemas_dir: Path
    tls_cert_file: Path
    tls_key_file: Path
    tls_ca_file: Path

    def client_tls(self) -> ClientTls:
        """For calls to our own services."""
        return ClientTls(self.tls_ca_file, self.tls_cert_file, self.tls_key_file)

    def server_tls(self, client_ca_file: Path | None = None) -> ServerTls:
        """For a listener; client certificates are checked against `client_ca_file`, by default the services' CA."""
        return ServerTls(self.tls_cert_file, self.tls_key_file, client_ca_file or self.tls_ca_file)


class OwnerSettings(Settings):
    """For `migrate` alone: the role that owns the database."""

    owner_database_url: SecretStr


class SignerSettings(Settings):
    """Where the hardware (or SoftHSM2) keys are and whose public keys are trusted."""

    pkcs11_module: Path
    pkcs11_token: str
    pkcs11_pin: SecretStr
    public_keys_dir: Path


class S3Settings(Settings):
    """The object store."""

    s3_endpoint: str
    s3_region: str = "ap-south-1"
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_ca_file: Path | None = None
