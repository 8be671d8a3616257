"""The ports on a PKCS#11 token: SoftHSM2 locally, a hardware module in production."""

import os
from collections.abc import Sequence
from typing import Any

import pkcs11
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11.mechanisms import GCMParams
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from altscore_libs.settings import SignerSettings
from altscore_libs.signer.public_keys import key_id_of
from altscore_libs.signer.token import Token

NONCE_BYTES = 12
TAG_BYTES = 16


class Pkcs11Signer:
    """Signer on a PKCS#11 token."""

    def __init__(self, token: Token, label: str, key_id: str) -> None:
        self._token = token
        self._label = label
        self.key_id = key_id

    async def sign(self, message_digest: bytes) -> bytes:
        """64 bytes r||s over a SHA-256 digest."""
        return (await self.sign_many([message_digest]))[0]

    async def sign_many(self, message_digests: Sequence[bytes]) -> list[bytes]:
        """As `sign` of each digest, in order; looking the key up costs several times what a signature does."""

        def work() -> list[bytes]:
            key = self._token.open().get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._label)
            return [bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)) for digest in message_digests]

        return await self._token.run(work)


class Pkcs11Wrapper:
    """KeyWrapper on a PKCS#11 token."""

    def __init__(self, token: Token, label: str) -> None:
        self._token = token
        self._label = label

    async def wrap(self, plain: bytes) -> bytes:
        """Nonce and AES-256-GCM ciphertext."""
        nonce = os.urandom(NONCE_BYTES)

        def work() -> bytes:
            return bytes(self._key().encrypt(plain, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(nonce)))

        return nonce + await self._token.run(work)

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The plain bytes; ValueError when they were not wrapped by this key."""
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]

        def work() -> bytes | None:
            key = self._key()  # a token that is gone answers as to a wrong tag
            try:
                return bytes(key.decrypt(body, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(nonce)))
            except (
                pkcs11.exceptions.EncryptedDataInvalid,
                pkcs11.exceptions.EncryptedDataLenRange,
                pkcs11.exceptions.GeneralError,  # what SoftHSM2 answers to a wrong tag
            ):
                return None

        plain = await self._token.run(work)
        if plain is None:
            raise ValueError("not wrapped by this key")
        return plain

    async def hmac(self, label: str, data: bytes) -> bytes:
        """HMAC-SHA256 under the token's secret `label`."""
        return (await self.hmac_many(label, [data]))[0]

    async def hmac_many(self, label: str, items: Sequence[bytes]) -> list[bytes]:
        """HMAC-SHA256 of each item, in order."""

        def work() -> list[bytes]:
            key = self._token.open().get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=label)
            return [bytes(key.sign(item, mechanism=pkcs11.Mechanism.SHA256_HMAC)) for item in items]

        return await self._token.run(work)

    def _key(self) -> Any:
        return self._token.open().get_key(object_class=pkcs11.ObjectClass.SECRET_KEY, label=self._label)


def _gcm(nonce: bytes) -> GCMParams:
    return GCMParams(nonce, b"", TAG_BYTES * 8)


async def open_signer(settings: SignerSettings, label: str) -> Pkcs11Signer:
    """The token's P-256 key `label`.

    Raises:
        Unavailable: no such token or key.
    """
    token = Token(settings)

    def work() -> str:
        key = token.open().get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=label)
        return key_id_of(label, _public_key(key))

    return Pkcs11Signer(token, label, await token.run(work))


async def open_wrapper(settings: SignerSettings, label: str) -> Pkcs11Wrapper:
    """The token's AES-256 key `label`, and its HMAC secrets.

    Raises:
        Unavailable: no such token or key.
    """
    token = Token(settings)
    wrapper = Pkcs11Wrapper(token, label)
    await wrapper.unwrap(await wrapper.wrap(b"probe"))
    return wrapper


async def derive_key(settings: SignerSettings, label: str, context: bytes) -> bytes:
    """32 bytes that only the token's secret `label` gives for that context.

    Raises:
        Unavailable: no such token or secret.
    """
    return await Pkcs11Wrapper(Token(settings), label).hmac(label, context)


async def signing_keys(settings: SignerSettings, base: str) -> dict[str, str]:
    """Ids of the token's P-256 keys named `base` or `base.<n>`, by label.

    Raises:
        Unavailable: no such token.
    """
    token = Token(settings)

    def work() -> dict[str, str]:
        key_ids = {}
        for key in token.open().get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY}):
            if key.label.split(".")[0] == base:
                key_ids[key.label] = key_id_of(base, _public_key(key))
        return key_ids

    return await token.run(work)


async def make_signing_key(settings: SignerSettings, label: str) -> bytes:
    """Makes a P-256 pair that never leaves the token; returns the public key as PEM.

    Raises:
        Unavailable: no such token, or it takes no new keys.
    """
    token = Token(settings)

    def work() -> bytes:
        with token.writing() as session:
            curve = session.create_domain_parameters(
                pkcs11.KeyType.EC,
                {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
                local=True,
            )
            public, _ = curve.generate_keypair(
                mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN, store=True, label=label, id=label.encode()
            )
            return _public_key(public).public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )

    return await token.run(work, tries=1)  # it may have made the pair before it failed


def _public_key(key: Any) -> ec.EllipticCurvePublicKey:
    public = serialization.load_der_public_key(encode_ec_public_key(key))
    assert isinstance(public, ec.EllipticCurvePublicKey)  # noqa: S101  # the encoder makes no other
    return public
