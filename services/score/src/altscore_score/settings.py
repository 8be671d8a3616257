"""Environment of the score service, read once in main()."""

from pathlib import Path

from altscore_libs.settings import (
    OutboxSettings,
    OwnerSettings,
    ProcessSettings,
    RelaySettings,
    ServiceSettings,
    Settings,
    SignerSettings,
    settings_config,
)
from pydantic import Field, SecretStr, field_validator, model_validator


def _is_long_hex(value: SecretStr) -> SecretStr:
    if len(bytes.fromhex(value.get_secret_value())) < 32:
        raise ValueError("a key has at least 32 bytes in hex")
    return value


class ContextKeySettings(Settings):
    """The key that signs row-level-security contexts; the database holds the same one."""

    model_config = settings_config("SCORE_")

    context_key: SecretStr = Field(description="Hex, at least 32 bytes.")

    _long = field_validator("context_key")(_is_long_hex)

    def context_key_bytes(self) -> bytes:
        """The key itself."""
        return bytes.fromhex(self.context_key.get_secret_value())


class MacKeySettings(Settings):
    """The key of MACs over lenders' rows and cached scores; no database and no Redis holds it."""

    model_config = settings_config("SCORE_")

    mac_key: SecretStr = Field(description="Hex, at least 32 bytes.")

    _long_mac_key = field_validator("mac_key")(_is_long_hex)

    def mac_key_bytes(self) -> bytes:
        """The key itself."""
        return bytes.fromhex(self.mac_key.get_secret_value())


class ServingSettings(ProcessSettings, ContextKeySettings, OutboxSettings):
    """What both processes need; a bad value stops the process."""

    model_config = settings_config("SCORE_")

    redis_url: SecretStr = Field(description="rediss:// outside a development profile.")
    redis_ca_file: Path | None = None
    public_keys_dir: Path = Field(description="Public keys whose seals are trusted, <label>.pem.")

    @model_validator(mode="after")
    def _redis_is_private(self) -> "ServingSettings":
        if self.profile == "production" and not self.redis_url.get_secret_value().startswith("rediss://"):
            raise ValueError("production speaks to Redis over TLS alone")
        return self


class WorkerSettings(ServiceSettings, ServingSettings, RelaySettings):
    """What the projection and the relay need."""

    model_config = settings_config("SCORE_")


class ApiSettings(ServingSettings, MacKeySettings, SignerSettings):
    """What serving lenders needs on top; the token of keys is that of access tokens alone."""

    model_config = settings_config("SCORE_")

    access_database_url: SecretStr = Field(description="Of the role that carries out admin's orders.")
    api_port: int = Field(default=21_101, ge=1, le=65_535, description="Lenders, TLS.")
    admin_port: int = Field(default=21_111, ge=1, le=65_535, description="Admin, mutual TLS.")
    request_timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="A request's head, and then its body, arrive within so many seconds."
    )
    consent_url: str
    vault_url: str
    audit_url: str
    consent_timeout_s: float = Field(
        default=0.6, gt=0, le=5, description="One try, seconds; a call with all its tries lasts half as long again."
    )
    replicas: int = Field(default=1, ge=1, le=64, description="Shares of a quota while Redis is gone.")
    audit_spool_dir: Path | None = Field(default=None, description="Unset: an unwritable outbox is a 503.")


class RotateSettings(OutboxSettings, SignerSettings):
    """For `rotate-jwt-key` alone."""

    model_config = settings_config("SCORE_")

    database_url: SecretStr
    schemas_dir: Path
    jwt_key_lead_s: int = Field(
        default=3_600, ge=0, le=30 * 86_400, description="The next key is published this long before it signs, seconds."
    )


class MigrateSettings(OwnerSettings, ContextKeySettings, MacKeySettings):
    """For `migrate` alone."""

    model_config = settings_config("SCORE_")

    migrations_dir: Path = Path(__file__).parents[2] / "migrations"
