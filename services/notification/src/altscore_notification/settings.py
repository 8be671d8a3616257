"""Environment of the notification service, prefix NOTIFICATION_."""

from pathlib import Path
from typing import Self

from altscore_libs.settings import OwnerSettings, ParkedListenerSettings, RelaySettings, settings_config
from pydantic import Field, SecretStr, model_validator

from altscore_notification.sms.domain import TEMPLATE_KEYS

_CONFIG = settings_config("NOTIFICATION_")


class WorkerSettings(ParkedListenerSettings, RelaySettings):
    """Environment of the worker."""

    model_config = _CONFIG

    public_keys_dir: Path = Field(description="Public keys; erasure-signing.pem verifies certificates of erasure.")
    vault_url: str
    whatsapp_url: str = Field(description="https://graph.facebook.com, or the simulator.")
    whatsapp_api_version: str = "v21.0"
    whatsapp_phone_number_id: str
    whatsapp_token: SecretStr
    whatsapp_ca_file: Path | None = Field(default=None, description="None: the system's authorities.")
    sms_url: str | None = Field(default=None, description="https://control.msg91.com; None: there is no SMS.")
    sms_authkey: SecretStr | None = None
    sms_template_ids: dict[str, str] = Field(
        default_factory=dict, description="JSON: `<kind>.<language>` to the gateway's id of the registered template."
    )
    sms_after_s: int = Field(default=1800, ge=60, le=43_200, description="How long WhatsApp alone is tried, seconds.")
    sms_ca_file: Path | None = Field(default=None, description="None: the system's authorities.")
    provider_id_key: SecretStr | None = Field(default=None, description="None: provider ids are not kept at all.")
    poll_interval_s: float = Field(default=0.5, gt=0, le=5, description="Between two looks at an empty queue, seconds.")
    keep_days: int = Field(default=30, ge=1, le=90, description="How long finished messages stay.")

    @model_validator(mode="after")
    def _sms_is_whole_or_absent(self) -> Self:
        if self.sms_url is None:
            return self
        if self.sms_authkey is None or set(self.sms_template_ids) != TEMPLATE_KEYS:
            raise ValueError(f"SMS_URL needs SMS_AUTHKEY and SMS_TEMPLATE_IDS for {sorted(TEMPLATE_KEYS)}")
        return self


class MigrateSettings(OwnerSettings):
    """Environment of `migrate`."""

    model_config = _CONFIG
