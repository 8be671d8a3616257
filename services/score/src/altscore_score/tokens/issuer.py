"""Issues access tokens."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from altscore_libs.clock import Clock
from altscore_libs.errors import Unavailable
from altscore_libs.signer import RsaSigner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from jwt.utils import base64url_encode

from altscore_score.tokens.verifier import ALGORITHM, AUDIENCE, ISSUER, LIFE_S, TYPE, KeyRing, SigningKey

_PREHASHED = Prehashed(hashes.SHA256())
_log = logging.getLogger("altscore.score.tokens")


class IssuedToken(NamedTuple):
    """A new token, its id, and when it was issued and expires."""

    token: str
    jti: str
    issued_at: datetime
    expires_at: datetime


class TokenIssuer:
    """Issues access tokens. PyJWT signs with keys that it holds alone, so the compact form is put together here.

    Args:
        keys: the public halves of this service's keys; they say which one signs.
        signer: the key store with the other halves.
        clock: for iat and exp.
        sign_s: how long the key store may take.
    """

    def __init__(self, keys: KeyRing, signer: RsaSigner, clock: Clock, *, sign_s: float) -> None:
        self.keys = keys
        self._signer = signer
        self._clock = clock
        self._sign_s = sign_s

    async def issue(self, lender_id: str) -> IssuedToken:
        """A token for an hour.

        Raises:
            Unavailable: the key store does not answer, or does not hold the key that is published.
        """
        now = self._clock.now()
        now_s = int(now.timestamp())
        jti = self.keys.ids.new(lender_id, now_s)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": lender_id,
            "iat": now_s,
            "exp": now_s + LIFE_S,
            "jti": jti,
        }
        key = self.keys.signing()
        content = b".".join(_part(part) for part in ({"alg": ALGORITHM, "kid": key.kid, "typ": TYPE}, claims))
        token = b".".join((content, base64url_encode(await self._signature(key, content))))
        expires_at = datetime.fromtimestamp(now_s + LIFE_S, UTC)
        return IssuedToken(token=token.decode("ascii"), jti=jti, issued_at=now, expires_at=expires_at)

    async def require_key(self) -> None:
        """Passes when the key store holds the key that signs now.

        Raises:
            Unavailable: it does not, or does not answer.
        """
        await self._signature(self.keys.signing(), b"")

    async def _signature(self, key: SigningKey, content: bytes) -> bytes:
        digest = hashlib.sha256(content).digest()
        try:
            async with asyncio.timeout(self._sign_s):
                signature = await self._signer.sign(key.label, digest)
        except TimeoutError as error:
            raise Unavailable("the key store is not available") from error
        try:
            key.public.verify(signature, digest, padding.PKCS1v15(), _PREHASHED)
        except InvalidSignature as error:  # a faulty signature of RSA may tell the key: nobody sees it
            _log.error("the key store signs with another key than the published one", extra={"key_id": key.kid})
            raise Unavailable("the key store is not available") from error
        return signature


def _part(content: Mapping[str, object]) -> bytes:
    return base64url_encode(json.dumps(content, separators=(",", ":")).encode("ascii"))
