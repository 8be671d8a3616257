"""Makes tokens that our key signed, except for what a case changes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .keys import TOKEN_IDS, key_ring
from .rsa_keys import private_key
from .world import LENDER, NOW, OTHER_LENDER

NOW_S = int(NOW.timestamp())
CLAIMS = {
    "iss": "altscore.in",
    "aud": "score-api",
    "sub": LENDER,
    "iat": NOW_S,
    "exp": NOW_S + 3600,
    "jti": TOKEN_IDS.new(LENDER, NOW_S),
}


def claims_with(**changes: Any) -> dict[str, Any]:
    """Claims of a token, under an id that we would have given to this lender at this instant."""
    claims = {**CLAIMS, **changes}
    return {**claims, "jti": TOKEN_IDS.new(claims["sub"], claims["iat"]), **changes}


def jti_of(token: str) -> str:
    """The id of a token, which is not verified."""
    return str(jwt.decode(token, options={"verify_signature": False})["jti"])


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forge:
    """Makes tokens that our key signed, except for what a case changes."""

    def __init__(self, folder: Path) -> None:
        self.ring = key_ring(folder)
        signing = self.ring.signing()
        self.kid, self.key = signing.kid, private_key(folder, signing.label)

    def token(self, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
        """A token signed by our own key with PyJWT."""
        return jwt.encode(
            claims_with(**(claims or {})),
            self.key,
            algorithm="RS256",
            headers={"typ": "at+jwt", "kid": self.kid, **(header or {})},
        )

    def without(self, claim: str) -> str:
        """A token that lacks a claim."""
        claims = {name: value for name, value in CLAIMS.items() if name != claim}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"typ": "at+jwt", "kid": self.kid})

    def raw(self, header: bytes, payload: bytes) -> str:
        """A token of any bytes, with our signature."""
        signed = f"{b64(header)}.{b64(payload)}"
        return f"{signed}.{b64(self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def header(self) -> bytes:
        """The header of a good token."""
        return json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": self.kid}).encode()

    def hmac_with_public_key(self) -> str:
        """A token of HS256 under the PEM of the public key (algorithm confusion)."""
        pem = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": self.kid}).encode()
        signed = f"{b64(header)}.{b64(json.dumps(CLAIMS).encode())}"
        return f"{signed}.{b64(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"

    def unsigned(self) -> str:
        """A token of the algorithm none, without a signature."""
        header = json.dumps({"alg": "none", "typ": "at+jwt", "kid": self.kid}).encode()
        return f"{b64(header)}.{b64(json.dumps(CLAIMS).encode())}."

    def by_an_unknown_key(self, header: dict[str, Any] | None = None) -> str:
        """A token signed by a key that is not ours."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return jwt.encode(CLAIMS, key, algorithm="RS256", headers={"typ": "at+jwt", "kid": self.kid, **(header or {})})


FORGERIES: dict[str, Callable[[Forge], str]] = {
    "empty": lambda f: "",
    "not three parts": lambda f: "a.b",
    "five parts": lambda f: f.token() + ".x.y",
    "padding": lambda f: f.token() + "=",
    "newline": lambda f: f.token() + "\n",
    "too long": lambda f: f.token(claims={"x": "y" * 5000}),
    "alg none": lambda f: f.unsigned(),
    "alg none, any case": lambda f: f.raw(
        json.dumps({"alg": "nOnE", "typ": "at+jwt", "kid": f.kid}).encode(), json.dumps(CLAIMS).encode()
    ),
    "HS256 with the public key": lambda f: f.hmac_with_public_key(),
    "RS512": lambda f: jwt.encode(CLAIMS, f.key, algorithm="RS512", headers={"typ": "at+jwt", "kid": f.kid}),
    "PS256": lambda f: jwt.encode(CLAIMS, f.key, algorithm="PS256", headers={"typ": "at+jwt", "kid": f.kid}),
    "an unknown key": lambda f: f.by_an_unknown_key(),
    "an unknown key in jwk": lambda f: f.by_an_unknown_key({"jwk": {"kty": "RSA"}}),
    "jku": lambda f: f.token({"jku": "https://evil.example/jwks"}),
    "x5u": lambda f: f.token({"x5u": "https://evil.example/cert"}),
    "jwk": lambda f: f.token({"jwk": {"kty": "RSA"}}),
    "crit": lambda f: f.token({"crit": ["exp"]}),
    "typ JWT": lambda f: f.token({"typ": "JWT"}),
    "kid unknown": lambda f: f.token({"kid": "jwt-9-0000000000000000"}),
    "kid a path": lambda f: f.token({"kid": "../../etc/passwd"}),
    "kid not a text": lambda f: f.raw(b'{"alg":"RS256","typ":"at+jwt","kid":[1]}', json.dumps(CLAIMS).encode()),
    "iss": lambda f: f.token(claims={"iss": "altscore.in.evil"}),
    "aud": lambda f: f.token(claims={"aud": "admin-api"}),
    "aud a list": lambda f: f.token(claims={"aud": ["score-api", "admin-api"]}),
    "iat in the future": lambda f: f.token(claims={"iat": NOW_S + 31, "exp": NOW_S + 100}),
    "exp beyond an hour": lambda f: f.token(claims={"exp": NOW_S + 3601}),
    "exp before iat": lambda f: f.token(claims={"exp": NOW_S - 1}),
    "exp a text": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": str(NOW_S + 60)}).encode()),
    "exp a fraction": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": NOW_S + 0.5}).encode()),
    "exp true": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": True}).encode()),
    "exp huge": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "exp": 10**400}).encode()),
    "exp twice": lambda f: f.raw(f.header(), (json.dumps(CLAIMS)[:-1] + f', "exp": {NOW_S + 9}}}').encode()),
    "sub not a text": lambda f: f.raw(f.header(), json.dumps({**CLAIMS, "sub": [LENDER]}).encode()),
    "payload no object": lambda f: f.raw(f.header(), b"[]"),
    "payload no JSON": lambda f: f.raw(f.header(), b"\xff\xfe"),
    "header no JSON": lambda f: f.raw(b"{", json.dumps(CLAIMS).encode()),
    **{f"no {claim}": methodcaller("without", claim) for claim in CLAIMS},
}


def raw_payload(forge: Forge, **change: Any) -> str:
    """A token with changed claims as Python's json writes them (NaN and Infinity included), and our signature."""
    return forge.raw(forge.header(), json.dumps(claims_with(**change)).encode())


def raw_header(forge: Forge, **change: Any) -> str:
    """A token with a changed header and our signature."""
    header = {"alg": "RS256", "typ": "at+jwt", "kid": forge.kid, **change}
    return forge.raw(json.dumps(header).encode(), json.dumps(CLAIMS).encode())


def bare_header(forge: Forge, *names: str) -> str:
    """A token whose header has these fields alone, with our signature."""
    header = {"alg": "RS256", "typ": "at+jwt", "kid": forge.kid}
    return forge.raw(json.dumps({name: header[name] for name in names}).encode(), json.dumps(CLAIMS).encode())


def with_part(token: str, place: int, part: str) -> str:
    """A token with one of its three parts replaced."""
    parts = token.split(".")
    parts[place] = part
    return ".".join(parts)


MORE_FORGERIES: dict[str, Callable[[Forge], str]] = {
    "parts empty": lambda f: "..",
    "header empty": lambda f: with_part(f.token(), 0, ""),
    "payload empty": lambda f: with_part(f.token(), 1, ""),
    "signature empty": lambda f: with_part(f.token(), 2, ""),
    "padding in the payload": lambda f: with_part(f.token(), 1, f.token().split(".")[1] + "=="),
    "standard alphabet": lambda f: with_part(f.token(), 2, "+/" + f.token().split(".")[2][2:]),
    "JSON serialization": lambda f: json.dumps({"payload": "e30", "signatures": []}),
    "no text of ASCII": lambda f: f.token()[:-1] + "é",
    "header an array": lambda f: f.raw(b"[]", json.dumps(CLAIMS).encode()),
    "header a text": lambda f: f.raw(b'"RS256"', json.dumps(CLAIMS).encode()),
    "header nested": lambda f: f.raw(b"[" * 500 + b"]" * 500, json.dumps(CLAIMS).encode()),
    "alg twice": lambda f: f.raw(
        f.header()[:-1] + b', "alg": "none"}', json.dumps(CLAIMS).encode()
    ),
    "alg in small letters": lambda f: raw_header(f, alg="rs256"),
    "alg a list": lambda f: raw_header(f, alg=["RS256"]),
    "alg missing": lambda f: bare_header(f, "typ", "kid"),
    "typ missing": lambda f: bare_header(f, "alg", "kid"),
    "kid missing": lambda f: bare_header(f, "alg", "typ"),
    "typ of an id token": lambda f: raw_header(f, typ="application/at+jwt"),
    "kid empty": lambda f: raw_header(f, kid=""),
    "kid null": lambda f: raw_header(f, kid=None),
    "kid with SQL": lambda f: raw_header(f, kid="' OR 1=1 --"),
    "b64 false": lambda f: raw_header(f, b64=False, crit=["b64"]),
    "crit empty": lambda f: raw_header(f, crit=[]),
    "zip": lambda f: raw_header(f, zip="DEF"),
    "x5c": lambda f: raw_header(f, x5c=["MIIB"]),
    "payload nested": lambda f: f.raw(f.header(), b'{"a":' * 300 + b"1" + b"}" * 300),
    "payload a token": lambda f: f.raw(f.header(), f.token().encode()),
    "sub empty": lambda f: raw_payload(f, sub=""),
    "jti never issued": lambda f: f.token(claims={"jti": "0123456789abcdef" * 2}),
    "jti of another lender": lambda f: f.token(claims={"sub": OTHER_LENDER, "jti": CLAIMS["jti"]}),
    "jti of another instant": lambda f: f.token(claims={"iat": NOW_S - 1, "jti": CLAIMS["jti"]}),
    "jti shortened": lambda f: f.token(claims={"jti": str(CLAIMS["jti"])[:-1]}),
    "jti half": lambda f: f.token(claims={"jti": str(CLAIMS["jti"])[:16]}),
    "jti longer": lambda f: f.token(claims={"jti": f"{CLAIMS['jti']}0"}),
    "jti a number": lambda f: raw_payload(f, jti=1),
    "jti empty": lambda f: raw_payload(f, jti=""),
    "exp negative": lambda f: raw_payload(f, exp=-1),
    "exp null": lambda f: raw_payload(f, exp=None),
    "exp infinite": lambda f: raw_payload(f, exp=float("inf")),
    "exp not a number": lambda f: raw_payload(f, exp=float("nan")),
    "exp an exponent": lambda f: f.raw(
        f.header(), json.dumps(CLAIMS).replace(str(NOW_S + 3600), f"{NOW_S + 3600}e0").encode()
    ),
    "exp a list": lambda f: raw_payload(f, exp=[NOW_S + 60]),
    "exp of 30 digits": lambda f: raw_payload(f, exp=10**29),
    "iat a fraction": lambda f: raw_payload(f, iat=NOW_S + 0.5),
    "iat true": lambda f: raw_payload(f, iat=True),
    "iat a text": lambda f: raw_payload(f, iat=str(NOW_S)),
    "iss null": lambda f: raw_payload(f, iss=None),
    "iss a list": lambda f: raw_payload(f, iss=["altscore.in"]),
    "aud null": lambda f: raw_payload(f, aud=None),
    "sub with a lone surrogate": lambda f: f.raw(f.header(), json.dumps(claims_with(sub="\ud800")).encode()),
}  # fmt: skip
FORGERIES |= MORE_FORGERIES
