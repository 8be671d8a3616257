"""Keyed tokens under keys of the hardware module, and identities sealed under a data key per retailer."""

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from altscore_libs.signer import KeyWrapper
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from altscore_ingestion.identifiers import Gst, Phone

SUBJECT_KEY = "subject-token"
GST_KEY = "gst-token"
PHONE_KEY = "phone-token"
_SEAL_VERSION = b"\x01"
_NONCE_BYTES = 12
_SEPARATOR = b"\x1f"  # no reference holds a control character, so two pairs never give one text


@dataclass(frozen=True)
class Plain:
    """An identity in the clear; lives only inside the vault, and only while it is sealed or revealed."""

    gst: Gst | None
    phone: Phone | None
    shop_name: str | None

    def __repr__(self) -> str:
        return "Plain(***)"


@dataclass(frozen=True)
class DataKey:
    """A retailer's AES-256 key, open and wrapped."""

    plain: bytes
    wrapped: bytes

    def __repr__(self) -> str:
        return "DataKey(***)"


class VaultKeys:
    """The vault's cryptography; use `open` to make one.

    Args:
        wrapper: the hardware module.
        digest_key: derived there once, for digests that only tell whether a field changed.
        contact_key: derived there once, for the names under which others know a retailer's phone.
    """

    def __init__(self, wrapper: KeyWrapper, digest_key: bytes, contact_key: bytes) -> None:
        self._wrapper = wrapper
        self._digest_key = digest_key
        self._contact_key = contact_key

    @classmethod
    async def open(cls, wrapper: KeyWrapper) -> "VaultKeys":
        """Derives the keys that are used in memory."""
        digest_key = await wrapper.hmac(SUBJECT_KEY, b"altscore/vault/field-digest")
        return cls(wrapper, digest_key, await wrapper.hmac(PHONE_KEY, b"altscore/vault/contact-ref"))

    async def subject_tokens(self, distributor_id: str, references: Sequence[str]) -> list[bytes]:
        """Tokens of a distributor's ledgers, in order."""
        texts = [distributor_id.encode() + _SEPARATOR + reference.encode() for reference in references]
        return await self._wrapper.hmac_many(SUBJECT_KEY, texts)

    async def gst_tokens(self, numbers: Sequence[Gst]) -> list[bytes]:
        """Tokens of GSTINs, in order."""
        return await self._wrapper.hmac_many(GST_KEY, [one.reveal().encode("ascii") for one in numbers])

    async def phone_tokens(self, numbers: Sequence[Phone]) -> list[bytes]:
        """Tokens of phones, in order: HMAC under the pepper over SHA-256 of 91 and ten digits (decisions 31, 64)."""
        hashes = [hashlib.sha256(one.reveal().encode("ascii")).digest() for one in numbers]
        return await self._wrapper.hmac_many(PHONE_KEY, hashes)

    def field_digest(self, field: str, value: str | None) -> bytes | None:
        """Keyed digest of one field of an identity, to see whether it changed without opening it."""
        if value is None:
            return None
        return hmac.new(self._digest_key, f"{field}\x1f{value}".encode(), hashlib.sha256).digest()

    def contact_ref(self, retailer_id: str, phone_token: bytes) -> str:
        """The name under which other services know this phone of this retailer; it tells nothing about the phone."""
        mac = hmac.new(self._contact_key, retailer_id.encode() + _SEPARATOR + phone_token, hashlib.sha256)
        return "pcr_" + mac.hexdigest()[:32]

    async def new_data_key(self) -> DataKey:
        """A fresh data key."""
        plain = os.urandom(32)
        return DataKey(plain, await self._wrapper.wrap(plain))

    async def open_data_key(self, wrapped: bytes) -> DataKey:
        """A stored data key, unwrapped."""
        return DataKey(await self._wrapper.unwrap(wrapped), wrapped)


def seal(key: DataKey, subject_token: bytes, plain: Plain) -> bytes:
    """AES-256-GCM: version, nonce, ciphertext and tag; bound to the token, so it cannot be moved to another ledger."""
    said = {
        "gst": plain.gst.reveal() if plain.gst else None,
        "phone": plain.phone.reveal() if plain.phone else None,
        "shop_name": plain.shop_name,
    }
    nonce = os.urandom(_NONCE_BYTES)
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return _SEAL_VERSION + nonce + AESGCM(key.plain).encrypt(nonce, text, subject_token)


def unseal(key: DataKey, subject_token: bytes, sealed: bytes) -> Plain:
    """The identity behind a seal.

    Raises:
        ValueError: an unknown version.
        cryptography.exceptions.InvalidTag: another key, another token, or changed bytes.
    """
    if sealed[:1] != _SEAL_VERSION:
        raise ValueError("unknown version of a sealed identity")
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    said = json.loads(AESGCM(key.plain).decrypt(nonce, body, subject_token))
    return Plain(
        gst=Gst(said["gst"]) if said["gst"] else None,
        phone=Phone(said["phone"]) if said["phone"] else None,
        shop_name=said["shop_name"],
    )
