"""Rules of proofs: which stored nodes a subtree is computed from, and what a proof consists of. No I/O, no clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from altscore_libs.merkle_tree import LeafRange, Subtree

from altscore_audit.chain.domain import GENERAL, Link
from altscore_audit.checkpoints.domain import Checkpoint, Cosignature

STORED_LEVELS = 8  # every eighth level is stored: subtrees of 256, 65,536, … leaves
MAX_PROOFS = 20  # entries of a request that one answer proves
WRITER = "score"  # the service whose entries speak of lenders' calls
_RECORDS = {  # by the prefix of an id: its name in details, and how the actions begin that are about it
    "scr": ("score_id", ""),
    "grv": ("grievance_id", "grievance_"),
    "cns": ("consent_id", "consent_"),  # not every call that it opened
}
_MEMBERS = frozenset({"event_id", "occurred_at", "producer", "producer_seq", "trace_id"}) | frozenset(
    {"action", "actor", "subject", "outcome", "reason", "details"}
)


@dataclass(frozen=True)
class InclusionProof:
    """That an entry stands in the tree whose root a signed checkpoint names."""

    link: Link
    path: list[bytes]
    checkpoint: Checkpoint
    cosignature: Cosignature | None = None


@dataclass(frozen=True)
class ConsistencyProof:
    """That the tree of one size begins with the leaves of an earlier size."""

    chain: str
    first: int
    second: int
    path: list[bytes]


def stored_range(subtree: Subtree) -> tuple[int, LeafRange]:
    """The level that is stored at or below a subtree, and the nodes of it that the subtree consists of."""
    level = subtree.level - subtree.level % STORED_LEVELS
    width = 1 << (subtree.level - level)
    return level, LeafRange(subtree.place * width, (subtree.place + 1) * width)


@dataclass(frozen=True)
class LenderView:
    """Which entries a lender may be handed: its own acts, as score wrote them, with nothing in them but known names.

    The text of an entry is what is hashed, so nothing of it can be masked: it is handed out whole or not at all.

    Args:
        details: names that the details of an action may have, of schemas/audit/lender_entries.yml.
    """

    details: Mapping[str, frozenset[str]]

    def shows(self, link: Link, lender_id: str) -> bool:
        """Whether this lender may be handed this entry."""
        names = self.details.get(link.action)
        if names is None or link.chain != GENERAL:
            return False
        fields = json.loads(link.payload)
        claims = (fields.get("action"), fields.get("producer"), fields.get("actor"))
        is_own = claims == (link.action, WRITER, lender_id)
        return is_own and fields.keys() <= _MEMBERS and fields.get("details", {}).keys() <= names


def lender_view(table: Mapping[str, Any]) -> LenderView:
    """The view of schemas/audit/lender_entries.yml."""
    return LenderView({action: frozenset(names) for action, names in table.items()})


def is_of_record(link: Link, record_id: str) -> bool:
    """Whether an entry is about a score, a grievance or a consent: its details name it, and so does its action."""
    name, family = _RECORDS[record_id.partition("_")[0]]
    return link.action.startswith(family) and json.loads(link.payload).get("details", {}).get(name) == record_id
