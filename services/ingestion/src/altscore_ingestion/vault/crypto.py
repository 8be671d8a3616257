"""Keyed tokens under keys of the hardware module, and identities encrypted under a data key per retailer."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from altscore_libs import envelope
from altscore_libs.identifiers import Gstin, Phone
from altscore_libs.signer import KeyWrapper

from altscore_ingestion.vault.integrity.domain import RowMacs

SUBJECT_KEY = "subject-token"
GST_KEY = "gst-token"
PHONE_KEY = "phone-token"
TokenKind = Literal["ledger", "gst", "phone"]
_VERSION = b"\x01"
_SEPARATOR = b"\x1f"  # no reference holds a control character, so two pairs never give one text


@dataclass(frozen=True)
class PlainIdentity:
    """An identity in the clear; it exists only inside the vault, and only while it is encrypted or revealed."""

    gst: Gstin | None
    phone: Phone | None
    shop_name: str | None

    def __repr__(self) -> str:
        return "PlainIdentity(***)"


@dataclass(frozen=True)
class DataKey:
    """A retailer's AES-256 key, plain and wrapped."""

    plain: bytes
    wrapped: bytes

    def __repr__(self) -> str:
        return "DataKey(***)"


@dataclass(frozen=True)
class WrappingKeys:
    """The key that wraps data keys, its label, and during a rotation the one that did so before."""

    current: KeyWrapper
    label: str
    before: KeyWrapper | None = None


class VaultKeys:
    """The vault's cryptography; created by `open`.

    Args:
        wrapping: the keys of the hardware module that wrap data keys.
        digest_key: derived there once, for digests that only tell whether a field changed.
        contact_key: derived there once, for the names under which other services know a retailer's phone.
        tombstone_key: derived there once, for the digests that erased tokens leave behind.
        row_key: derived there once, for the MACs over rows.
    """

    def __init__(
        self, wrapping: WrappingKeys, *, digest_key: bytes, contact_key: bytes, tombstone_key: bytes, row_key: bytes
    ) -> None:
        self.row_macs = RowMacs(row_key)
        self.key_label = wrapping.label
        self._wrapper = wrapping.current
        self._wrapper_before = wrapping.before
        self._digest_key = digest_key
        self._contact_key = contact_key
        self._tombstone_key = tombstone_key

    @classmethod
    async def open(cls, wrapping: WrappingKeys) -> "VaultKeys":
        """Derives the keys that are used in memory."""
        wrapper = wrapping.current
        return cls(
            wrapping,
            digest_key=await wrapper.hmac(SUBJECT_KEY, b"altscore/vault/field-digest"),
            contact_key=await wrapper.hmac(PHONE_KEY, b"altscore/vault/contact-ref"),
            tombstone_key=await wrapper.hmac(SUBJECT_KEY, b"altscore/vault/tombstone"),
            row_key=await wrapper.hmac(SUBJECT_KEY, b"altscore/vault/row-mac"),
        )

    async def subject_tokens(self, distributor_id: str, references: Sequence[str]) -> list[bytes]:
        """Tokens of a distributor's ledgers, in order."""
        texts = [distributor_id.encode() + _SEPARATOR + reference.encode() for reference in references]
        return await self._wrapper.hmac_many(SUBJECT_KEY, texts)

    async def gst_tokens(self, numbers: Sequence[Gstin]) -> list[bytes]:
        """Tokens of GSTINs, in order."""
        return await self._wrapper.hmac_many(GST_KEY, [number.get_secret_value().encode("ascii") for number in numbers])

    async def phone_tokens(self, numbers: Sequence[Phone]) -> list[bytes]:
        """Tokens of phones, in order: HMAC under the pepper over SHA-256 of 91 and ten digits (decisions 31, 64)."""
        digests = [hashlib.sha256(number.get_secret_value().encode("ascii")).digest() for number in numbers]
        return await self._wrapper.hmac_many(PHONE_KEY, digests)

    def field_digest(self, field: str, value: str | None) -> bytes | None:
        """Keyed digest of one field of an identity, to see whether it changed without decrypting it."""
        if value is None:
            return None
        return hmac.digest(self._digest_key, f"{field}\x1f{value}".encode(), "sha256")

    def contact_ref(self, retailer_id: str, phone_token: bytes) -> str:
        """The name under which other services know this phone of this retailer; it tells nothing about the phone."""
        mac = hmac.digest(self._contact_key, retailer_id.encode() + _SEPARATOR + phone_token, "sha256")
        return "pcr_" + mac.hex()[:32]

    def tombstone(self, kind: TokenKind, token: bytes) -> bytes:
        """What an erased token leaves behind: it recognises the token, and nobody without the key gets from it there.

        Bronze holds subject tokens for good, so a tombstone must not be the token itself.
        """
        return hmac.digest(self._tombstone_key, kind.encode() + _SEPARATOR + token, "sha256")

    async def new_data_key(self) -> DataKey:
        """A fresh data key."""
        plain = envelope.new_key()
        return DataKey(plain, await self._wrapper.wrap(plain))

    async def open_data_key(self, wrapped: bytes) -> DataKey:
        """A stored data key, unwrapped.

        Raises:
            ValueError: no wrapping key of ours unwraps it.
        """
        try:
            return DataKey(await self._wrapper.unwrap(wrapped), wrapped)
        except ValueError:
            if self._wrapper_before is None:
                raise
            return DataKey(await self._wrapper_before.unwrap(wrapped), wrapped)

    async def rewrap(self, wrapped: bytes) -> bytes:
        """The same data key under the current wrapping key.

        Raises:
            ValueError: no wrapping key of ours unwraps it.
        """
        return await self._wrapper.wrap((await self.open_data_key(wrapped)).plain)


def encrypt_identity(key: DataKey, subject_token: bytes, identity: PlainIdentity) -> bytes:
    """AES-256-GCM: version, nonce, ciphertext and tag; bound to the token, so it cannot be moved to another ledger."""
    fields = {
        "gst": identity.gst.get_secret_value() if identity.gst else None,
        "phone": identity.phone.get_secret_value() if identity.phone else None,
        "shop_name": identity.shop_name,
    }
    plaintext = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return _VERSION + envelope.encrypt(key.plain, plaintext, context=subject_token)


def decrypt_identity(key: DataKey, subject_token: bytes, encrypted: bytes) -> PlainIdentity:
    """The identity behind a ciphertext.

    Raises:
        ValueError: an unknown version, another key, another token, or changed bytes.
    """
    if encrypted[:1] != _VERSION:
        raise ValueError("unknown version of an encrypted identity")
    fields = json.loads(envelope.decrypt(key.plain, encrypted[1:], context=subject_token))
    return PlainIdentity(
        gst=Gstin(fields["gst"]) if fields["gst"] else None,
        phone=Phone(fields["phone"]) if fields["phone"] else None,
        shop_name=fields["shop_name"],
    )
