"""Environment of the webhook service, prefix WEBHOOK_."""

from altscore_libs.settings import (
    OutboxSettings,
    OwnerSettings,
    ParkedListenerSettings,
    ProcessSettings,
    RelaySettings,
    SignerSettings,
    settings_config,
)
from pydantic import Field, SecretStr

_CONFIG = settings_config("WEBHOOK_")


class CommonSettings(OutboxSettings, SignerSettings):
    """Environment of both processes."""

    kek_label: str = "webhook-kek"
    wamid_label: str = "wamid"


class ApiSettings(ProcessSettings, CommonSettings):
    """Environment of the api."""

    model_config = _CONFIG

    api_port: int = Field(default=21107, ge=1, le=65_535)
    app_secret: SecretStr = Field(description="Meta's app secret; verifies every delivery.")
    verify_token: SecretStr = Field(description="The token that Meta shows in the handshake.")


class WorkerSettings(ParkedListenerSettings, CommonSettings, RelaySettings):
    """Environment of the worker."""

    model_config = _CONFIG

    consent_url: str
    vault_url: str
    poll_interval_s: float = Field(default=0.5, gt=0, le=5, description="Between two looks at an empty queue, seconds.")
    keep_payload_days: int = Field(default=8, ge=1, le=30, description="Meta repeats a delivery for 7 days.")
    keep_hash_days: int = Field(default=90, ge=8, le=400)
    keep_user_days: int = Field(default=400, ge=90, le=800, description="A user id must outlive a consent of a year.")
    keep_unlinked_days: int = Field(default=30, ge=7, le=400, description="A phone of nobody that the vault knows.")


class MigrateSettings(OwnerSettings):
    """Environment of `migrate`."""

    model_config = _CONFIG
