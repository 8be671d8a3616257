"""MACs of active states: a keyed hash over the row and its signed record, under a key that the database never sees.

A MAC is computed only where the record was just signed or its signature just verified, so checking it (microseconds)
says what checking the signature again would say, and besides that version, times and status are ours (ADR 0007).
"""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from altscore_consent.grants.domain import State

CONTEXT = b"altscore.consent-state.1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


class RowMac:
    """Computes and verifies MACs.

    Args:
        keys: 32 bytes each; the first one computes, all of them verify (an older one until `remac` has run).
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = list(keys)

    def compute(self, retailer_id: str, state: State, grant_digest: bytes) -> bytes:
        """The MAC of an active state that relies on the record with that digest."""
        return hmac.digest(self._keys[0], _message(retailer_id, state, grant_digest), "sha256")

    def verify(self, retailer_id: str, state: State, grant_digest: bytes, *, mac: bytes | None) -> bool:
        """Whether a stored MAC is ours for exactly this row and record."""
        if mac is None:
            return False
        message = _message(retailer_id, state, grant_digest)
        return any(hmac.compare_digest(hmac.digest(key, message, "sha256"), mac) for key in self._keys)


def _message(retailer_id: str, state: State, grant_digest: bytes) -> bytes:
    ended_at = "" if state.ended_at is None else _microseconds(state.ended_at)
    text = (
        f"{retailer_id}\x00{state.lender_id}\x00{state.purpose}\x00{state.status}\x00{state.version}"
        f"\x00{state.consent_id}\x00{_microseconds(state.given_at)}\x00{_microseconds(state.expires_at)}"
        f"\x00{ended_at}\x00{state.use_limit}\x00{state.use_period_days}\x00"
    )  # PostgreSQL's text holds no NUL, so no two rows give the same bytes
    return text.encode() + grant_digest


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _US
