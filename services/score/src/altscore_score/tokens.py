"""Access tokens: RS256 alone, keys of our own alone, every claim checked, verified once and remembered by digest."""

import base64
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from altscore_libs import strictjson
from altscore_libs.clock import Clock
from altscore_libs.errors import AltScoreError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from altscore_score.errors import TokenExpired, TokenInvalid

ISSUER, AUDIENCE, TYPE, ALGORITHM = "altscore.in", "score-api", "at+jwt", "RS256"
LIFE_S = 3600
SKEW_S = 30
MAX_TOKEN_CHARS = 4096
MAX_REMEMBERED = 20_000
RELOAD_S = 10.0
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    lender_id: str
    jti: str
    issued_at_s: int
    expires_at_s: int
    key_id: str


class KeyRing:
    """The signing keys of a folder; all of them verify, the one whose name sorts last signs.

    Args:
        folder: PEM files of RSA private keys, at least 2,048 bits.
        monotonic: seconds that only grow.

    Raises:
        ValueError: no key, or one that is not RSA or too short.
    """

    def __init__(self, folder: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._monotonic = monotonic
        self._load()

    def _load(self) -> None:
        keys: dict[str, rsa.RSAPrivateKey] = {}
        for path in sorted(self._folder.glob("*.pem"), key=_natural):
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
            if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
                raise ValueError(f"{path.name} is not an RSA key of 2,048 bits")
            keys[_key_id(path.stem, key.public_key())] = key
        if not keys:
            raise ValueError("the folder of signing keys holds none")
        self._signing = list(keys.items())[-1]
        self._public = {kid: key.public_key() for kid, key in keys.items()}
        self._loaded_at = self._monotonic()

    def signing(self) -> tuple[str, rsa.RSAPrivateKey]:
        """Id and key that sign now."""
        return self._signing

    def find(self, kid: str) -> rsa.RSAPublicKey | None:
        """The key of that id; an unknown id makes the folder be read again, at most once in ten seconds."""
        if kid not in self._public and self._monotonic() - self._loaded_at >= RELOAD_S:
            self._load()
        return self._public.get(kid)

    def jwks(self) -> dict[str, Any]:
        """The public half, RFC 7517."""
        return {"keys": [_jwk(kid, key) for kid, key in self._public.items()]}


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    parts = re.split(r"(\d+)", path.stem)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _key_id(label: str, key: rsa.RSAPublicKey) -> str:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"{label}-{hashlib.sha256(der).hexdigest()[:16]}"


def _jwk(kid: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
    numbers = key.public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": ALGORITHM,
        "key_ops": ["verify"],
        "kid": kid,
        "n": _encode(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": _encode(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")),
    }


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class TokenMint:
    """Issues access tokens.

    Args:
        keys: of this service.
        clock: for iat and exp.
    """

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def issue(self, lender_id: str) -> tuple[str, str]:
        """A token for an hour, and its jti."""
        kid, key = self._keys.signing()
        now_s, jti = int(self._clock.now().timestamp()), uuid4().hex
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": kid}
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": lender_id,
            "iat": now_s,
            "exp": now_s + LIFE_S,
            "jti": jti,
        }
        signed = f"{_encode(orjson.dumps(header))}.{_encode(orjson.dumps(claims))}"
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encode(signature)}", jti


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
            header = strictjson.loads(_decode(parts[1]))
            signature = _decode(parts[3])
            payload_raw = _decode(parts[2])
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
