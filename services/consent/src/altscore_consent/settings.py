"""Environment of the consent service, prefix CONSENT_."""

from typing import Literal

from altscore_libs.settings import (
    OutboxSettings,
    OwnerSettings,
    ProcessSettings,
    RelaySettings,
    ServiceSettings,
    SignerSettings,
    settings_config,
)
from pydantic import Field, SecretStr

SERVICE = "consent"
_CONFIG = settings_config("CONSENT_")


class SigningSettings(SignerSettings):
    """Settings of every command that signs records, computes MACs or makes keys."""

    model_config = _CONFIG

    signer_key_label: str = Field(default="consent-signing", description="The first key; later ones are <label>.<n>.")
    seal_key_label: str = Field(default="consent-seal", description="Secret that the MACs of states are made with.")
    seal_key_label_before: str | None = Field(default=None, description="Accepted too, until `remac` has run.")


class MaintenanceSettings(ProcessSettings, OutboxSettings, SigningSettings):
    """Settings of `rotate-key`, `remac` and `sweep`."""

    model_config = _CONFIG


class WorkerSettings(ServiceSettings, SigningSettings, RelaySettings):
    """Settings of `worker`; it signs the withdrawals that an erasure brings."""

    model_config = _CONFIG

    expiry_interval_s: float = Field(default=5.0, gt=0, le=60, description="Pause between two runs, seconds.")


class ApiSettings(ProcessSettings, OutboxSettings, SigningSettings):
    """Settings of `api`."""

    model_config = _CONFIG

    api_port: int = Field(default=21102, ge=1, le=65_535)
    app_secret: SecretStr = Field(description="Meta's app secret; verifies the deliveries that prove answers.")
    vault_url: str
    typed_answers: Literal["grant", "confirm"] = Field(
        default="grant", description="Whether a typed HAAN grants, or must be confirmed by a tap."
    )
    invite_ttl_days: int = Field(default=30, ge=1, le=365, description="How long an invite may be answered.")
    pool_max_size: int = Field(default=8, ge=1, le=64)


class MigrateSettings(OwnerSettings):
    """Settings of `migrate`."""

    model_config = _CONFIG
