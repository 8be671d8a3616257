"""An identity provider that keeps OpenID Connect, unless a test has it do otherwise."""

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from altscore_admin.portal.oidc.domain import Provider
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .conftest import EMAILS, NORTH, NOW

ISSUER, OTHER_ISSUER = "https://idp.test", "https://other-idp.test"
ORIGIN = "https://altscore.test"
CLIENT = Provider(ISSUER, "portal", "a-client-secret-of-the-portal")
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": name}) for name in ("key-1", "key-1"))
LENDER_CLIENT = "lender-client"


@dataclass
class IdentityProvider:
    """A provider that keeps the protocol, unless a test has it do otherwise."""

    email: str = EMAILS[NORTH]
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "key-1"})
    discovery: dict[str, Any] = field(default_factory=dict)
    token_answer: JSONResponse | None = None
    hangs: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: int = 0

    def authorise(self, address: str) -> dict[str, str]:
        """A person signs in and is sent back: the parameters of the callback."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{ISSUER}/authorize?")
        assert (query["response_type"], query["code_challenge_method"], query["scope"]) == (
            "code",
            "S256",
            "openid email",
        )
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"], "iss": ISSUER}

    async def document(self, _: Request) -> JSONResponse:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        endpoints = {name: f"{ISSUER}/{path}" for name, path in paths.items()}
        supports = {"authorization_response_iss_parameter_supported": True}
        return JSONResponse({"issuer": ISSUER, **endpoints, **supports, **self.discovery})

    async def keys(self, _: Request) -> JSONResponse:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    async def token(self, request: Request) -> JSONResponse:
        self.exchanges += 1
        if self.hangs:
            await asyncio.sleep(60)
        if self.token_answer is not None:
            return self.token_answer
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(form["code"], None)  # a code counts once
        if asked is None or not self._is_client(request, asked) or not _holds(form, asked):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(NOW.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": asked["client_id"],
            "sub": "subject-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": self.email,
            "email_verified": True,
        }
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        token = jwt.encode(self.header, claims, self.key, algorithms=["RS256", "HS256"])
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})

    @staticmethod
    def _is_client(request: Request, asked: dict[str, str]) -> bool:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        user = base64.b64decode(value).decode().partition(":")[0]
        return scheme == "Basic" and user == asked["client_id"]

    def transport(self) -> httpx.ASGITransport:
        routes = [
            Route("/.well-known/openid-configuration", self.document),
            Route("/jwks", self.keys),
            Route("/token", self.token, methods=["POST"]),
        ]
        return httpx.ASGITransport(app=Starlette(routes=routes))


def _holds(form: dict[str, str], asked: dict[str, str]) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    return digest == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]
