"""Public identifiers: a prefix and random bits, never a sequence (constraint C-07)."""

import secrets
import time
from uuid import UUID


def new_id(prefix: str, *, bits: int = 128) -> str:
    """`<prefix>_<hex>` with `bits` random bits from the operating system."""
    return f"{prefix}_{secrets.token_hex(bits // 8)}"


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562): milliseconds since 1970 in front, 74 random bits behind, so that indexes stay compact."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
