"""How long a sign-in lasts, in which cookies it travels, and what proves that a request comes from our own page. Pure.

Cookies (all `__Host-`, so Secure, Path=/ and of no other host; all HttpOnly):

* `SIGNING_IN` is SameSite=None: the identity provider's response is a cross-site POST, and neither Lax nor Strict
  cookies travel with one. It proves nothing alone; the request's id is derived from it, and the ACS ends it.
* `SESSION` is SameSite=Lax: the redirect behind that POST, and a link in an e-mail, are cross-site navigations that a
  Strict cookie would not travel with. Lax never travels with a cross-site POST, and alone it permits nothing.
* `TOKEN` is SameSite=Strict: only our own page's requests need it.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from altscore_admin.operators.domain import Operator

SIGNING_IN = "__Host-altscore_signing_in"
SESSION = "__Host-altscore_operator"
TOKEN = "__Host-altscore_operator_token"  # noqa: S105  # a cookie's name
CSRF_HEADER = "X-CSRF-Token"

# Decision 24.
SAML_SESSION_MAX = timedelta(hours=4)
ADMIN_TOKEN_LIFETIME = timedelta(minutes=15)
KEPT_AFTER_END = timedelta(days=1)
SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_RELATIVE_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9_.~/-]{0,200}(\?[A-Za-z0-9_.~=&%-]{0,200})?")
SAFE_METHODS = frozenset({"GET", "HEAD"})
SignInKind = Literal["development", "saml", "token"]


class SignedIn(NamedTuple):
    """Who is behind a request, and by what.

    Attributes:
        operator: who.
        kind: a development token, a SAML session alone, or a session with a live admin token.
        session_id: None for a development token.
        session_expires_at: of the SAML session.
        token_expires_at: of the admin token; None without one.
        csrf_token: what unsafe requests of this session carry; None for a development token.
    """

    operator: Operator
    kind: SignInKind
    session_id: str | None = None
    session_expires_at: datetime | None = None
    token_expires_at: datetime | None = None
    csrf_token: str | None = None


def new_secret() -> str:
    """A cookie's value that nobody guesses."""
    return secrets.token_urlsafe(SECRET_BYTES)


def is_secret(value: str | None) -> bool:
    """Whether a value has the form of a cookie of ours."""
    return value is not None and _SECRET.fullmatch(value) is not None


def digest_of(secret: str) -> bytes:
    """What the database keeps of a cookie's value."""
    return hashlib.sha256(secret.encode()).digest()


def csrf_token_of(session_secret: str) -> str:
    """The session's CSRF token: another site can send the cookie and read neither it nor this."""
    return hmac.new(session_secret.encode(), b"altscore-admin-csrf", "sha256").hexdigest()


def is_csrf_token(presented: str | None, session_secret: str) -> bool:
    """Whether a header's value is the session's CSRF token."""
    return presented is not None and hmac.compare_digest(presented.encode(), csrf_token_of(session_secret).encode())


def relative_path(value: str | None) -> str | None:
    """The value if it is a path of ours, with a query perhaps; None for anything that could lead elsewhere."""
    return value if value is not None and _RELATIVE_PATH.fullmatch(value) else None


def session_end(now: datetime, provider_end: datetime | None) -> datetime:
    """When a session ends: after four hours, or when the identity provider says, whichever is first."""
    end = now + SAML_SESSION_MAX
    return end if provider_end is None else min(end, provider_end)
