"""Environment of the admin service, read once in main()."""

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
from pydantic import Field, ValidationInfo, field_validator

from altscore_admin.operators.domain import Role
from altscore_admin.rights.domain import NOTICE

_CONFIG = settings_config("ADMIN_")


class SignInSettings(Settings):
    """Of operators' sign-in: all of it in production; a development profile may do without."""

    model_config = _CONFIG

    public_origin: str | None = Field(
        default=None, pattern=r"^https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?$", description="Of our pages, for browsers."
    )
    saml_idp_entity_id: str | None = None
    saml_idp_sso_url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    saml_idp_certificates_file: Path | None = Field(
        default=None, description="PEM; what the identity provider signs with, two during a change."
    )
    saml_sp_key_file: Path | None = Field(default=None, description="RSA private key that signs our requests.")
    saml_sp_certificate_file: Path | None = None
    saml_roles_attribute: str = Field(default="roles", min_length=1, description="Attribute whose values give roles.")
    saml_roles: dict[str, Role] | None = Field(default=None, description="JSON: our role behind each value.")
    key_roots_dir: Path | None = Field(
        default=None, description="Makers' root certificates of security keys: <attestation format>/<name>.pem."
    )
    key_aaguids: list[str] | None = Field(default=None, description="JSON: accepted models of security keys.")


class ApiSettings(ProcessSettings, OutboxSettings, SignerSettings, SignInSettings):
    """Of the operators' API; a bad value stops the process."""

    model_config = _CONFIG

    api_port: int = Field(default=21_109, ge=1, le=65_535, description="Operators' API, TLS.")
    dev_operators_file: Path | None = Field(default=None, description="Development profile alone.")
    grievance_keys_dir: Path = Field(
        description="X25519 private keys that decrypt grievances' descriptions, <name>.pem."
    )
    ingestion_url: str
    score_url: str
    consent_url: str
    vault_url: str
    audit_url: str
    portal_url: str
    webhook_url: str = Field(description="Of the worker, which answers for what it has set aside; as the two below.")
    notification_url: str
    scoring_url: str
    pages_dir: Path = Field(
        default=Path(__file__).parents[2] / "web" / "dist", description="Built pages, a folder for each entry."
    )
    call_timeout_s: float = Field(default=5.0, gt=0, le=30, description="A call with all its tries, seconds.")
    erasure_notice_s: int = Field(
        default=int(NOTICE.total_seconds()),
        ge=1,
        description="From telling a retailer of an erasure to its approval; below 48 hours in development alone.",
    )

    @field_validator("erasure_notice_s")
    @classmethod
    def _is_the_whole_notice(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("profile") != "development" and value < NOTICE.total_seconds():
            raise ValueError("a retailer has 48 hours to object")
        return value


class WorkerSettings(ServiceSettings, RelaySettings):
    """Of the outbox relay, the consumer and the SLA monitor."""

    model_config = _CONFIG

    compliance_reports_kept_days: int = Field(
        default=2_557, ge=90, le=3_653, description="How long a compliance report stays; seven years, as the audit."
    )


class MigrateSettings(OwnerSettings):
    """Of `migrate` alone."""

    model_config = _CONFIG

    migrations_dir: Path = Path(__file__).parents[2] / "migrations"
