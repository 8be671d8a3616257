"""Base64url without padding (RFC 7515), one form for each value."""

import base64


def encode(raw: bytes) -> str:
    """Bytes as text."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    """Text as bytes.

    Raises:
        ValueError: not base64url, padded, or with spare bits set, which would make two texts mean the same bytes.
    """
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if encode(raw) != part:
        raise ValueError("not the one form of base64url")
    return raw
