"""Environment of the vault's processes, read once in main(); a bad value stops the process."""

from altscore_libs.settings import OwnerSettings, ServiceSettings, SignerSettings, settings_config
from pydantic import Field

_CONFIG = settings_config("VAULT_")


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
