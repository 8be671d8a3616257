"""Issues access tokens."""

from datetime import UTC, datetime
from typing import NamedTuple

import jwt
from altscore_libs.clock import Clock

from altscore_score.tokens.verifier import ALGORITHM, AUDIENCE, ISSUER, LIFE_S, TYPE, KeyRing


class IssuedToken(NamedTuple):
    """A new token, its id, and when it was issued and expires."""

    token: str
    jti: str
    issued_at: datetime
    expires_at: datetime


class TokenIssuer:
    """Issues access tokens.

    Args:
        keys: of this service.
        clock: for iat and exp.
    """

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def issue(self, lender_id: str) -> IssuedToken:
        """A token for an hour."""
        kid, key = self._keys.signing()
        now = self._clock.now()
        now_s = int(now.timestamp())
        jti = self._keys.ids.new(lender_id, now_s)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": lender_id,
            "iat": now_s,
            "exp": now_s + LIFE_S,
            "jti": jti,
        }
        token = jwt.encode(claims, key, algorithm=ALGORITHM, headers={"typ": TYPE, "kid": kid})
        expires_at = datetime.fromtimestamp(now_s + LIFE_S, UTC)
        return IssuedToken(token=token, jti=jti, issued_at=now, expires_at=expires_at)
