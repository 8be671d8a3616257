"""Environment of the consent service, prefix CONSENT_."""

from altscore_libs.settings import OwnerSettings, ServiceSettings, SignerSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict

_CONFIG = SettingsConfigDict(env_prefix="CONSENT_", frozen=True, hide_input_in_errors=True, extra="ignore")


class WorkerSettings(ServiceSettings):
    """Of the worker, which needs no key."""

    model_config = _CONFIG

    expiry_interval_s: float = Field(default=5.0, gt=0, le=60, description="Between two looks, seconds.")


class SigningSettings(SignerSettings):
    """Of what signs, seals or makes keys."""

    model_config = _CONFIG

    signer_key_label: str = Field(default="consent-signing", description="The first key; later ones are <label>.<n>.")
    seal_key_label: str = Field(default="consent-seal", description="HMAC secret that seals states.")
    seal_key_label_before: str | None = Field(default=None, description="Believed too, until `reseal` has run.")


class UpkeepSettings(ServiceSettings, SigningSettings):
    """Of `rotate-key`, `reseal` and `sweep`."""

    model_config = _CONFIG


class ApiSettings(ServiceSettings, SigningSettings):
    """Of the api."""

    model_config = _CONFIG

    api_port: int = Field(default=21102, ge=1, le=65_535)
    invite_ttl_days: int = Field(default=30, ge=1, le=365, description="How long an invite may be answered.")
    pool_max_size: int = Field(default=8, ge=1, le=64)


class MigrateSettings(OwnerSettings):
    """Of `migrate`."""

    model_config = _CONFIG
