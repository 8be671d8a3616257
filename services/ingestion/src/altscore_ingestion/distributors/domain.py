"""Distributors and their connectors: what is known about them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Connector:
    """What a presented certificate gives access to, and what must be proven besides it."""

    distributor_id: str
    api_key_hash: bytes
    signing_secret_wrapped: bytes
    is_active: bool
    is_accepted: bool
    backfill_open_until: datetime | None
    max_amount_inr: Decimal


@dataclass(frozen=True)
class NewDistributor:
    """A distributor at the moment of onboarding; secrets only hashed or wrapped."""

    distributor_id: str
    name: str
    api_key_hash: bytes
    signing_secret_wrapped: bytes
    created_at: datetime


@dataclass(frozen=True)
class NewCertificate:
    """A certificate to be put on the allow-list."""

    fingerprint: str
    distributor_id: str
    public_key_sha256: str
    certificate_pem: str
    accepted_until: datetime
    created_at: datetime


@dataclass(frozen=True)
class Credentials:
    """What onboarding answers; both secrets are None when the distributor was known."""

    certificate_pem: str
    ca_pem: str
    api_key: str | None = None
    signing_secret: str | None = None

    @property
    def is_first(self) -> bool:
        """Whether the distributor was unknown before."""
        return self.api_key is not None

    def __repr__(self) -> str:
        return "Credentials(***)"
