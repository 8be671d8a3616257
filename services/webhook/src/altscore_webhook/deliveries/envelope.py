"""Envelope encryption of what is kept: each text under a data key of its own, which the key store wraps."""

from dataclasses import dataclass

from altscore_libs import envelope
from altscore_libs.signer import KeyWrapper

from altscore_webhook.errors import Unreadable


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
    key = envelope.new_key()
    return Envelope(await wrapper.wrap(key), envelope.encrypt(key, plaintext, context=context))


async def decrypt(wrapper: KeyWrapper, stored: Envelope, *, context: bytes) -> bytes:
    """Decrypts a text.

    Raises:
        Unreadable: it was changed, belongs to something else, or is encrypted under another key.
        Unavailable: the key store does not answer.
    """
    try:
        return envelope.decrypt(await wrapper.unwrap(stored.wrapped_key), stored.ciphertext, context=context)
    except ValueError as error:
        raise Unreadable("the stored text cannot be decrypted") from error
