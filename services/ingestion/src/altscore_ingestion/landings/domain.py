"""Which SSH keys and file names are taken, and what is told of a file. Pure."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from altscore_libs.errors import InvalidRequest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from altscore_ingestion.uploads.domain import FILE_NAME

MAX_WAITING_FILES = 30
"""Of a distributor; as many as an hour takes."""
LEAST_RSA_BITS = 3_072
REPORTS_SHOWN = 200
_UNFINISHED = re.compile(r"(?P<name>.+\.csv)\.(?:part|filepart)\Z", re.ASCII)
_PARTS_OF_A_LINE = 2  # kind and key; a comment may follow


class SshKey(NamedTuple):
    """A public key as OpenSSH writes it, without its comment, and its fingerprint (`ssh-keygen -l`)."""

    public_key: str
    fingerprint: str


@dataclass(frozen=True)
class LandedFile:
    """A finished file that waits to be read; `content` is ciphertext under `key_wrapped`.

    Attributes:
        client_upload_id: of the upload that it becomes, so that reading it again goes on with the same one.
        tries: how often it was tried before.
    """

    landed_id: int
    distributor_id: str
    fingerprint: str
    file_name: str
    client_upload_id: UUID
    key_wrapped: bytes
    content: bytes
    tries: int

    def __repr__(self) -> str:
        return f"LandedFile({self.landed_id})"


class Report(NamedTuple):
    """What became of a file that was put, newest of its name."""

    file_name: str
    landed_at: datetime
    state: str
    report: dict[str, Any] | None

    def document(self) -> dict[str, Any]:
        """As its sender reads it."""
        return {
            "file": self.file_name,
            "put_at": self.landed_at.isoformat(timespec="seconds"),
            "state": self.state,
            **(self.report or {}),
        }


def read_ssh_key(text: str) -> SshKey:
    """A line of an `authorized_keys` file without options.

    Raises:
        InvalidRequest: no such line, or a kind or size of key that is not taken.
    """
    fault = InvalidRequest(
        "the key is not one line of OpenSSH with an Ed25519, an ECDSA (NIST) or an RSA key of at least 3072 bits"
    )
    parts = text.split()
    if len(parts) < _PARTS_OF_A_LINE or "\n" in text.strip():
        raise fault
    line = " ".join(parts[:_PARTS_OF_A_LINE])
    try:
        key = load_ssh_public_key(line.encode("ascii"))
        blob = base64.b64decode(parts[1], validate=True)
    except (ValueError, UnicodeEncodeError, binascii.Error, UnsupportedAlgorithm):
        raise fault from None
    is_strong_rsa = isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS
    if not (is_strong_rsa or isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey)):
        raise fault
    return SshKey(line, fingerprint_of(blob))


def fingerprint_of(blob: bytes) -> str:
    """SHA-256 of a public key's bytes on the wire, as OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def finished_name(unfinished: str, target: str) -> str | None:
    """The name under which a file counts as finished: `NAME.csv.part` renamed to `NAME.csv`; else None."""
    match = _UNFINISHED.match(unfinished)
    return target if match and match["name"] == target and FILE_NAME.match(target) else None


def is_unfinished(name: str) -> bool:
    """Whether a file may be written under this name."""
    match = _UNFINISHED.match(name)
    return match is not None and FILE_NAME.match(match["name"]) is not None


def content_context(client_upload_id: UUID) -> bytes:
    """Where the ciphertext of a landed file belongs."""
    return f"landed|{client_upload_id}".encode()
