"""X-Hub-Signature-256: HMAC-SHA256 of the raw body under the app secret, verified before anything is parsed."""

import hashlib
import hmac

PREFIX = "sha256="


def has_valid_signature(raw: bytes, header: str, app_secret: str) -> bool:
    """Whether the header signs exactly these bytes; compared in constant time.

    Upper-case hex is taken: Meta writes lower case, and the digest is the same number.
    """
    if not header.startswith(PREFIX):
        return False
    expected = hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(header.removeprefix(PREFIX).lower().encode(), expected.encode())


def is_same_token(token: str, expected: str) -> bool:
    """Whether a token is the expected one; compared in constant time."""
    return hmac.compare_digest(token.encode(), expected.encode())
