"""Texts that one service may write and only another may read: sealed to the reader's public key (X25519, AES-256-GCM).

Layout of a box: version (1 byte), key id (8), ephemeral public key (32), ciphertext with tag. The cipher's key is
derived from a fresh ephemeral key and used once, so the nonce is constant. The context is authenticated, not kept.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_INFO = b"altscore sealed box v1"
_NONCE = bytes(12)
_ID_BYTES, _KEY_BYTES = 8, 32
_HEAD = len(_VERSION) + _ID_BYTES + _KEY_BYTES


def _raw(key: X25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _key_id(key: X25519PublicKey) -> bytes:
    return hashlib.sha256(_raw(key)).digest()[:_ID_BYTES]


def _cipher(shared: bytes, ephemeral: bytes, reader: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=ephemeral + reader, info=_INFO).derive(shared))


class BoxSealer:
    """Seals to one reader.

    Args:
        reader: his public key.
    """

    def __init__(self, reader: X25519PublicKey) -> None:
        self._reader = reader

    @classmethod
    def load(cls, path: Path) -> "BoxSealer":
        """Reads the reader's public key, PEM.

        Raises:
            OSError, ValueError: none there, or a key of another kind.
        """
        key = serialization.load_pem_public_key(path.read_bytes())
        if not isinstance(key, X25519PublicKey):
            raise ValueError(f"{path.name} is no X25519 public key")
        return cls(key)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """A box that opens with the same context alone."""
        ephemeral = X25519PrivateKey.generate()
        public, reader = _raw(ephemeral.public_key()), _raw(self._reader)
        cipher = _cipher(ephemeral.exchange(self._reader), public, reader)
        return _VERSION + _key_id(self._reader) + public + cipher.encrypt(_NONCE, plain, context)


class BoxOpener:
    """Opens boxes with any of the reader's keys, so that a former key still opens what was sealed to it.

    Args:
        keys: the reader's private keys.
    """

    def __init__(self, keys: Iterable[X25519PrivateKey]) -> None:
        self._keys = {_key_id(key.public_key()): key for key in keys}

    @classmethod
    def load(cls, folder: Path) -> "BoxOpener":
        """Reads every `<name>.pem` of a folder.

        Raises:
            OSError, ValueError: no key there, or one of another kind.
        """
        keys = [serialization.load_pem_private_key(path.read_bytes(), None) for path in sorted(folder.glob("*.pem"))]
        found = [key for key in keys if isinstance(key, X25519PrivateKey)]
        if not found or len(found) != len(keys):
            raise ValueError(f"{folder.name} must hold X25519 private keys and nothing else")
        return cls(found)

    def open(self, box: bytes, context: bytes) -> bytes:
        """What was sealed.

        Raises:
            ValueError: sealed to another key, for another context, or changed.
        """
        key = self._keys.get(box[len(_VERSION) : len(_VERSION) + _ID_BYTES])
        if box[: len(_VERSION)] != _VERSION or key is None or len(box) < _HEAD:
            raise ValueError("the box is not for this reader")
        public = box[_HEAD - _KEY_BYTES : _HEAD]
        try:
            shared = key.exchange(X25519PublicKey.from_public_bytes(public))
            return _cipher(shared, public, _raw(key.public_key())).decrypt(_NONCE, box[_HEAD:], context)
        except InvalidTag as error:
            raise ValueError("the box was changed or is for another context") from error
