"""Authenticated encryption with AES-256-GCM: 12 bytes of nonce, then the ciphertext with its tag."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


def new_key() -> bytes:
    """A fresh data key."""
    return os.urandom(KEY_BYTES)


def encrypt(key: bytes, plaintext: bytes, *, context: bytes) -> bytes:
    """Nonce and ciphertext; it decrypts with the same key and context alone.

    Args:
        key: 32 bytes.
        plaintext: to be encrypted.
        context: authenticated and not kept: what the ciphertext belongs to, so that it cannot be moved elsewhere.
    """
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plaintext, context)


def decrypt(key: bytes, ciphertext: bytes, *, context: bytes) -> bytes:
    """The plaintext.

    Raises:
        ValueError: another key, another context, or changed bytes.
    """
    try:
        return _cipher(key).decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], context)
    except InvalidTag as error:
        raise ValueError("the ciphertext is not of this key and context") from error


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError("an AES-256 key has 32 bytes")
    return AESGCM(key)
