"""One-time codes: form, lifetime, and how often somebody may ask or guess. No I/O, no clock.

Source: decision 26 and the specification, security: e-mail and phone, both; 6 digits, 5 minutes, 5 tries.
"""

import re
import secrets
from datetime import timedelta
from typing import Literal, NamedTuple

DIGITS = 6
LIFETIME = timedelta(minutes=5)
MAX_TRIES = 5
Channel = Literal["email", "sms"]
CODE = re.compile(r"[0-9]{6}")


class Limit(NamedTuple):
    """At most so many attempts within a window."""

    kind: str
    number: int
    window: timedelta


# One person from one address; one person from everywhere, since each start costs an SMS; one address for everybody.
# Behind a balancer everybody has one address: its limits bound the cost of hashing, not the guesses, which the five
# tries of a challenge and the starts of a person do. None of them ends a session.
STARTS_OF_PERSON_AND_SOURCE = Limit("start_person_source", 5, timedelta(minutes=15))
STARTS_OF_PERSON = Limit("start_person", 20, timedelta(hours=1))
STARTS_OF_SOURCE = Limit("start_source", 300, timedelta(minutes=15))
FAILURES_OF_SOURCE = Limit("failure_source", 300, timedelta(minutes=10))
LONGEST_WINDOW = max(
    limit.window for limit in (STARTS_OF_PERSON_AND_SOURCE, STARTS_OF_PERSON, STARTS_OF_SOURCE, FAILURES_OF_SOURCE)
)


class Codes(NamedTuple):
    """The two codes of a challenge."""

    email: str
    sms: str

    def joined(self) -> str:
        """What is hashed: both at once, so that no answer tells which of them was right."""
        return f"{self.email}:{self.sms}"


def new_codes() -> Codes:
    """Two codes of six digits from the operating system."""
    return Codes(*(f"{secrets.randbelow(10**DIGITS):0{DIGITS}}" for _ in range(2)))


def code_context(challenge_id: str, channel: str) -> str:
    """What the ciphertext of a waiting code is bound to."""
    return f"code {challenge_id} {channel}"
