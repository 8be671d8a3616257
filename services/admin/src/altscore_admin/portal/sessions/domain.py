"""Who is signed in and for how long. No I/O, no clock.

Source: specification, security, identity tiers: distributors 4 hours and 20 minutes idle, lenders 8 hours and 30.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Kind = Literal["distributor", "lender"]
SignIn = Literal["codes", "oidc", "saml"]
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SEEN_EVERY = timedelta(seconds=30)  # how often the use of a session is written down


class Person(NamedTuple):
    """A person who signed in."""

    person_id: str
    kind: Kind
    organisation_id: str


class Lifetime(NamedTuple):
    """How long a session lives, and how long it may rest."""

    whole: timedelta
    idle: timedelta


LIFETIMES: dict[Kind, Lifetime] = {
    "distributor": Lifetime(timedelta(hours=4), timedelta(minutes=20)),
    "lender": Lifetime(timedelta(hours=8), timedelta(minutes=30)),
}
COOKIES: dict[Kind, str] = {"distributor": "__Host-altscore_portal", "lender": "__Host-altscore_lender"}


@dataclass(frozen=True)
class Session:
    """A session as it is stored, with whose it is."""

    person: Person
    organisation_name: str
    language: str
    sign_in: SignIn
    started_at: datetime
    seen_at: datetime
    expires_at: datetime

    @property
    def idle_expires_at(self) -> datetime:
        """When it ends if nobody uses it."""
        return min(self.expires_at, self.seen_at + LIFETIMES[self.person.kind].idle)

    def is_alive(self, now: datetime) -> bool:
        """Whether it has neither ended nor rested too long."""
        return self.started_at <= now < self.idle_expires_at

    def is_use_recorded(self, now: datetime) -> bool:
        """Whether its last use is recorded closely enough."""
        return now - self.seen_at < SEEN_EVERY


@dataclass(frozen=True)
class Attempt:
    """A request that needs a person.

    Args:
        token: of the session's cookie, None without one.
        csrf_token: of the header, None without one.
        is_unsafe: the method may change something.
        fetch_site: what the browser says of where the request comes from, None where it says nothing.
        route: template of the route, never the caller's own path.
        source: address of the caller.
    """

    token: str | None
    csrf_token: str | None
    is_unsafe: bool
    fetch_site: str | None
    route: str
    source: str


def is_foreign(fetch_site: str | None) -> bool:
    """Whether the browser says that a page of another site asks."""
    return fetch_site not in (None, "same-origin", "none")


def passes_csrf(attempt: Attempt, expected: str) -> bool:
    """Whether a request may change something: it carries its session's token and comes from our own pages."""
    if not attempt.is_unsafe:
        return True
    sent = attempt.csrf_token or ""
    return hmac.compare_digest(sent.encode(), expected.encode()) and not is_foreign(attempt.fetch_site)
