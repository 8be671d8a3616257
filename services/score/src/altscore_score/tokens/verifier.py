"""Access tokens: RS256 alone, keys of our own alone, every claim checked, verified once and remembered by digest."""

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from altscore_libs import strictjson
from altscore_libs.clock import Clock
from altscore_libs.errors import AltScoreError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from altscore_score.errors import TokenExpired, TokenInvalid
from altscore_score.tokens.base64url import decode, encode
from altscore_score.tokens.keyring import ALGORITHM, KeyRing

ISSUER, AUDIENCE, TYPE = "altscore.in", "score-api", "at+jwt"
LIFE_S = 3600
SKEW_S = 30
MAX_TOKEN_CHARS = 4096
MAX_REMEMBERED = 20_000
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    lender_id: str
    jti: str
    issued_at_s: int
    expires_at_s: int
    key_id: str


class Minted(NamedTuple):
    """A new token, its id, and when it was made and ends."""

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

    def issue(self, lender_id: str) -> Minted:
        """A token for an hour."""
        kid, key = self._keys.signing()
        now, jti = self._clock.now(), uuid4().hex
        now_s = int(now.timestamp())
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": kid}
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": lender_id,
            "iat": now_s,
            "exp": now_s + LIFE_S,
            "jti": jti,
        }
        signed = f"{encode(orjson.dumps(header))}.{encode(orjson.dumps(claims))}"
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        expires_at = datetime.fromtimestamp(now_s + LIFE_S, UTC)
        return Minted(f"{signed}.{encode(signature)}", jti, now, expires_at)


class TokenVerifier:
    """Verifies access tokens and remembers, by SHA-256, those that were good.

    Args:
        keys: of this service; no token names another source.
        clock: for exp and iat.
    """

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._good: OrderedDict[bytes, Claims] = OrderedDict()

    def verify(self, token: str) -> Claims:
        """The claims of a good token.

        Raises:
            TokenExpired: good once, its hour is over.
            TokenInvalid: anything else.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenInvalid("too long")
        now_s = self._clock.now().timestamp()
        name = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = self._good.get(name)
        if claims is None or self._keys.find(claims.key_id) is None:
            claims = self._check(token, now_s)
            self._good[name] = claims
            if len(self._good) > MAX_REMEMBERED:
                self._good.popitem(last=False)
        if claims.expires_at_s + SKEW_S <= now_s:
            self._good.pop(name, None)
            raise TokenExpired()
        return claims

    def _check(self, token: str, now_s: float) -> Claims:
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            raise TokenInvalid("not a token")
        try:
            header = strictjson.loads(decode(parts[1]))
            signature = decode(parts[3])
            payload_raw = decode(parts[2])
        except (ValueError, AltScoreError) as error:
            raise TokenInvalid("malformed") from error
        # Exactly these three: jku, x5u, jwk and crit would let the token choose how it is verified.
        if not isinstance(header, dict) or header.keys() != {"alg", "typ", "kid"}:
            raise TokenInvalid("header fields")
        if header["alg"] != ALGORITHM or header["typ"] != TYPE or not isinstance(header["kid"], str):
            raise TokenInvalid("header values")
        key = self._keys.find(header["kid"])
        if key is None:
            raise TokenInvalid("unknown key")
        try:
            key.verify(signature, f"{parts[1]}.{parts[2]}".encode(), padding.PKCS1v15(), hashes.SHA256())
            payload = strictjson.loads(payload_raw)
        except (InvalidSignature, AltScoreError) as error:
            raise TokenInvalid("signature") from error
        return _claims(payload, header["kid"], now_s)


def _claims(payload: Any, key_id: str, now_s: float) -> Claims:
    if not isinstance(payload, dict) or payload.get("iss") != ISSUER or payload.get("aud") != AUDIENCE:
        raise TokenInvalid("issuer or audience")
    subject, jti = payload.get("sub"), payload.get("jti")
    issued, expires = payload.get("iat"), payload.get("exp")
    if not isinstance(subject, str) or not isinstance(jti, str) or not subject or not jti:
        raise TokenInvalid("subject or id")
    if type(issued) is not int or type(expires) is not int:  # True and "1" are no instants
        raise TokenInvalid("instants")
    if issued > now_s + SKEW_S or not issued < expires <= issued + LIFE_S:
        raise TokenInvalid("instants")
    return Claims(subject, jti, issued, expires, key_id)
