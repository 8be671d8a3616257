"""X-Hub-Signature-256: HMAC-SHA256 of the raw body under the app secret, checked before anything is parsed."""

import hashlib
import hmac

PREFIX = "sha256="


def is_signed(raw: bytes, header: str, app_secret: str) -> bool:
    """Whether the header signs exactly these bytes; compared in constant time.

    Upper-case hex is taken: Meta writes lower case, and the digest is the same number.
    """
    if not header.startswith(PREFIX):
        return False
    expected = hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(header.removeprefix(PREFIX).lower().encode(), expected.encode())


def is_same_token(given: str, expected: str) -> bool:
    """Whether a handshake's token is ours; compared in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())
