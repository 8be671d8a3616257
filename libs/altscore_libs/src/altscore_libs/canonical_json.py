"""Canonical JSON (RFC 8785): one form only, so that a signature or a digest holds over the meaning."""

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value.

    Raises:
        ValueError: the value has no such form (a non-finite or too large number, a key that is not a text).
    """
    return rfc8785.dumps(value)


def canonical_digest(value: Any) -> bytes:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical_json(value)).digest()
