"""The keys of access tokens, and the check of a token: RS256 and our own keys alone, every claim checked.

PyJWT verifies the signature and refuses base64url in a second form. What it is lenient about is checked here: header
fields, duplicate keys, padding, instants. A token is verified once and then remembered by its digest.
"""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from altscore_libs import strictjson
from altscore_libs.clock import Clock, SystemClock
from altscore_libs.errors import AltScoreError
from cachetools import LRUCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import InvalidSignatureError, InvalidTokenError, PyJWS
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_decode
from prometheus_client import Gauge

from altscore_score.errors import TokenExpired, TokenInvalid
from altscore_score.tokens.domain import TokenIds, begins_at, plan

ALGORITHM = "RS256"
KEY_BITS = 2048
FILES = "jwt-*.pem"
RELOAD_S = 10.0
ISSUER, AUDIENCE, TYPE = "altscore.in", "score-api", "at+jwt"
LIFE_S = 3600
SKEW_S = 30
MAX_TOKEN_CHARS = 4096
MAX_REMEMBERED = 20_000
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_JWS = PyJWS(algorithms=[ALGORITHM])
_log = logging.getLogger("altscore.score.tokens")
_published = Gauge("altscore_score_jwt_keys_published", "Keys that verify tokens now.")
_signs_from = Gauge("altscore_score_jwt_key_signs_from_seconds", "Unix time since which the key signs; 0 undated.")


class SigningKey(NamedTuple):
    """The public half of a key that signs access tokens; the other half is in the key store, under `label`."""

    kid: str
    label: str
    public: rsa.RSAPublicKey


class KeyRing:
    """The public keys of a folder, read again at most once in ten seconds, whatever is asked of it.

    Args:
        folder: PEM files of public keys; those of access tokens are named `jwt-….pem`, RSA of at least 2,048 bits.
        ids: makes and knows the ids of tokens; a signature alone makes no token.
        clock: for whose turn it is.
        monotonic: seconds that only grow.

    Raises:
        ValueError: no key, or one that is not RSA or too short.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ids: TokenIds,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ids = ids
        self._folder = folder
        self._clock = clock or SystemClock()
        self._monotonic = monotonic
        self._read: dict[tuple[str, int], SigningKey] = {}
        self._load()

    def _load(self) -> None:
        self._read_at = self._monotonic()
        files = {(path.stem, path.stat().st_mtime_ns): path for path in self._folder.glob(FILES)}
        planned = plan([stem for stem, _ in files], self._clock.now())
        self._read = {name: self._read.get(name) or _read_key(path) for name, path in files.items()}
        keys = {stem: key for (stem, _), key in self._read.items()}
        self._signing = keys[planned.signing]
        self._public = {keys[name].kid: keys[name].public for name in planned.published}
        began_at = begins_at(planned.signing)
        _published.set(len(self._public))
        _signs_from.set(began_at.timestamp() if began_at is not None else 0)

    def _keep_current(self) -> None:
        if self._monotonic() - self._read_at < RELOAD_S:
            return
        try:
            self._load()
        except (OSError, ValueError) as error:  # the keys read before stay good
            _log.error("the public keys of access tokens cannot be read", extra={"reason": type(error).__name__})

    def signing(self) -> SigningKey:
        """The key that signs now."""
        self._keep_current()
        return self._signing

    def find(self, kid: str) -> rsa.RSAPublicKey | None:
        """The published key of that id."""
        self._keep_current()
        return self._public.get(kid)

    def jwks(self) -> dict[str, Any]:
        """The public half, RFC 7517."""
        self._keep_current()
        return {"keys": [_jwk(kid, key) for kid, key in self._public.items()]}


def _read_key(path: Path) -> SigningKey:
    public = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < KEY_BITS:
        raise ValueError(f"{path.name} is not an RSA key of 2,048 bits")
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(f"{path.stem}-{hashlib.sha256(der).hexdigest()[:16]}", path.stem, public)


def _jwk(kid: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key, as_dict=True), "use": "sig", "alg": ALGORITHM, "kid": kid}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    lender_id: str
    jti: str
    issued_at_s: int
    expires_at_s: int
    key_id: str


class TokenVerifier:
    """Verifies access tokens and remembers, by SHA-256, those that were good.

    Args:
        keys: of this service; no token names another source.
        clock: for exp and iat.
    """

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._good: LRUCache[bytes, Claims] = LRUCache(MAX_REMEMBERED)

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
            claims = self._good[name] = self._check(token, now_s)
        if claims.expires_at_s + SKEW_S <= now_s:
            self._good.pop(name, None)
            raise TokenExpired()
        return claims

    def _check(self, token: str, now_s: float) -> Claims:
        key_id = _key_id_of(token)
        key = self._keys.find(key_id)
        if key is None:
            raise TokenInvalid("unknown key")
        try:
            payload = strictjson.loads(_JWS.decode(token, key, algorithms=[ALGORITHM]))
        except (InvalidSignatureError, AltScoreError) as error:
            raise TokenInvalid("signature") from error
        except InvalidTokenError as error:
            raise TokenInvalid("malformed") from error
        claims = _claims(payload, key_id, now_s)
        if not self._keys.ids.is_ours(claims.jti, claims.lender_id, claims.issued_at_s):
            raise TokenInvalid("never issued")
        return claims


def _key_id_of(token: str) -> str:
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise TokenInvalid("not a token")
    try:
        header = strictjson.loads(base64url_decode(parts[1]))
    except (ValueError, AltScoreError) as error:
        raise TokenInvalid("malformed") from error
    # Exactly these three: jku, x5u, jwk and crit would let the token choose how it is verified.
    if not isinstance(header, dict) or header.keys() != {"alg", "typ", "kid"}:
        raise TokenInvalid("header fields")
    if header["alg"] != ALGORITHM or header["typ"] != TYPE or not isinstance(header["kid"], str):
        raise TokenInvalid("header values")
    return str(header["kid"])


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
    return Claims(
        lender_id=subject,
        jti=jti,
        issued_at_s=issued,
        expires_at_s=expires,
        key_id=key_id,
    )
