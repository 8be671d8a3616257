"""The connector CA: signs connectors' certificate requests, under a name that it alone chooses."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from altscore_libs.errors import FieldError, InvalidRequest, Unavailable
from altscore_libs.signer import Signer, key_id_of, sign_certificate
from altscore_libs.tls import SPIFFE_DOMAIN
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_LABEL = "connector-ca"
SIGN_S = 2.0
"""Longest wait for the key store; who waits holds the distributor's row."""
LIFETIME = timedelta(days=90)
AUTHORITY_LIFETIME = timedelta(days=3_650)
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
        certificate_pem: the CA's certificate; former ones, whose connectors are still let in, may follow it.
        signer: its key `connector-ca`, P-256, in the key store.
        sign_s: how long the key store may take.

    Raises:
        ValueError: the key store's key is not that of the certificate.
    """

    def __init__(self, certificate_pem: bytes, signer: Signer, *, sign_s: float = SIGN_S) -> None:
        self._certificate = x509.load_pem_x509_certificate(certificate_pem)
        if key_id_of_authority(certificate_pem) != signer.key_id:
            raise ValueError("the key store's key is not that of the connector CA's certificate")
        self._signer = signer
        self._sign_s = sign_s
        self.pem = certificate_pem.decode("ascii")

    async def issue(self, key: PublicKey, distributor_id: str, *, now: datetime) -> IssuedCertificate:
        """A certificate over `key` for 90 days; its only name is the distributor's.

        Raises:
            Unavailable: the key store does not answer.
        """
        name = x509.UniformResourceIdentifier(f"{SPIFFE_DOMAIN}distributor/{distributor_id}")
        not_after = (now + LIFETIME).replace(microsecond=0)
        ca_key_id = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, distributor_id)]))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(not_after)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_key_id), critical=False)
        )
        try:
            async with asyncio.timeout(self._sign_s):
                certificate = await sign_certificate(builder, self._certificate, self._signer)
        except TimeoutError as error:
            raise Unavailable("the key store is not available") from error
        fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
        return IssuedCertificate(pem, fingerprint, not_after)


async def make_authority_certificate(key: ec.EllipticCurvePublicKey, signer: Signer, *, now: datetime) -> str:
    """The certificate of a connector CA with that key, by itself, for ten years; PEM.

    Raises:
        Unavailable: the key store does not answer, or signs with another key.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"altscore-{KEY_LABEL}")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after((now + AUTHORITY_LIFETIME).replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    # Its own authority: of this draft, only name and key are looked at.
    draft = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    certificate = await sign_certificate(builder, draft, signer)
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def key_id_of_authority(certificate_pem: bytes) -> str:
    """The key store's id of the key of a connector CA; of several certificates, the first is that which signs.

    Raises:
        ValueError: no certificate, or one whose key is not on an elliptic curve.
    """
    key = x509.load_pem_x509_certificate(certificate_pem).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("the connector CA's key is not on an elliptic curve")
    return key_id_of(KEY_LABEL, key)


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
