"""A certificate that a key of the key store signed is one like any other, and one that does not verify is none."""

import datetime as dt

import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import Signer, make_signing_key, open_signer, sign_certificate
from altscore_libs.testing import SoftwareSigner
from altscore_libs.testing_tokens import SoftTokens, soft_tokens
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509.oid import NameOID

__all__ = ["soft_tokens"]
NOW = dt.datetime(2026, 5, 20, 8, tzinfo=dt.UTC)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def builder(subject: str, key: ec.EllipticCurvePublicKey, *, issuer: str = "authority") -> x509.CertificateBuilder:
    """What a certificate says."""
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + dt.timedelta(days=90))
    )


LEAF = builder("leaf", ec.generate_private_key(ec.SECP256R1()).public_key())


@pytest.fixture(scope="session")
def token(soft_tokens: SoftTokens) -> SignerSettings:
    return soft_tokens.make("authority")


async def authority_of(token: SignerSettings, label: str) -> tuple[x509.Certificate, Signer]:
    """An authority whose key was made in the token, and what signs with it; the certificate is another's work."""
    key = load_pem_public_key(await make_signing_key(token, label))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    maker = ec.generate_private_key(ec.SECP256R1())
    return builder("authority", key).sign(maker, hashes.SHA256()), await open_signer(token, label)


async def test_what_the_token_signed_verifies_and_says_what_the_builder_says(token: SignerSettings) -> None:
    authority, signer = await authority_of(token, "first")
    issued = [await sign_certificate(LEAF, authority, signer) for _ in range(20)]  # r and s of every length
    for certificate in issued:
        certificate.verify_directly_issued_by(authority)
        assert (certificate.subject, certificate.issuer) == (name("leaf"), authority.subject)
        assert certificate.not_valid_after_utc == NOW + dt.timedelta(days=90)
        assert certificate.serial_number == issued[0].serial_number
        assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)


async def test_a_certificate_by_another_key_than_the_authoritys_is_handed_to_nobody(token: SignerSettings) -> None:
    authority, _ = await authority_of(token, "second")
    with pytest.raises(Unavailable):
        await sign_certificate(LEAF, authority, SoftwareSigner("second"))


async def test_a_certificate_in_the_name_of_another_issuer_is_refused(token: SignerSettings) -> None:
    authority, signer = await authority_of(token, "third")
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(ValueError, match=r"[Ii]ssuer"):
        await sign_certificate(builder("leaf", key, issuer="another"), authority, signer)
