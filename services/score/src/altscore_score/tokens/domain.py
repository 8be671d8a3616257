"""Which key signs access tokens, which are published, and which reuse of a refresh token is a mere repetition.

A key's label in the key store is `jwt-<n>` or `jwt-<n>-<when it begins to sign>` (`jwt-2-20261121T090000Z`), and so is
the name of the file of its public half. The name carries the instant, since the times of a file do not survive its
being copied.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

LEAD = timedelta(hours=1)
OVERLAP = timedelta(weeks=2)
REPEAT_WITHIN = timedelta(seconds=10)
# RFC 9110 requires a challenge. None that is registered takes a secret in the body; `Basic` would make clients ask
# people for a password and send it in a header that is not read.
CHALLENGE = 'ClientSecret realm="token"'
INSTANT = "%Y%m%dT%H%M%SZ"
_DATED = re.compile(r"(.+)-(\d{8}T\d{6}Z)")
_NUMBER = re.compile(r"jwt-(\d+)")


class TokenIds:
    """Ids of access tokens that only we can make: whoever holds the signing key alone still issues none.

    An id is 16 hexadecimal digits at random and 16 of a MAC over them, the lender and the instant of issue.

    Args:
        context_key: of row-level security, from which a key of this purpose alone is derived.
    """

    def __init__(self, context_key: bytes) -> None:
        self._key = hmac.digest(context_key, b"ids of access tokens", "sha256")

    def new(self, lender_id: str, issued_at_s: int) -> str:
        """An id for a token of that lender, issued then."""
        nonce = secrets.token_hex(8)
        return nonce + self._mac(nonce, lender_id, issued_at_s)

    def is_ours(self, jti: str, lender_id: str, issued_at_s: int) -> bool:
        """Whether we issued a token under this id, to this lender, at this instant."""
        expected = self._mac(jti[:16], lender_id, issued_at_s)
        return hmac.compare_digest(jti[16:].encode("utf-8", "surrogatepass"), expected.encode())

    def _mac(self, nonce: str, lender_id: str, issued_at_s: int) -> str:
        content = f"{nonce}|{issued_at_s}|{lender_id}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, content, "sha256")[:8].hex()


@dataclass(frozen=True)
class KeyPlan:
    """Names of keys (without `.pem`), oldest first."""

    signing: str
    published: tuple[str, ...]
    retired: tuple[str, ...]
    waiting: tuple[str, ...]


def plan(names: Iterable[str], now: datetime) -> KeyPlan:
    """Which key signs and which are published.

    The newest key whose time has come signs; before any has, the oldest does. A newer key is published before it signs,
    so that a cached key set contains it in time. An older one stays published for two weeks after its successor
    began; beside an undated successor for good, since it is unknown when that was.

    Args:
        names: of all keys, without `.pem`; at least one.
        now: an aware instant.

    Raises:
        ValueError: no name.

    Source: decision 18.
    """
    order = sorted(names, key=_age)
    if not order:
        raise ValueError("the folder of public keys holds none of access tokens")
    due = [place for place, name in enumerate(order) if (begins_at(name) or now) <= now]
    signing = due[-1] if due else 0
    retired = []
    for name, successor in pairwise(order[: signing + 1]):
        began_at = begins_at(successor)
        if began_at is not None and began_at + OVERLAP <= now:
            retired.append(name)
    published = tuple(name for name in order if name not in retired)
    return KeyPlan(
        signing=order[signing],
        published=published,
        retired=tuple(retired),
        waiting=tuple(order[signing + 1 :]),
    )


def begins_at(name: str) -> datetime | None:
    """When the key of that name begins to sign; None where the name has no date."""
    dated = _DATED.fullmatch(name)
    if dated is None:
        return None
    try:
        return datetime.strptime(dated.group(2), INSTANT).replace(tzinfo=UTC)
    except ValueError:  # shaped like a date, and none
        return None


def _age(name: str) -> tuple[datetime, list[tuple[bool, int, str]]]:
    parts = re.split(r"(\d+)", name)
    natural = [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
    return begins_at(name) or datetime.min.replace(tzinfo=UTC), natural


def next_name(names: Iterable[str], signs_from: datetime) -> str:
    """The name of the key after all of these."""
    numbers = [int(number.group(1)) for name in names if (number := _NUMBER.match(name))]
    return f"jwt-{max(numbers, default=0) + 1}-{signs_from.strftime(INSTANT)}"


def is_repetition(used_at: datetime, now: datetime) -> bool:
    """Whether a spent refresh token came again so soon that it is the same refresh, by a second thread or a retry.

    Args:
        used_at: when it was spent, by the clock of the replica that spent it; it may be ahead of `now`.
        now: an aware instant.
    """
    return abs(now - used_at) <= REPEAT_WITHIN
