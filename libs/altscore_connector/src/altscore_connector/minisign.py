"""Signatures in minisign's format: Ed25519 over a file's BLAKE2b-512, with a key id and a signed comment."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from altscore_connector.errors import UpdateError

KEY_ALGORITHM, PREHASHED, LEGACY = b"Ed", b"ED", b"Ed"
UNTRUSTED, TRUSTED = "untrusted comment: ", "trusted comment: "
SUFFIX = ".minisig"
MAX_SIGNATURE_BYTES = 4096
_KEY_ID_BYTES, _KEY_BYTES, _SIGNATURE_BYTES = 8, 32, 64
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class PublicKey:
    """A key that may sign; its id tells it from others and proves nothing."""

    key_id: bytes
    key: Ed25519PublicKey

    @classmethod
    def of(cls, text: str) -> "PublicKey":
        """Reads the second line of minisign's public key file.

        Raises:
            ValueError: no such key.
        """
        content = base64.b64decode(text, validate=True)
        if len(content) != len(KEY_ALGORITHM) + _KEY_ID_BYTES + _KEY_BYTES or not content.startswith(KEY_ALGORITHM):
            raise ValueError("no public key of minisign")
        return cls(key_id=content[2:10], key=Ed25519PublicKey.from_public_bytes(content[10:]))


@dataclass(frozen=True)
class Signature:
    """The content of a `.minisig` file.

    Attributes:
        trusted_comment: signed together with the signature.
    """

    algorithm: bytes
    key_id: bytes
    signature: bytes
    trusted_comment: str
    comment_signature: bytes

    @classmethod
    def of(cls, text: str) -> "Signature":
        """Reads a file of four lines.

        Raises:
            ValueError: another form.
        """
        lines = text.split("\n")
        if len(lines) != 5 or lines[4] or not lines[0].startswith(UNTRUSTED) or not lines[2].startswith(TRUSTED):
            raise ValueError("not four lines of a signature")
        content, comment_signature = (base64.b64decode(line.rstrip("\r"), validate=True) for line in lines[1:4:2])
        if (len(content), len(comment_signature)) != (2 + _KEY_ID_BYTES + _SIGNATURE_BYTES, _SIGNATURE_BYTES):
            raise ValueError("the signature has another length")
        return cls(
            algorithm=content[:2],
            key_id=content[2:10],
            signature=content[10:],
            trusted_comment=lines[2].removeprefix(TRUSTED).rstrip("\r"),
            comment_signature=comment_signature,
        )


def digest(file: BinaryIO) -> bytes:
    """What is signed of a file, whatever its size."""
    hasher = hashlib.blake2b()
    while chunk := file.read(_CHUNK_BYTES):
        hasher.update(chunk)
    return hasher.digest()


def verify(name: str, content: BinaryIO, signature: bytes, keys: Sequence[str]) -> str:
    """Verifies a file under any of the keys.

    Args:
        name: of the file, for sentences.
        content: the file.
        signature: content of its `.minisig`.
        keys: public keys, as `PublicKey.of` reads them.

    Returns:
        The trusted comment.

    Raises:
        UpdateError: unreadable, by an unknown key, or not of this file.
    """
    try:
        parsed = Signature.of(signature.decode("utf-8"))
    except (ValueError, binascii.Error):
        raise UpdateError(f"the signature of {name} is not in minisign's form; nothing was changed") from None
    if parsed.algorithm != PREHASHED:
        raise UpdateError(f"the signature of {name} is of a kind that is not accepted; nothing was changed")
    by_id = {key.key_id: key.key for key in map(PublicKey.of, keys)}
    if parsed.key_id not in by_id:
        raise UpdateError(
            f"{name} is signed by a key that this version does not know; nothing was changed, ask AltScore"
        )
    key = by_id[parsed.key_id]
    try:
        key.verify(parsed.signature, digest(content))
        key.verify(parsed.comment_signature, parsed.signature + parsed.trusted_comment.encode())
    except InvalidSignature:
        raise UpdateError(
            f"{name} is not what was signed: it was altered or damaged on its way; nothing was changed"
        ) from None
    return parsed.trusted_comment
