"""A certificate authority for one test."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NOT_USED = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("encipher_only", "decipher_only"),
)


class Authority:
    """Signs certificates that hold for as long as a test says."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = {"key_cert_sign": True, "crl_sign": True} | dict.fromkeys(_NOT_USED, False)
        now = datetime.now(UTC)
        builder = self._builder(self.name, self.key.public_key(), now - timedelta(days=200), now + timedelta(days=200))
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        self.pem = self._signed(builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True))

    def _builder(self, subject: x509.Name, key: Any, start: datetime, end: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(self, key: Any, *names: x509.GeneralName, from_days: float = -100, to_days: float = 90) -> bytes:
        """A certificate for a key, valid between two offsets from now in days."""
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
        builder = self._builder(subject, key, now + timedelta(days=from_days), now + timedelta(days=to_days))
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        return self._signed(builder)
