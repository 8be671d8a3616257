"""Which keys are accepted, what a challenge is for, and what makes two persons' invitation. Pure."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

CHALLENGE_BYTES = 32
CODE_BYTES = 16
# Decision 24: an assertion is at most five minutes old.
CHALLENGE_LIFETIME = timedelta(minutes=5)
INVITATION_LIFETIME = timedelta(hours=24)
MAX_OPEN_CHALLENGES = 20
MAX_ACTIVE_KEYS = 4
PACKED = "packed"
# Formats whose attestation names the model of a hardware key and ends in its maker's certificate.
ATTESTATION_FORMATS = (PACKED, "fido-u2f", "tpm", "android-key", "apple")


class Purpose(StrEnum):
    """What an answer to a challenge does; an answer for one purpose does nothing else."""

    REGISTRATION = "registration"
    TOKEN = "token"  # noqa: S105  # a purpose's name
    ACTION = "action"


@dataclass(frozen=True)
class KeyPolicy:
    """Which keys are accepted.

    Attributes:
        rp_id: host name that keys are bound to.
        origin: of our pages, as browsers write it.
        roots: PEM certificates of makers, by attestation format; a format without any is refused.
        aaguids: models that are accepted, as UUIDs in lower case.
    """

    rp_id: str
    origin: str
    roots: Mapping[str, Sequence[bytes]]
    aaguids: frozenset[str]


class Challenge(NamedTuple):
    """A challenge and the WebAuthn options that a browser passes to the key."""

    challenge_id: str
    options: dict[str, Any]


class Assertion(NamedTuple):
    """An answer: to which challenge, and the credential as browsers write it in JSON."""

    challenge_id: str
    credential: dict[str, Any]


class Refusal(NamedTuple):
    """Why an answer does not hold: a fixed word for the audit, a sentence for the person."""

    reason: str
    explanation: str = "the security key's answer does not hold; ask for a new challenge"


class UsedKey(NamedTuple):
    """A key whose answer holds, and the answer itself, as a third party needs it."""

    key_id: str
    credential_id: bytes
    public_key: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


class Invitation(NamedTuple):
    """An invitation of one operator to register one key, by two others; one without the second opens nothing."""

    invitation_id: str
    operator_id: str
    code_digest: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    approved_by: str | None
    used_at: datetime | None
    mac: bytes = b""

    def content(self) -> dict[str, str]:
        """Whom it invites, by whom and until when."""
        return {
            "invitation_id": self.invitation_id,
            "operator_id": self.operator_id,
            "code_digest": self.code_digest,
            "requested_by": self.requested_by,
            "expires_at": self.expires_at.isoformat(),
        }


def new_code() -> str:
    """The code of an invitation, which the first person hands to the invited one."""
    return secrets.token_hex(CODE_BYTES)


def code_digest(code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(code.encode()).hexdigest()


def user_handle(operator_id: str) -> bytes:
    """What a key keeps of its operator: no name."""
    return hashlib.sha256(b"altscore-operator\x00" + operator_id.encode()).digest()
