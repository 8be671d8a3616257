"""Environment of the vault's processes, read once in main(); a bad value stops the process."""

from pathlib import Path

from altscore_libs.settings import (
    OutboxSettings,
    OwnerSettings,
    ProcessSettings,
    RelaySettings,
    ServiceSettings,
    SignerSettings,
    settings_config,
)
from pydantic import Field

_CONFIG = settings_config("VAULT_")


class WorkerSettings(ServiceSettings, RelaySettings):
    """The relay of the vault's outbox, and erasures that are done again after a restore."""

    model_config = _CONFIG

    public_keys_dir: Path = Field(description="Public keys; erasure-signing.pem verifies certificates of erasure.")


class ApiSettings(ProcessSettings, OutboxSettings, SignerSettings):
    """The vault's API."""

    model_config = _CONFIG

    api_port: int = Field(ge=1, le=65_535, description="mTLS port.")
    kek_label: str = Field(default="vault-kek", description="Key that wraps data keys.")
    kek_label_before: str | None = Field(default=None, description="Unwraps too, until `vault-rewrap` has run.")
    reveals_per_hour: int = Field(default=3_000, ge=1, description="Phones that a caller gets from one process.")
    reveals_per_retailer: int = Field(
        default=200, ge=1, description="Of one retailer in 24 hours, by one process; one message tries 35 times."
    )
    resolves_per_hour: int = Field(default=30_000, ge=1, description="Numbers that a caller asks of one process.")
    signer_key_label: str = Field(default="erasure-signing", description="Key that signs certificates of erasure.")


class MigrateSettings(OwnerSettings):
    """For `vault-migrate` alone."""

    model_config = _CONFIG
