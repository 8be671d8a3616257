"""Envelope encryption of what is kept: AES-256-GCM under a data key of its own, which the key store wraps."""

import os
from dataclasses import dataclass

from altscore_libs.signer import KeyWrapper
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from altscore_webhook.errors import Unreadable

NONCE_BYTES = 12
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Envelope:
    """A text that only the key store can decrypt: nonce and ciphertext, and the wrapped data key."""

    wrapped_key: bytes
    ciphertext: bytes


async def encrypt(wrapper: KeyWrapper, plaintext: bytes, *, context: bytes) -> Envelope:
    """Encrypts a text, bound to what it belongs to.

    Raises:
        Unavailable: the key store does not answer.
    """
    key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
    return Envelope(await wrapper.wrap(key), nonce + AESGCM(key).encrypt(nonce, plaintext, context))


async def decrypt(wrapper: KeyWrapper, envelope: Envelope, *, context: bytes) -> bytes:
    """Decrypts a text.

    Raises:
        Unreadable: it was changed, belongs to something else, or is encrypted under another key.
        Unavailable: the key store does not answer.
    """
    try:
        key = await wrapper.unwrap(envelope.wrapped_key)
        nonce, ciphertext = envelope.ciphertext[:NONCE_BYTES], envelope.ciphertext[NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, ciphertext, context)
    except (ValueError, InvalidTag) as error:
        raise Unreadable("the stored text cannot be decrypted") from error
