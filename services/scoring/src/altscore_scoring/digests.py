"""SHA-256 digests in lower-case hex: of bytes, of RFC 8785 records, of the guardrail constants and of this code."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from altscore_libs.canonical_json import canonical_json

from altscore_scoring.guardrails import constants


def sha256_hex(raw: bytes) -> str:
    """SHA-256 of bytes, lower-case hex."""
    return hashlib.sha256(raw).hexdigest()


def digest_of(record: Any) -> str:
    """SHA-256 of a record's canonical bytes."""
    return sha256_hex(canonical_json(record))


def guardrail_digest() -> str:
    """SHA-256 of the bytes of `guardrails/constants.py`; every score names the constants it was computed under."""
    return sha256_hex(Path(constants.__file__).read_bytes())


@cache
def code_version() -> str:
    """Digest of this package's source files: which code computed a score, without asking a version control system."""
    root = Path(__file__).parent
    files = {str(path.relative_to(root)): sha256_hex(path.read_bytes()) for path in sorted(root.rglob("*.py"))}
    return digest_of(files)
