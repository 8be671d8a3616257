"""Rules of invitations. No I/O, no clock."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Language = Literal["hi", "en"]
OUTCOMES = ("invited", "already_open", "unreachable", "refused", "unknown")


@dataclass(frozen=True)
class InvitationCommand:
    """Whom to ask for what.

    Args:
        distributor_id: who invites.
        lender_scope: for which lenders.
        purpose: of the consent.
        hindi_share: part of the retailers that is written to in Hindi, 0 to 1.
        retailer_ids: None stands for all retailers of that distributor.
    """

    distributor_id: str
    lender_scope: Sequence[str]
    purpose: str
    hindi_share: Decimal
    retailer_ids: Collection[str] | None

    def includes(self, retailer_id: str) -> bool:
        """Whether the retailer is to be invited."""
        return self.retailer_ids is None or retailer_id in self.retailer_ids


def language_of(retailer_id: str, hindi_share: Decimal) -> Language:
    """The language a retailer is written to: the same one every time, Hindi for `hindi_share` (0 to 1) of them."""
    place = int.from_bytes(hashlib.sha256(retailer_id.encode()).digest()[:4], "big")
    return "hi" if Decimal(place) < hindi_share * Decimal(2**32) else "en"


def complete_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """The count of every outcome, 0 where nothing was counted."""
    return {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}
