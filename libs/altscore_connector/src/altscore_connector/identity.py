"""The connector's own key: made here, never leaves here; only the signing request is sent to AltScore."""

import os
import re
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from altscore_connector.errors import ConfigError

DISTRIBUTOR_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_key() -> bytes:
    """An EC P-256 private key in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signing_request(distributor_id: str, key_pem: bytes) -> bytes:
    """The certificate signing request of a key for the distributor, in PEM.

    Raises:
        ConfigError: the key cannot be read.
    """
    try:
        key = serialization.load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError):
        raise ConfigError("the private key cannot be read; it is no unencrypted PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError("the private key is not of the kind that `init` makes (EC P-256)")
    name = x509.UniformResourceIdentifier(f"spiffe://altscore/distributor/{distributor_id}")
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, distributor_id)]))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM)


def generate(distributor_id: str, key_file: Path, csr_file: Path) -> None:
    """Writes an EC P-256 key (owner-readable only) and a certificate signing request for the distributor.

    Raises:
        ConfigError: the key file exists; an identity is never overwritten.
    """
    if not DISTRIBUTOR_ID.fullmatch(distributor_id):
        raise ConfigError("a distributor_id has letters, digits, _ and - alone, as AltScore tells it")
    pem = new_key()
    try:
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{key_file.name} exists; an identity is never overwritten") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    csr_file.write_bytes(signing_request(distributor_id, pem))
