"""RSA keys of a PKCS#11 token: RS256 signatures, and the keys' making and end."""

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pkcs11.util.rsa import encode_rsa_public_key

from altscore_libs.settings import SignerSettings
from altscore_libs.signer.token import Token

DIGEST_BYTES = 32
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""What PKCS#1 puts before a SHA-256 digest (RFC 8017, 9.2): PKCS#11 signs what it is given, a digest is none yet."""
_SIGNATURES = pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY


class Pkcs11RsaSigner:
    """RsaSigner on a PKCS#11 token."""

    def __init__(self, settings: SignerSettings) -> None:
        self._token = Token(settings)

    async def sign(self, label: str, message_digest: bytes) -> bytes:
        """The signature by the key `label` over a SHA-256 digest, PKCS#1 v1.5."""
        if len(message_digest) != DIGEST_BYTES:
            raise ValueError("only SHA-256 digests are signed")

        def work() -> bytes:
            key = self._token.open().get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label)
            return bytes(key.sign(_SHA256_DIGEST_INFO + message_digest, mechanism=pkcs11.Mechanism.RSA_PKCS))

        return await self._token.run(work)


async def rsa_key_labels(settings: SignerSettings) -> list[str]:
    """Labels of the token's RSA pairs, in order.

    Raises:
        Unavailable: no such token.
    """
    token = Token(settings)
    query = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY,
        pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.RSA,
    }
    return await token.run(lambda: sorted(key.label for key in token.open().get_objects(query)))


async def make_rsa_key(settings: SignerSettings, label: str, bits: int) -> bytes:
    """Makes an RSA pair that never leaves the token; returns the public key as PEM.

    Raises:
        Unavailable: no such token, or it takes no new keys.
    """
    token = Token(settings)

    def work() -> bytes:
        with token.writing() as session:
            public, _ = session.generate_keypair(
                pkcs11.KeyType.RSA, bits, label=label, id=label.encode(), store=True, capabilities=_SIGNATURES
            )
            return load_der_public_key(encode_rsa_public_key(public)).public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            )

    return await token.run(work, tries=1)  # it may have made the pair before it failed


async def destroy_rsa_key(settings: SignerSettings, label: str) -> None:
    """Destroys every object of that label, private and public; a label that is not there is no error.

    Raises:
        Unavailable: no such token, or it lets no key go.
    """
    token = Token(settings)

    def work() -> None:
        with token.writing() as session:
            for key in list(session.get_objects({pkcs11.Attribute.LABEL: label})):
                key.destroy()

    await token.run(work)
