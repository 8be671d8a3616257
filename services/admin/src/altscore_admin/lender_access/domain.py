"""What an operator may do to a lender's access. No I/O, no clock."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["revoke-tokens", "suspend", "reactivate", "rotate-secret"]
ACTIONS: dict[Kind, str] = {
    "revoke-tokens": "tokens_revoked",
    "suspend": "lender_suspended",
    "reactivate": "lender_reactivated",
    "rotate-secret": "lender_secret_rotated",
}


@dataclass(frozen=True)
class AccessCommand:
    """A change of a lender's access; score carries out the same `command_id` once.

    Args:
        command_id: a UUID; score knows it as `order_id`.
        kind: of the change.
        lender_id: whose access.
        reason: one of the contract's reasons.
        jti: of the token that is revoked; all of them without it.
        overlap_s: how long the secrets before may still be used, seconds.
    """

    command_id: str
    kind: Kind
    lender_id: str
    reason: str
    jti: str | None = None
    overlap_s: int | None = None

    @property
    def options(self) -> dict[str, str | int]:
        """What the kind of change needs beyond its reason."""
        options = {"jti": self.jti, "overlap_s": self.overlap_s}
        return {name: value for name, value in options.items() if value is not None}
