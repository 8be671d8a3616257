"""Rules of a sign-in at an OpenID Connect provider. No I/O, no clock.

Source: OpenID Connect Core 3.1.3.7 (ID token), RFC 7636 (PKCE, S256), RFC 9207 (iss against mix-up).
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from altscore_admin.portal.people.domain import Email, parse_email
from altscore_admin.portal.sessions.domain import Kind

ALGORITHMS = ("RS256", "PS256", "ES256")
LOGIN_LIFETIME = timedelta(minutes=10)
SKEW = timedelta(seconds=30)
OLDEST_TOKEN = timedelta(minutes=10)
# Parts stand between slashes that none of them holds, so that a path is read in one way alone: no backtracking.
_PATH = re.compile(r"/(?:portal|lender)/(?:[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*/?)?(?:\?[A-Za-z0-9_=&-]{0,200})?")
LONGEST_PATH = 300
HOMES: dict[Kind, str] = {"distributor": "/portal/", "lender": "/lender/"}


class NotProven(Exception):
    """An answer does not prove who signs in; the reason is for the audit and names nothing of the answer."""


@dataclass(frozen=True)
class Provider:
    """An identity provider, as it is configured."""

    issuer: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Provider({self.issuer})"


class Metadata(NamedTuple):
    """What a provider says of itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    states_issuer: bool


class Secrets(NamedTuple):
    """What only we know of a sign-in that has begun."""

    nonce: str
    verifier: str


class Proof(NamedTuple):
    """Whom a provider vouches for."""

    subject: str
    email: Email


def is_own_path(path: str) -> bool:
    """Whether a path leads to a page of ours: no host, no scheme, no backslash, nothing that a browser reads as one."""
    return len(path) <= LONGEST_PATH and _PATH.fullmatch(path) is not None


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """The endpoints of a discovery document.

    Raises:
        NotProven: it is another issuer's, or an endpoint is not https.
    """
    if document.get("issuer") != issuer:
        raise NotProven("discovery of another issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    authorization, token, keys = (document.get(name) for name in names)
    if not (_is_https(authorization) and _is_https(token) and _is_https(keys)):
        raise NotProven("discovery without https endpoints")
    states_issuer = document.get("authorization_response_iss_parameter_supported") is True
    return Metadata(str(authorization), str(token), jwks_uri=str(keys), states_issuer=states_issuer)


def _is_https(url: object) -> bool:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme == "https" and bool(parts.hostname)


def challenge_of(verifier: str) -> str:
    """The PKCE challenge, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_address(
    provider: Provider, metadata: Metadata, *, redirect_uri: str, state: str, secrets: Secrets
) -> str:
    """Where the browser is sent."""
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email",
        "state": state,
        "nonce": secrets.nonce,
        "code_challenge": challenge_of(secrets.verifier),
        "code_challenge_method": "S256",
    }
    joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
    return f"{metadata.authorization_endpoint}{joint}{urlencode(query)}"


def check_issuer(stated: str | None, *, issuer: str, metadata: Metadata) -> None:
    """Whether the answer comes from the provider that was asked.

    Raises:
        NotProven: it names another issuer, or none where this provider always names itself.
    """
    if stated is None and not metadata.states_issuer:
        return
    if stated is None or not hmac.compare_digest(stated.encode(), issuer.encode()):
        raise NotProven("answer of another issuer")


def proof_of(claims: Mapping[str, Any], *, provider: Provider, nonce: str, now: datetime) -> Proof:
    """Whom an ID token, whose signature holds, vouches for.

    Raises:
        NotProven: issuer, audience, nonce, time, subject or e-mail address do not hold.
    """
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    stated_nonce = claims.get("nonce")
    checks = {
        "issuer": claims.get("iss") == provider.issuer,
        "audience": provider.client_id in audiences
        and (len(audiences) == 1 or claims.get("azp") == provider.client_id)
        and claims.get("azp") in (None, provider.client_id),
        "nonce": isinstance(stated_nonce, str) and hmac.compare_digest(stated_nonce.encode(), nonce.encode()),
        "expiry": _is_time(claims.get("exp")) and claims["exp"] > (now - SKEW).timestamp(),
        "issue": _is_time(claims.get("iat"))
        and (now - OLDEST_TOKEN).timestamp() < claims["iat"] <= (now + SKEW).timestamp(),
        "subject": isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255,
        "verified email": claims.get("email_verified") is True and isinstance(claims.get("email"), str),
    }
    if failed := [name for name, holds in checks.items() if not holds]:
        raise NotProven(f"id token: {failed[0]}")
    email = parse_email(claims["email"])
    if email is None:
        raise NotProven("id token: form of the email")
    return Proof(claims["sub"], email)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
