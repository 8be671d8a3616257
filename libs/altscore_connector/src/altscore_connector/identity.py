"""The connector's own key: made here, never leaves here; only the signing request is sent to AltScore."""

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from altscore_connector.errors import ConfigError


def generate(distributor_id: str, key_file: Path, csr_file: Path) -> None:
    """Writes an EC P-256 key (owner-readable only) and a certificate signing request for the distributor.

    Raises:
        ConfigError: the key file exists; an identity is never overwritten.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    name = x509.UniformResourceIdentifier(f"spiffe://altscore/distributor/{distributor_id}")
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, distributor_id)]))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
    )
    try:
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{key_file.name} exists; an identity is never overwritten") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    csr_file.write_bytes(request.public_bytes(serialization.Encoding.PEM))
