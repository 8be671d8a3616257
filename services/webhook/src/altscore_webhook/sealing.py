"""Raw deliveries at rest: AES-256-GCM under a key of their own, which the key store wraps."""

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
class Sealed:
    """A delivery that only the key store can open."""

    wrapped_key: bytes
    sealed: bytes


async def seal(wrapper: KeyWrapper, delivery_id: UUID, raw: bytes) -> Sealed:
    """Encrypts a raw body, bound to its delivery.

    Raises:
        Unavailable: the key store does not answer.
    """
    key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
    return Sealed(await wrapper.wrap(key), nonce + AESGCM(key).encrypt(nonce, raw, delivery_id.bytes))


async def unseal(wrapper: KeyWrapper, delivery_id: UUID, sealed: Sealed) -> bytes:
    """The raw body.

    Raises:
        Unreadable: changed, or not sealed by this key.
        Unavailable: the key store does not answer.
    """
    try:
        key = await wrapper.unwrap(sealed.wrapped_key)
        return AESGCM(key).decrypt(sealed.sealed[:NONCE_BYTES], sealed.sealed[NONCE_BYTES:], delivery_id.bytes)
    except (ValueError, InvalidTag) as error:
        raise Unreadable("the delivery cannot be unsealed") from error
