"""Texts that one service may write and only another may read: HPKE (RFC 9180) to the reader's public key.

DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode. Layout: version (1 byte), id of the reader's key (8),
encapsulated key and ciphertext. The context goes into HPKE's `info`: it is authenticated and not kept.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_VERSION = b"\x02"
_INFO = b"altscore hpke v2\x00"
_ID_BYTES = 8
_HEAD_BYTES = len(_VERSION) + _ID_BYTES


def _key_id(key: X25519PublicKey) -> bytes:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).digest()[:_ID_BYTES]


class HpkeEncryptor:
    """Encrypts to one reader.

    Args:
        reader: the reader's public key.
    """

    def __init__(self, reader: X25519PublicKey) -> None:
        self._reader = reader
        self._head = _VERSION + _key_id(reader)

    @classmethod
    def load(cls, path: Path) -> "HpkeEncryptor":
        """Reads the reader's public key, PEM.

        Raises:
            OSError, ValueError: none there, or a key of another kind.
        """
        key = serialization.load_pem_public_key(path.read_bytes())
        if not isinstance(key, X25519PublicKey):
            raise ValueError(f"{path.name} is not an X25519 public key")
        return cls(key)

    def encrypt(self, plaintext: bytes, *, context: bytes) -> bytes:
        """A ciphertext that decrypts with the same context alone."""
        return self._head + _SUITE.encrypt(plaintext, self._reader, _INFO + context)


class HpkeDecryptor:
    """Decrypts with any of the reader's keys, so that a former key still reads what was encrypted to it.

    Args:
        keys: the reader's private keys.
    """

    def __init__(self, keys: Iterable[X25519PrivateKey]) -> None:
        self._keys = {_key_id(key.public_key()): key for key in keys}

    @classmethod
    def load(cls, folder: Path) -> "HpkeDecryptor":
        """Reads every `<name>.pem` of a folder.

        Raises:
            OSError, ValueError: no key there, or one of another kind.
        """
        loaded = [serialization.load_pem_private_key(path.read_bytes(), None) for path in sorted(folder.glob("*.pem"))]
        keys = [key for key in loaded if isinstance(key, X25519PrivateKey)]
        if not keys or len(keys) != len(loaded):
            raise ValueError(f"{folder.name} must hold X25519 private keys and nothing else")
        return cls(keys)

    def decrypt(self, ciphertext: bytes, *, context: bytes) -> bytes:
        """The plaintext.

        Raises:
            ValueError: encrypted to another key, for another context, in another format, or changed.
        """
        key = self._keys.get(ciphertext[len(_VERSION) : _HEAD_BYTES])
        if ciphertext[: len(_VERSION)] != _VERSION or key is None:
            raise ValueError("the ciphertext is not for this reader")
        try:
            return _SUITE.decrypt(ciphertext[_HEAD_BYTES:], key, _INFO + context)
        except InvalidTag as error:
            raise ValueError("the ciphertext was changed or is for another context") from error
