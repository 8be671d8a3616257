"""The certificate of this site: what it says, and the swap to a new pair that a crash does not halve.

A new key lies in `<key_file>.next` before it is used, and its certificate in `<certificate_file>.next`. The pair is
tried before it replaces the old one; the key is renamed first, so that a certificate in `.next` without a key beside
it means that a crash came between the two.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from altscore_connector.config import IngestionConfig
from altscore_connector.errors import ConfigError
from altscore_connector.files import sync_folder

RENEW_BEFORE = timedelta(days=30)
_PUBLIC = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class SiteCertificate:
    """When a certificate holds, and its public key."""

    valid_from: datetime
    expires_at: datetime
    public_key: bytes

    def days_left(self, now: datetime) -> int:
        """Whole days to its end; negative afterwards."""
        return (self.expires_at - now) // timedelta(days=1)


def read_certificate(path: Path) -> SiteCertificate:
    """Reads a certificate.

    Raises:
        ConfigError: it is missing or is no certificate.
    """
    try:
        return parse_certificate(path.read_bytes())
    except OSError:
        raise ConfigError(f"{path.name} cannot be read") from None
    except ValueError:
        raise ConfigError(f"{path.name} is no certificate in PEM") from None


def parse_certificate(pem: bytes) -> SiteCertificate:
    """Reads a certificate; ValueError when it is none."""
    certificate = x509.load_pem_x509_certificate(pem)
    return SiteCertificate(
        valid_from=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc,
        public_key=certificate.public_key().public_bytes(*_PUBLIC),
    )


def public_key_of(key_pem: bytes) -> bytes:
    """The public key of a private one.

    Raises:
        ConfigError: it is none.
    """
    try:
        key = serialization.load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError):
        raise ConfigError("the private key cannot be read; it is no unencrypted PEM") from None
    return key.public_key().public_bytes(*_PUBLIC)


def is_due(certificate: SiteCertificate, now: datetime | None = None) -> bool:
    """Whether it ends within 30 days."""
    return certificate.expires_at - (now or datetime.now(UTC)) <= RENEW_BEFORE


def next_file(path: Path) -> Path:
    """Where the new key or certificate waits."""
    return path.with_name(path.name + ".next")


def next_pair(config: IngestionConfig) -> IngestionConfig:
    """The configuration that uses the waiting pair."""
    return replace(config, certificate_file=next_file(config.certificate_file), key_file=next_file(config.key_file))


def finish_swap(config: IngestionConfig) -> None:
    """After a crash between the two renames: the second one."""
    certificate = next_file(config.certificate_file)
    if certificate.exists() and not next_file(config.key_file).exists():
        certificate.replace(config.certificate_file)
        sync_folder(config.certificate_file.parent)


def swap(config: IngestionConfig) -> None:
    """The waiting pair replaces the present one."""
    next_file(config.key_file).replace(config.key_file)
    sync_folder(config.key_file.parent)
    finish_swap(config)
