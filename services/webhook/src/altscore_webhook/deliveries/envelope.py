"""Envelope encryption of raw deliveries: AES-256-GCM under a data key of their own, which the key store wraps."""

import os
from dataclasses import dataclass
from uuid import UUID

from altscore_libs.signer import KeyWrapper
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from altscore_webhook.errors import Unreadable

NONCE_BYTES = 12
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class EncryptedBody:
    """A raw delivery that only the key store can decrypt: nonce and ciphertext, and the wrapped data key."""

    wrapped_key: bytes
    ciphertext: bytes


async def encrypt_body(wrapper: KeyWrapper, delivery_id: UUID, raw: bytes) -> EncryptedBody:
    """Encrypts a raw body, bound to its delivery.

    Raises:
        Unavailable: the key store does not answer.
    """
    key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
    ciphertext = nonce + AESGCM(key).encrypt(nonce, raw, delivery_id.bytes)
    return EncryptedBody(await wrapper.wrap(key), ciphertext)


async def decrypt_body(wrapper: KeyWrapper, delivery_id: UUID, body: EncryptedBody) -> bytes:
    """Decrypts a raw body.

    Raises:
        Unreadable: the body was changed, or is encrypted under another key.
        Unavailable: the key store does not answer.
    """
    try:
        key = await wrapper.unwrap(body.wrapped_key)
        nonce, ciphertext = body.ciphertext[:NONCE_BYTES], body.ciphertext[NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, ciphertext, delivery_id.bytes)
    except (ValueError, InvalidTag) as error:
        raise Unreadable("the delivery cannot be decrypted") from error
