"""What an erasure takes away and what it certifies. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from altscore_libs.canonical_json import canonical_digest, canonical_json
from altscore_libs.instants import format_instant

SCHEMA = "altscore.erasure-certificate.1"
KEY_LABEL = "erasure-signing"


class Keys(Protocol):
    """Public keys that are trusted."""

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether a signature is by that key; False for unknown keys."""
        ...


class Holding(NamedTuple):
    """What the vault holds of one shop: the ids it is known by, and the tokens of what is stored under them.

    Attributes:
        retailer_ids: the retailer and its aliases, sorted.
        subject_tokens: of the ledgers.
        gst_tokens: of the verified GSTINs.
        phone_tokens: of phones that no other retailer shows.
    """

    retailer_ids: tuple[str, ...]
    subject_tokens: tuple[bytes, ...]
    gst_tokens: tuple[bytes, ...]
    phone_tokens: tuple[bytes, ...]


@dataclass(frozen=True)
class Erasure:
    """A finished erasure: the certificate's canonical text, its signature, and the tombstones that stay."""

    certificate: str
    signature: bytes
    tombstones: tuple[bytes, ...] = ()

    @property
    def content(self) -> dict[str, Any]:
        """The certificate as it reads."""
        content: dict[str, Any] = json.loads(self.certificate)
        return content


def certificate(
    holding: Holding, tombstones: Sequence[bytes], *, request_id: str, erased_at: datetime, key_id: str
) -> str:
    """The canonical text of a certificate; it names no person, only ids of ours and counts."""
    content = {
        "schema": SCHEMA,
        "request_id": request_id,
        "retailer_ids": list(holding.retailer_ids),
        "erased_at": format_instant(erased_at, "microseconds"),
        "data_keys_destroyed": len(holding.retailer_ids),
        "ledgers_erased": len(holding.subject_tokens),
        "tombstones_sha256": tombstones_digest(tombstones),
        "key_id": key_id,
    }
    return canonical_json(content).decode()


def tombstones_digest(tombstones: Sequence[bytes]) -> str:
    """One digest over all tombstones of an erasure, in whatever order they are listed."""
    return canonical_digest(sorted(digest.hex() for digest in tombstones)).hex()


def is_certified(erasure: Erasure, keys: Keys) -> bool:
    """Whether a certificate is signed by the vault's own key and, where tombstones are listed, is about them."""
    try:
        content = erasure.content
        key_id, schema, digest = content["key_id"], content["schema"], content["tombstones_sha256"]
    except (ValueError, KeyError, TypeError):
        return False
    if not str(key_id).startswith(f"{KEY_LABEL}-") or schema != SCHEMA:  # the folder holds keys of other services too
        return False
    if erasure.tombstones and digest != tombstones_digest(erasure.tombstones):
        return False
    return keys.verify(str(key_id), hashlib.sha256(erasure.certificate.encode()).digest(), erasure.signature)


def read_document(document: Mapping[str, Any]) -> Erasure:
    """A certificate as the API gives it: `certificate` in whatever JSON form, `signature` in hex.

    Raises:
        ValueError: it is no such document.
    """
    try:
        return Erasure(canonical_json(document["certificate"]).decode(), bytes.fromhex(document["signature"]))
    except (KeyError, TypeError) as error:
        raise ValueError("no certificate of an erasure") from error
