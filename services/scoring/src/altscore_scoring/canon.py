"""Canonical bytes and digests: RFC 8785 for records, SHA-256 in lower-case hex for both records and files."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import rfc8785


def canonical(record: Any) -> bytes:
    """The RFC 8785 form of a record."""
    return rfc8785.dumps(record)


def sha256_hex(raw: bytes) -> str:
    """SHA-256 of bytes, lower-case hex."""
    return hashlib.sha256(raw).hexdigest()


def digest_of(record: Any) -> str:
    """SHA-256 of a record's canonical bytes."""
    return sha256_hex(canonical(record))


@cache
def code_version() -> str:
    """Digest of this package's source files: which code computed a score, without asking a version control system."""
    root = Path(__file__).parent
    files = {str(path.relative_to(root)): sha256_hex(path.read_bytes()) for path in sorted(root.rglob("*.py"))}
    return digest_of(files)
