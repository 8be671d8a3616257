"""Environment of the portal's processes, read once in main(); a bad value stops the process."""

from pathlib import Path
from typing import Self

from altscore_libs.settings import (
    OutboxSettings,
    OwnerSettings,
    ProcessSettings,
    RelaySettings,
    ServiceSettings,
    Settings,
    settings_config,
)
from pydantic import Field, SecretStr, field_validator, model_validator

_CONFIG = settings_config("PORTAL_")
_KEY_BYTES = 32


class ContactKeySettings(Settings):
    """The key of people's contacts; no database holds it."""

    model_config = _CONFIG

    contact_key: SecretStr = Field(description="Hex, at least 32 bytes; encrypts e-mail addresses, phones and codes.")

    @field_validator("contact_key")
    @classmethod
    def _is_long_contact_key(cls, value: SecretStr) -> SecretStr:
        if len(bytes.fromhex(value.get_secret_value())) < _KEY_BYTES:
            raise ValueError("a key has at least 32 bytes in hex")
        return value

    def contact_key_bytes(self) -> bytes:
        """The key itself."""
        return bytes.fromhex(self.contact_key.get_secret_value())


class ApiSettings(ProcessSettings, OutboxSettings, ContactKeySettings):
    """Of the portal's API."""

    model_config = _CONFIG

    api_port: int = Field(ge=1, le=65_535, description="Browsers, TLS without client certificates.")
    admin_port: int = Field(ge=1, le=65_535, description="mTLS port; admin enrols and suspends people.")
    public_origin: str = Field(
        pattern=r"^https://[A-Za-z0-9.:-]+$", description="Where browsers reach the portal; of redirect addresses."
    )
    ingestion_url: str
    consent_url: str
    vault_url: str
    score_url: str
    pages_dir: Path = Field(
        default=Path(__file__).parents[3] / "web" / "dist", description="Built pages, a folder for each entry."
    )
    call_timeout_s: float = Field(default=5.0, gt=0, le=30, description="A call with all its tries, seconds.")
    oidc_issuer: str | None = Field(
        default=None, pattern=r"^https://[^\s?#]+$", description="Distributors' identity provider; None: codes by us."
    )
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_ca_file: Path | None = Field(default=None, description="None: the system's authorities.")

    @model_validator(mode="after")
    def _oidc_is_whole_or_absent(self) -> Self:
        if self.oidc_issuer is not None and (self.oidc_client_id is None or self.oidc_client_secret is None):
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
        return self


class WorkerSettings(ServiceSettings, RelaySettings, ContactKeySettings):
    """Of the worker: the relay of the outbox, and the sending of codes."""

    model_config = _CONFIG

    sms_url: str | None = Field(default=None, description="https://control.msg91.com; None: codes go by nobody's SMS.")
    sms_authkey: SecretStr | None = None
    sms_code_template_ids: dict[str, str] = Field(
        default_factory=dict, description="JSON: portal_code.hi and portal_code.en to the gateway's template ids."
    )
    sms_ca_file: Path | None = Field(default=None, description="None: the system's authorities.")
    smtp_host: str | None = Field(default=None, description="None: there is no e-mail.")
    smtp_port: int = Field(default=587, ge=1, le=65_535, description="STARTTLS.")
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_sender: str = Field(default="portal@altscore.in", pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$")
    smtp_ca_file: Path | None = Field(default=None, description="None: the system's authorities.")

    @model_validator(mode="after")
    def _channels_are_whole_or_absent(self) -> Self:
        templates = {"portal_code.hi", "portal_code.en"}
        if self.sms_url is not None and (self.sms_authkey is None or set(self.sms_code_template_ids) != templates):
            raise ValueError(f"SMS_URL needs SMS_AUTHKEY and SMS_CODE_TEMPLATE_IDS for {sorted(templates)}")
        if self.smtp_username is not None and self.smtp_password is None:
            raise ValueError("SMTP_USERNAME needs SMTP_PASSWORD")
        return self


class MigrateSettings(OwnerSettings):
    """Of `portal-migrate` alone."""

    model_config = _CONFIG
