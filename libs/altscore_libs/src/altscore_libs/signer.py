"""Keys that never leave their token: signing, wrapping and keyed hashes behind two small ports."""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pkcs11
import rfc8785
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11.mechanisms import GCMParams
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings

NONCE_BYTES = 12
TAG_BYTES = 16
COORDINATE_BYTES = 32
_T = TypeVar("_T")


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value: one form only, so that a signature holds over meaning."""
    return rfc8785.dumps(value)


def digest(value: Any) -> bytes:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(value)).digest()


class Signer(Protocol):
    """Signs 32-byte digests with one ECDSA P-256 key."""

    key_id: str

    async def sign(self, message_digest: bytes) -> bytes:
        """64 bytes r||s over a SHA-256 digest.

        Raises:
            Unavailable: the token does not answer.
        """
        ...


class KeyWrapper(Protocol):
    """Wraps small secrets and makes keyed hashes with keys held in a token."""

    async def wrap(self, plain: bytes) -> bytes:
        """Nonce and AES-256-GCM ciphertext."""
        ...

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The plain bytes.

        Raises:
            ValueError: not wrapped by this key, or changed.
        """
        ...

    async def hmac(self, label: str, data: bytes) -> bytes:
        """HMAC-SHA256 under the token's secret `label`."""
        ...

    async def hmac_many(self, label: str, items: Sequence[bytes]) -> list[bytes]:
        """HMAC-SHA256 of each item, in order, in one visit to the token."""
        ...


def key_id_of(label: str, public_key: ec.EllipticCurvePublicKey) -> str:
    """`<label>-<first 16 hex digits of SHA-256 of the DER SubjectPublicKeyInfo>`; the number of a later key is cut."""
    der = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"{label.split('.', maxsplit=1)[0]}-{hashlib.sha256(der).hexdigest()[:16]}"


class PublicKeys:
    """The public keys that a verifier trusts, by key id; old keys stay so that old signatures still verify."""

    def __init__(self, keys: dict[str, ec.EllipticCurvePublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def load(cls, folder: Path) -> "PublicKeys":
        """Reads `<label>.pem` and `<label>.<n>.pem` of a folder."""
        keys = {}
        for path in sorted(folder.glob("*.pem")):
            key = serialization.load_pem_public_key(path.read_bytes())
            if isinstance(key, ec.EllipticCurvePublicKey):
                keys[key_id_of(path.name.split(".")[0], key)] = key
        return cls(keys)

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._keys

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether `signature` (r||s) over the digest is by that key; False for unknown keys and malformed bytes."""
        key = self._keys.get(key_id)
        if key is None or len(signature) != 2 * COORDINATE_BYTES:
            return False
        r = int.from_bytes(signature[:COORDINATE_BYTES], "big")
        s = int.from_bytes(signature[COORDINATE_BYTES:], "big")
        try:
            key.verify(encode_dss_signature(r, s), message_digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            return False
        return True


class _Token:
    """One PKCS#11 session on a thread of its own: sessions are not thread-safe and calls block."""

    def __init__(self, settings: SignerSettings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pkcs11")
        self._session: Any = None

    def open(self) -> Any:
        """The logged-in session, opened on first use; call it on the token's thread."""
        if self._session is None:
            library = pkcs11.lib(str(self._settings.pkcs11_module))
            token = library.get_token(token_label=self._settings.pkcs11_token)
            try:
                self._session = token.open(user_pin=self._settings.pkcs11_pin.get_secret_value())
            except pkcs11.exceptions.UserAlreadyLoggedIn:  # a login holds for the whole process
                self._session = token.open()
        return self._session

    async def run(self, work: Callable[[], _T]) -> _T:
        """Runs `work` on the token's thread.

        Raises:
            Unavailable: the token fails.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except pkcs11.PKCS11Error as error:
            self._session = None
            raise Unavailable("the key store is not available") from error


class Pkcs11Signer:
    """Signer on a PKCS#11 token (SoftHSM2 locally, an HSM in production)."""

    def __init__(self, token: _Token, label: str, key_id: str) -> None:
        self._token = token
        self._label = label
        self.key_id = key_id

    async def sign(self, message_digest: bytes) -> bytes:
        """64 bytes r||s over a SHA-256 digest."""

        def work() -> bytes:
            key = self._token.open().get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._label)
            return bytes(key.sign(message_digest, mechanism=pkcs11.Mechanism.ECDSA))

        return await self._token.run(work)


class Pkcs11Wrapper:
    """KeyWrapper on a PKCS#11 token."""

    def __init__(self, token: _Token, label: str) -> None:
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
            try:
                return bytes(self._key().decrypt(body, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=_gcm(nonce)))
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
    token = _Token(settings)

    def work() -> str:
        key = token.open().get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=label)
        return key_id_of(label, _public_key(key))

    return Pkcs11Signer(token, label, await token.run(work))


async def open_wrapper(settings: SignerSettings, label: str) -> Pkcs11Wrapper:
    """The token's AES-256 key `label`, and its HMAC secrets.

    Raises:
        Unavailable: no such token or key.
    """
    token = _Token(settings)
    wrapper = Pkcs11Wrapper(token, label)
    await wrapper.unwrap(await wrapper.wrap(b"probe"))
    return wrapper


async def derive_key(settings: SignerSettings, label: str, context: bytes) -> bytes:
    """32 bytes that only the token's secret `label` gives for that context.

    Raises:
        Unavailable: no such token or secret.
    """
    return await Pkcs11Wrapper(_Token(settings), label).hmac(label, context)


async def signing_keys(settings: SignerSettings, base: str) -> dict[str, str]:
    """Ids of the token's P-256 keys named `base` or `base.<n>`, by label.

    Raises:
        Unavailable: no such token.
    """
    token = _Token(settings)

    def work() -> dict[str, str]:
        found = {}
        for key in token.open().get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY}):
            if key.label.split(".")[0] == base:
                found[key.label] = key_id_of(base, _public_key(key))
        return found

    return await token.run(work)


async def make_signing_key(settings: SignerSettings, label: str) -> bytes:
    """Makes a P-256 pair that never leaves the token; returns the public key as PEM.

    Raises:
        Unavailable: no such token, or it takes no new keys.
    """
    token = _Token(settings)

    def work() -> bytes:
        token.open()  # logs the process in
        place = pkcs11.lib(str(settings.pkcs11_module)).get_token(token_label=settings.pkcs11_token)
        with place.open(rw=True) as session:
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

    return await token.run(work)


def _public_key(key: Any) -> ec.EllipticCurvePublicKey:
    public = serialization.load_der_public_key(encode_ec_public_key(key))
    assert isinstance(public, ec.EllipticCurvePublicKey)  # noqa: S101  # the encoder makes no other
    return public


class SoftwareSigner:
    """Signer with a key in memory; for unit tests, which need no token."""

    def __init__(self, label: str, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self.key_id = key_id_of(label, self._key.public_key())

    async def sign(self, message_digest: bytes) -> bytes:
        """64 bytes r||s over a SHA-256 digest."""
        r, s = decode_dss_signature(self._key.sign(message_digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")

    def public_keys(self) -> PublicKeys:
        """What a verifier of this signer trusts."""
        return PublicKeys({self.key_id: self._key.public_key()})

    def public_pem(self) -> bytes:
        """The public key as PEM."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


class SoftwareWrapper:
    """KeyWrapper with keys in memory; for unit tests."""

    def __init__(self, key: bytes | None = None) -> None:
        self._secret = key or os.urandom(32)
        self._cipher = AESGCM(self._secret)

    async def wrap(self, plain: bytes) -> bytes:
        """Nonce and AES-256-GCM ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    async def unwrap(self, wrapped: bytes) -> bytes:
        """The plain bytes; ValueError when they were not wrapped by this key."""
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], None)
        except InvalidTag as error:
            raise ValueError("not wrapped by this key") from error

    async def hmac(self, label: str, data: bytes) -> bytes:
        """HMAC-SHA256 under a secret of that label."""
        return hmac.new(self._secret + label.encode(), data, hashlib.sha256).digest()

    async def hmac_many(self, label: str, items: Sequence[bytes]) -> list[bytes]:
        """HMAC-SHA256 of each item, in order."""
        return [await self.hmac(label, item) for item in items]
