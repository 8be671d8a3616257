"""How long a call waits for the stores behind it, together and for each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Longest waits of one process, seconds; the defaults are those that serve lenders.

    A caller waits no more than two seconds whatever hangs (functional architecture 08), so each wait is short enough
    for what must still be done after it: a score is served without Redis, and a refusal is audited without a read.
    """

    call_s: float = 1.6
    """For all the waits of a call together."""
    redis_s: float = 0.8
    """For one reply of Redis, and for a connection to it."""
    read_s: float = 1.5
    """For one statement that reads, and for its connection."""
    commit_s: float = 1.5
    """For one statement that commits audit entries and replies, and for its connection."""
    transaction_s: float = 1.8
    """Until a transaction of a rare call has begun."""
    vault_s: float = 0.6
    """For one answer of the vault; the one of the consent service is a setting."""
    audit_trail_s: float = 0.8
    """For one answer of the audit service, which looks at thousands of entries at most."""
    sign_s: float = 1.0
    """For the key store's signature of an access token."""
    access_s: float = 1.0
    """For the reading of revocations and lenders."""


SERVING = Waits()
