"""Environment of the notification service, prefix NOTIFICATION_."""

from pathlib import Path

from altscore_libs.settings import OwnerSettings, ServiceSettings
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

_CONFIG = SettingsConfigDict(env_prefix="NOTIFICATION_", frozen=True, hide_input_in_errors=True, extra="ignore")


class WorkerSettings(ServiceSettings):
    """Of the worker."""

    model_config = _CONFIG

    vault_url: str
    whatsapp_url: str = Field(description="https://graph.facebook.com, or the simulator.")
    whatsapp_api_version: str = "v21.0"
    whatsapp_phone_number_id: str
    whatsapp_token: SecretStr
    whatsapp_ca_file: Path | None = Field(default=None, description="None: the system's authorities.")
    provider_id_key: SecretStr | None = Field(default=None, description="None: provider ids are not kept at all.")
    poll_interval_s: float = Field(default=0.2, gt=0, le=5, description="Between two looks, seconds.")
    keep_days: int = Field(default=30, ge=1, le=90, description="How long finished messages stay.")


class MigrateSettings(OwnerSettings):
    """Of `migrate`."""

    model_config = _CONFIG
