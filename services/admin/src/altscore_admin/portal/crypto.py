"""Keys that are derived from the portal's contact key, each for one use."""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
TOKEN_BYTES = 32


class Undecryptable(Exception):
    """A ciphertext is not what this key wrote under this context."""


class PortalKeys:
    """Encrypts contacts and codes, and MACs what is looked up or shown.

    Args:
        contact_key: at least 32 bytes that no database holds.
    """

    def __init__(self, contact_key: bytes) -> None:
        self._cipher = AESGCM(_derived(contact_key, b"encrypt"))
        self._digest_key = _derived(contact_key, b"digest")
        self._csrf_key = _derived(contact_key, b"csrf")

    def encrypt(self, text: str, context: str) -> bytes:
        """AES-256-GCM under a context that must be the same when it is decrypted."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), context.encode())

    def decrypt(self, ciphertext: bytes, context: str) -> str:
        """The text.

        Raises:
            Undecryptable: changed, of another context or of another key.
        """
        nonce, rest = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, context.encode()).decode()
        except (InvalidTag, ValueError):
            raise Undecryptable from None

    def digest(self, kind: str, text: str) -> bytes:
        """HMAC-SHA256 of what is looked up; `kind` keeps an e-mail address apart from an address of the network."""
        return hmac.digest(self._digest_key, f"{kind}\x00{text}".encode(), "sha256")

    def csrf_token(self, token: str) -> str:
        """What a page of this session must send along."""
        return hmac.new(self._csrf_key, token.encode(), "sha256").hexdigest()


def token_digest(token: str) -> bytes:
    """SHA-256 of 256 random bits, which needs no key and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """256 random bits for a cookie or a state."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"altscore portal " + purpose).derive(key)
