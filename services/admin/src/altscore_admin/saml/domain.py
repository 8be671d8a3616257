"""A request that a browser keeps the other half of, and what a verified assertion says beyond its signature. Pure."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

REQUEST_LIFETIME = timedelta(minutes=10)
# What the library grants to the identity provider's clock; a used response is remembered for longer.
CLOCK_DRIFT = timedelta(minutes=5)
ASSERTION_MAX = timedelta(hours=1)
_SECRET_BYTES = 32
_STATE = re.compile(r"([0-9]{10})\.[A-Za-z0-9_-]{43}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SignInRequest(NamedTuple):
    """A request to the identity provider: what the browser keeps, and the id that is derived from it."""

    state: str
    request_id: str


class Statement(NamedTuple):
    """What an assertion that holds says.

    Attributes:
        name_id: of the subject.
        attributes: values by name.
        session_end: when the identity provider ends the session; None when it says nothing.
        issued_until: until when the assertion would be taken.
    """

    name_id: str
    attributes: Mapping[str, Iterable[str]]
    session_end: datetime | None
    issued_until: datetime


def new_request(now: datetime, context: str = "") -> SignInRequest:
    """A new request. Nothing is stored for it: its id is the digest of what the browser keeps, its end included.

    Args:
        now: of its beginning.
        context: what an answer must be taken in as well, such as the lender whose provider is asked.
    """
    end = int((now + REQUEST_LIFETIME - _EPOCH).total_seconds())
    state = f"{end:010d}.{secrets.token_urlsafe(_SECRET_BYTES)}"
    return SignInRequest(state, request_id_of(state, context))


def request_id_of(state: str, context: str = "") -> str:
    """The id of the request that belongs to a browser's state; a state has one length, so the context begins behind."""
    return f"_{hashlib.sha256(f'{state}{context}'.encode()).hexdigest()}"


def is_live_state(state: str | None, now: datetime) -> bool:
    """Whether a browser's state is of our form and not over."""
    match = _STATE.fullmatch(state or "")
    return match is not None and (now - _EPOCH).total_seconds() < int(match[1])
