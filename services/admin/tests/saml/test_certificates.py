"""A certificate that an identity provider signs with: no weak key, no private key, nothing around it."""

from datetime import UTC, datetime, timedelta

import pytest
from altscore_admin.saml.certificates import fingerprints, normal_form, signing_certificates
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ..people import IDP_CERTIFICATE, IDP_KEY, OTHER_CERTIFICATE, SP_CERTIFICATE

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
NOW = datetime(2026, 5, 20, tzinfo=UTC)


def certificate(key: Key, digest: hashes.SHA224 | hashes.SHA256 | None = None) -> str:
    """A certificate of a key, signed by itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=NOW,
        not_valid_after=NOW + timedelta(days=1),
    )
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM).decode()


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """A new key."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def test_certificates_are_taken_over_alone_and_once() -> None:
    text = f"subject=CN=idp\n{IDP_CERTIFICATE}{IDP_CERTIFICATE}\n"
    assert normal_form(text) == IDP_CERTIFICATE
    assert fingerprints(text) == fingerprints(IDP_CERTIFICATE)
    assert len(signing_certificates(IDP_CERTIFICATE + OTHER_CERTIFICATE)) == 2


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_the_listed_curves_are_taken(curve: ec.EllipticCurve) -> None:
    assert len(signing_certificates(certificate(ec.generate_private_key(curve)))) == 1


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (IDP_CERTIFICATE + IDP_KEY, "private key"),
        (IDP_KEY.replace("PRIVATE", "RSA PRIVATE"), "private key"),
        ("", "no certificate"),
        ("é", "no certificate"),
        (IDP_CERTIFICATE[:200], "no certificate"),
        (IDP_CERTIFICATE + OTHER_CERTIFICATE + SP_CERTIFICATE, "more than 2"),
        (certificate(rsa_key(1_024)), "2,048"),
        (certificate(rsa_key(2_048), hashes.SHA224()), "SHA-256"),
        (certificate(ec.generate_private_key(ec.SECP521R1())), "P-256"),
        (certificate(ed25519.Ed25519PrivateKey.generate()), "P-256"),
    ],
    ids=lambda value: value[-30:] if "-----" not in value else "pem",
)
def test_what_nobody_may_sign_with_is_refused_and_not_quoted(pem: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        signing_certificates(pem)
    assert pem == "" or pem not in str(refused.value)
