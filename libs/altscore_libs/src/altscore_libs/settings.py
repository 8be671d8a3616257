"""Base of the services' settings: frozen, read once in main(), and silent about other values when one is bad."""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import AliasChoices, AliasPath, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from altscore_libs.outbox_macs import KEY_BYTES
from altscore_libs.tls import ClientTls, ServerTls

LARGEST_EVENT_BYTES = 1_048_576
_Settings = TypeVar("_Settings", bound=BaseSettings)


def settings_config(prefix: str) -> SettingsConfigDict:
    """The configuration of a settings class whose variables start with `prefix`."""
    return SettingsConfigDict(env_prefix=prefix, frozen=True, hide_input_in_errors=True, extra="ignore")


def read_settings(kind: type[_Settings]) -> _Settings:
    """Settings from the environment.

    Raises:
        SystemExit: variables are missing or bad; the message names them and no value.
    """
    try:
        return kind()
    except ValidationError as error:
        missing: list[str] = []
        bad: list[str] = []
        for item in error.errors():
            name = variable_of(kind, str(item["loc"][0])) if item["loc"] else kind.__name__
            (missing if item["type"] == "missing" else bad).append(name)
        parts = [f"missing: {', '.join(sorted(missing))}"] if missing else []
        parts += [f"bad: {', '.join(sorted(set(bad)))}"] if bad else []
        raise SystemExit(f"{kind.__name__}: {'; '.join(parts)}") from None


def variable_of(kind: type[BaseSettings], field: str) -> str:
    """Name of the environment variable of a field (or of a field's alias)."""
    info = kind.model_fields.get(field)
    alias = None if info is None else info.validation_alias
    if isinstance(alias, AliasChoices):
        alias = alias.choices[0]
    if isinstance(alias, AliasPath):
        alias = str(alias.path[0])
    if info is None:
        return field.upper()
    return (alias or f"{kind.model_config.get('env_prefix', '')}{field}").upper()


class Settings(BaseSettings):
    """Common behaviour; a service's class sets `model_config = settings_config("PREFIX_")`."""

    model_config = settings_config("")


class KafkaSettings(Settings):
    """How to reach the brokers and the schema registry."""

    kafka_bootstrap: str
    kafka_username: str
    kafka_password: SecretStr
    kafka_ca_file: Path
    registry_url: str
    largest_event_bytes: int = Field(
        default=LARGEST_EVENT_BYTES, ge=1_024, le=64 * 1_048_576, description="Of a message, decompressed."
    )


class TelemetrySettings(Settings):
    """What a process records of its requests: access lines and spans (docs/operations-logs.md)."""

    access_log_ratio: float = Field(
        default=0.01, ge=0, le=1, description="Share of quick 2xx answers of hot endpoints that leave an access line."
    )
    slow_request_ms: float = Field(default=1_000, gt=0, description="An answer that took longer always leaves a line.")
    otlp_endpoint: str | None = Field(
        default=None, pattern=r"^https?://", description="Base address of a collector's OTLP/HTTP; none: no spans."
    )
    otlp_ca_file: Path | None = Field(default=None, description="CA of the collector.")
    trace_sample_ratio: float = Field(default=0.01, ge=0, le=1, description="Share of traces that are recorded.")


class IsolatedSettings(TelemetrySettings):
    """What a process needs that no service of ours calls and that calls none: no certificate by which one knows it."""

    profile: Literal["development", "production"] = "production"
    database_url: SecretStr
    internal_port: int = Field(ge=1, le=65_535)
    listen_host: str = Field(default="127.0.0.1", description="Address of every port; 0.0.0.0 in a container.")
    schemas_dir: Path


class ProcessSettings(IsolatedSettings):
    """What every other process of ours needs; one that serves an API alone needs no more."""

    tls_cert_file: Path
    tls_key_file: Path
    tls_ca_file: Path

    def client_tls(self) -> ClientTls:
        """For calls to our own services."""
        return ClientTls(self.tls_ca_file, self.tls_cert_file, self.tls_key_file)

    def server_tls(self, other_client_ca_file: Path | None = None) -> ServerTls:
        """For a listener that takes client certificates of the services' CA, and of another one where it is given."""
        return ServerTls(
            self.tls_cert_file,
            self.tls_key_file,
            client_ca_file=self.tls_ca_file,
            other_client_ca_file=other_client_ca_file,
        )


class ServiceSettings(KafkaSettings, ProcessSettings):
    """What a process needs that relays or consumes events; no other one holds a secret of Kafka."""


class ParkedListenerSettings(ServiceSettings):
    """What a worker needs besides that admin asks about what it has set aside."""

    admin_port: int = Field(ge=1, le=65_535, description="mTLS port; admin lists and replays what is set aside.")


class OwnerSettings(Settings):
    """For `migrate` alone (`MigrateSettings` of a service): the role that owns the database."""

    owner_database_url: SecretStr


class SignerSettings(Settings):
    """Where the hardware (or SoftHSM2) keys are and whose public keys are trusted."""

    pkcs11_module: Path
    pkcs11_token: str
    pkcs11_pin: SecretStr
    public_keys_dir: Path


def _is_outbox_key(value: SecretStr) -> SecretStr:
    if len(bytes.fromhex(value.get_secret_value())) < KEY_BYTES:
        raise ValueError(f"an outbox key has at least {KEY_BYTES} bytes in hex")
    return value


class OutboxSettings(Settings):
    """What a process that writes events needs: the secret that their rows are MACed with, which no database knows."""

    outbox_key: SecretStr = Field(description="Hex, at least 32 bytes; of every process of the service.")

    _is_long = field_validator("outbox_key")(_is_outbox_key)

    def outbox_key_bytes(self) -> bytes:
        """The key itself."""
        return bytes.fromhex(self.outbox_key.get_secret_value())


class RelaySettings(KafkaSettings, OutboxSettings):
    """What the process needs that sends a service's events: the relay's database role and the key `<owner>-events`.

    The key is in a token of its own, so that who may send events need not know the PIN of the service's other keys.
    """

    relay_database_url: SecretStr = Field(description="Of the role `<owner>_relay`, which no API process knows.")
    pkcs11_module: Path
    events_pin: SecretStr = Field(description="PIN of the token `<owner>-events`.")
    outbox_key_before: SecretStr | None = Field(
        default=None, description="Accepted too during a rotation, until the rows that wait have been sent."
    )

    @field_validator("outbox_key_before")
    @classmethod
    def _is_long_too(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else _is_outbox_key(value)

    def outbox_keys(self) -> list[bytes]:
        """The keys whose MACs are accepted, the current one first."""
        keys = [self.outbox_key, *([self.outbox_key_before] if self.outbox_key_before is not None else [])]
        return [bytes.fromhex(key.get_secret_value()) for key in keys]


class S3Settings(Settings):
    """The object store."""

    s3_endpoint: str
    s3_region: str = "ap-south-1"
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_ca_file: Path | None = None
