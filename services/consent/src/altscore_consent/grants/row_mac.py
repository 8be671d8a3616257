"""MACs of rows: keyed hashes under keys that the database never sees.

The MAC of an active state is over the row and its signed record. It is computed only where the record was just signed
or its signature just verified, so checking it (microseconds) says what checking the signature again would say, and
besides that version, times and status are ours (ADR 0007). Invites, ledgers and uses are facts that a signature or a
refusal later rests on (ADR 0046).
"""

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from altscore_consent.grants.domain import State
from altscore_consent.invites.domain import Invite
from altscore_consent.ledgers.domain import Ledger
from altscore_consent.usage.domain import Use

CONTEXT = b"altscore.consent-state.1"
FACTS_CONTEXT = b"altscore.consent-facts.1"
TOKEN_CHARACTERS = 32
Fact = Sequence[str | int | Sequence[str] | None]
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


class FactMac:
    """Computes and verifies the MACs of facts, and the reply tokens of invites.

    Args:
        keys: 32 bytes each; the first one computes, all of them verify (an older one until `remac` has run).
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = list(keys)

    def compute(self, fact: Fact) -> bytes:
        """The MAC of a fact."""
        return hmac.digest(self._keys[0], _encode(fact), "sha256")

    def verify(self, fact: Fact, mac: bytes | None) -> bool:
        """Whether a stored MAC is ours for exactly this fact."""
        if mac is None:
            return False
        message = _encode(fact)
        return any(hmac.compare_digest(hmac.digest(key, message, "sha256"), mac) for key in self._keys)

    def reply_token(self, invite: Invite, last_no_at: datetime | None) -> str:
        """What the YES button of a question about the invite carries, and nothing else does.

        A decision or a NAHI makes another token: who saw one come back cannot answer a second time with it.
        """
        return self._tokens(invite, last_no_at)[0]

    def is_reply_token(self, invite: Invite, last_no_at: datetime | None, token: str) -> bool:
        """Whether a tap carries the token of the invite as it stands."""
        return any(hmac.compare_digest(expected, token) for expected in self._tokens(invite, last_no_at))

    def _tokens(self, invite: Invite, last_no_at: datetime | None) -> list[str]:
        instants = [None if at is None else _microseconds(at) for at in (invite.decided_at, last_no_at)]
        message = _encode(["reply", *_asked(invite), *instants])
        return [hmac.digest(key, message, "sha256").hex()[:TOKEN_CHARACTERS] for key in self._keys]


def invite_fact(invite: Invite) -> Fact:
    """Everything that an invite says, its status included."""
    decided_at = None if invite.decided_at is None else _microseconds(invite.decided_at)
    return ["invite", *_asked(invite), invite.status, decided_at]


def ledger_fact(ledger: Ledger) -> Fact:
    """Everything that a ledger says."""
    last_no_at = None if ledger.last_no_at is None else _microseconds(ledger.last_no_at)
    return ["ledger", ledger.retailer_id, ledger.version, last_no_at]


def use_fact(use: Use) -> Fact:
    """Everything that a use says."""
    return ["use", str(use.event_id), use.consent_id, use.lender_id, _microseconds(use.used_at)]


def _asked(invite: Invite) -> list[str | int | Sequence[str] | None]:
    return [
        invite.invite_id,
        invite.retailer_id,
        invite.distributor_id,
        invite.distributor_name,
        invite.contact_ref,
        list(invite.lender_scope),
        invite.purpose,
        invite.language,
        invite.notice_id,
        invite.notice_version,
        invite.notice_text,
        invite.notice_sha256,
        _microseconds(invite.created_at),
        _microseconds(invite.expires_at),
    ]


def _encode(fact: Fact) -> bytes:
    return json.dumps(fact, separators=(",", ":")).encode()


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
