"""What a verified assertion must say beyond its signature, who it names, and which roles it gives. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from altscore_admin.operators.domain import Role
from altscore_admin.sessions.domain import is_secret, new_secret

REQUEST_LIFETIME = timedelta(minutes=10)
# What the library grants to the identity provider's clock; a used response is remembered for longer.
CLOCK_DRIFT = timedelta(minutes=5)
ASSERTION_MAX = timedelta(hours=1)
# An id of the directory, no e-mail address and no number: it stands in the audit (decision 36).
_OPERATOR_ID = re.compile(r"[a-z][a-z0-9._-]{0,63}")
_STATE = re.compile(r"([0-9]{10})\.([A-Za-z0-9_-]{43})")
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


def new_request(now: datetime) -> SignInRequest:
    """A new request. Nothing is stored for it: its id is the digest of what the browser keeps, its end included."""
    state = f"{int((now + REQUEST_LIFETIME - _EPOCH).total_seconds()):010d}.{new_secret()}"
    return SignInRequest(state, request_id_of(state))


def request_id_of(state: str) -> str:
    """The id of the request that belongs to a browser's state."""
    return f"_{hashlib.sha256(state.encode()).hexdigest()}"


def is_live_state(state: str | None, now: datetime) -> bool:
    """Whether a browser's state is of our form and not over."""
    match = _STATE.fullmatch(state or "")
    return match is not None and is_secret(match[2]) and (now - _EPOCH).total_seconds() < int(match[1])


def operator_id_of(name_id: str) -> str | None:
    """The operator that a subject's name means; None for a name of another form."""
    return name_id if _OPERATOR_ID.fullmatch(name_id) else None


def roles_of(values: Iterable[str], mapping: Mapping[str, Role]) -> frozenset[Role]:
    """The roles behind an attribute's values; a value that the configuration does not name is no role."""
    return frozenset(mapping[value] for value in values if value in mapping)
