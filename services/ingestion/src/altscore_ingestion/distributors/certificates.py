"""The connector CA: signs connectors' certificate requests, under a name that it alone chooses."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from altscore_libs.errors import FieldError, InvalidRequest
from altscore_libs.tls import SPIFFE_DOMAIN
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=90)
BACKDATED = timedelta(minutes=5)
MIN_RSA_BITS = 3_072
_CURVES = ("secp256r1", "secp384r1")

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True)
class IssuedCertificate:
    """A signed certificate."""

    pem: str
    fingerprint: str
    not_after: datetime


class ConnectorCa:
    """Issues client certificates of distributors.

    Args:
        certificate_pem: the CA's certificate.
        key_pem: its private key, P-256.
    """

    def __init__(self, certificate_pem: bytes, key_pem: bytes) -> None:
        self._certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = serialization.load_pem_private_key(key_pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the connector CA's key is not an elliptic curve key")
        self._key = key
        self.pem = certificate_pem.decode("ascii")

    @classmethod
    def load(cls, certificate_file: Path, key_file: Path) -> "ConnectorCa":
        """Reads the CA from PEM files."""
        return cls(certificate_file.read_bytes(), key_file.read_bytes())

    def issue(self, key: PublicKey, distributor_id: str, *, now: datetime) -> IssuedCertificate:
        """A certificate over `key` for 90 days; its only name is the distributor's."""
        name = x509.UniformResourceIdentifier(f"{SPIFFE_DOMAIN}distributor/{distributor_id}")
        not_after = (now + LIFETIME).replace(microsecond=0)
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        ca_key_id = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, distributor_id)]))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(not_after)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_key_id), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        return IssuedCertificate(pem, fingerprint, not_after)


def key_of_request(csr_pem: str) -> PublicKey:
    """The public key of a certificate request whose own signature holds; everything else in it is ignored.

    Raises:
        InvalidRequest: no request, a wrong signature, or a key that we do not sign.
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode("ascii"))
        is_signed = request.is_signature_valid
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm, InvalidSignature, UnicodeEncodeError):
        raise refused("is not a certificate request") from None
    if not is_signed:
        raise refused("is not signed by its own key")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return key
    raise refused("holds a key other than P-256, P-384 or RSA of 3072 bits and more")


def public_key_sha256(key: PublicKey) -> str:
    """Digest of the key's DER SubjectPublicKeyInfo."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def refused(reason: str) -> InvalidRequest:
    """The refusal of a certificate request."""
    return InvalidRequest("the certificate request was refused", errors=[FieldError("csr_pem", reason)])
