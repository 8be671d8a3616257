"""Environment of the vault's processes, read once in main(); a bad value stops the process."""

from altscore_libs.settings import OwnerSettings, ServiceSettings, SignerSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict

_CONFIG = SettingsConfigDict(env_prefix="VAULT_", frozen=True, hide_input_in_errors=True, extra="ignore")


class WorkerSettings(ServiceSettings):
    """The relay of the vault's outbox."""

    model_config = _CONFIG


class ApiSettings(ServiceSettings, SignerSettings):
    """The vault's API."""

    model_config = _CONFIG

    api_port: int = Field(ge=1, le=65_535, description="mTLS port.")
    kek_label: str = "vault-kek"


class MigrateSettings(OwnerSettings):
    """For `vault-migrate` alone."""

    model_config = _CONFIG
