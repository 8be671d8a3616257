"""What is kept of uploads is ciphertext under keys of its distributor, looked up by keyed MACs.

A document's identity holds a digest of the party's name: whoever has the database alone cannot try names against it.
"""

import hmac
import json
from hashlib import sha256
from typing import Any

from altscore_libs import envelope
from altscore_libs.signer import KeyWrapper

_KEYS_BYTES = 2 * envelope.KEY_BYTES


class LedgerCipher:
    """Encrypts and finds what is kept of a distributor's uploads.

    Args:
        keys: 64 bytes, half for ciphertexts and half for MACs.
        distributor_id: whose; part of every context.
    """

    def __init__(self, keys: bytes, distributor_id: str) -> None:
        if len(keys) != _KEYS_BYTES:
            raise ValueError("the keys of a ledger have 64 bytes")
        self._encryption_key, self._mac_key = keys[: envelope.KEY_BYTES], keys[envelope.KEY_BYTES :]
        self._distributor_id = distributor_id

    def mac(self, kind: str, *parts: str) -> bytes:
        """By which an identity is looked up."""
        return hmac.digest(self._mac_key, json.dumps([kind, *parts]).encode(), "sha256")

    def encrypt(self, content: bytes, *, context: str) -> bytes:
        """Ciphertext that decrypts in this place alone."""
        return envelope.encrypt(self._encryption_key, content, context=self._context(context))

    def decrypt(self, ciphertext: bytes, *, context: str) -> bytes:
        """The content.

        Raises:
            ValueError: of another distributor or place, or changed.
        """
        return envelope.decrypt(self._encryption_key, ciphertext, context=self._context(context))

    def encrypt_json(self, content: Any, *, context: str) -> bytes:
        """As `encrypt`."""
        return self.encrypt(json.dumps(content, ensure_ascii=False).encode(), context=context)

    def decrypt_json(self, ciphertext: bytes, *, context: str) -> Any:
        """As `decrypt`."""
        return json.loads(self.decrypt(ciphertext, context=context))

    def _context(self, context: str) -> bytes:
        return f"upload|{self._distributor_id}|{context}".encode()


async def new_keys(wrapper: KeyWrapper) -> bytes:
    """Fresh keys of a ledger, wrapped."""
    return await wrapper.wrap(envelope.new_key() + envelope.new_key())


def content_digest(name: str, data: bytes) -> bytes:
    """SHA-256 over an upload's name and bytes."""
    return sha256(name.encode() + b"\n" + data).digest()
