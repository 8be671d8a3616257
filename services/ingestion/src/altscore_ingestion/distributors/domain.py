"""Distributors and their connectors: what is known about them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

KEY_LIFETIME = timedelta(days=30)
ROTATION_OVERLAP = timedelta(days=7)
REUSED_ABOVE = timedelta(days=30)
"""A certificate that lasts longer is given again for the same key."""


@dataclass(frozen=True)
class ApiKey:
    """An API key with its signing secret, as it is stored.

    Attributes:
        number: a greater one is a later key.
        is_used: whether it was ever presented; the answer that carried an unused key may be lost.
    """

    number: int
    signing_secret_wrapped: bytes
    accepted_until: datetime
    is_used: bool
    is_revoked: bool

    def __repr__(self) -> str:
        return f"ApiKey({self.number})"


@dataclass(frozen=True)
class Certificate:
    """A certificate on the allow-list."""

    fingerprint: str
    accepted_until: datetime
    is_revoked: bool


class Credential(NamedTuple):
    """What proved a sender: one of both."""

    key_number: int | None = None
    sftp_fingerprint: str | None = None


@dataclass(frozen=True)
class Sender:
    """A distributor behind a proven credential."""

    distributor_id: str
    is_active: bool
    backfill_open_until: datetime | None
    max_amount_inr: Decimal

    @property
    def credential(self) -> Credential:
        """What proved it."""
        raise NotImplementedError

    @property
    def installation_id(self) -> str | None:
        """The installation of the connector that it names; None where it is no connector, or names none."""
        return None

    def refusal(self, now: datetime) -> str | None:
        """Why it may not call, for the audit; None when it may."""
        raise NotImplementedError


@dataclass(frozen=True)
class Connector(Sender):
    """A connector whose certificate and API key were presented together.

    Attributes:
        key: the key that was presented; a distributor may have two while one takes over from the other.
        installation_id: that it names; None of a connector of before.
    """

    certificate: Certificate
    key: ApiKey
    installation_id: str | None = None

    @property
    def credential(self) -> Credential:
        """The API key."""
        return Credential(key_number=self.key.number)

    def refusal(self, now: datetime) -> str | None:
        """Why it may not call, for the audit; None when it may."""
        if self.certificate.is_revoked or self.certificate.accepted_until <= now:
            return "certificate_not_accepted"
        if not self.is_active:
            return "distributor_inactive"
        if self.key.is_revoked or self.key.accepted_until <= now:
            return "api_key_not_accepted"
        return None


@dataclass(frozen=True)
class SftpAccount(Sender):
    """A distributor whose SSH key was proven."""

    fingerprint: str
    is_key_revoked: bool

    @property
    def credential(self) -> Credential:
        """The SSH key."""
        return Credential(sftp_fingerprint=self.fingerprint)

    def refusal(self, now: datetime) -> str | None:  # noqa: ARG002  # an SSH key has no end of its own
        """Why it may not call, for the audit; None when it may."""
        if not self.is_active:
            return "distributor_inactive"
        return "ssh_key_revoked" if self.is_key_revoked else None


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
class NewKey:
    """A fresh API key: what its owner is told, and what is stored."""

    api_key: str
    signing_secret: str
    api_key_hash: bytes
    signing_secret_wrapped: bytes

    def __repr__(self) -> str:
        return "NewKey(***)"


@dataclass(frozen=True)
class RotatedKey:
    """What a rotation answers; until `previous_valid_until` the key before it works, too."""

    api_key: str
    signing_secret: str
    valid_from: datetime
    expires_at: datetime
    previous_valid_until: datetime | None

    def __repr__(self) -> str:
        return "RotatedKey(***)"


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


@dataclass(frozen=True)
class ReissuedCredentials:
    """What operations get for a distributor: the key, and a certificate where one was asked for."""

    key: RotatedKey
    certificate_pem: str | None
    ca_pem: str | None


@dataclass(frozen=True)
class Revocation:
    """What a revocation ended."""

    revoked_at: datetime
    keys: int
    certificates: int
    sftp_keys: int
