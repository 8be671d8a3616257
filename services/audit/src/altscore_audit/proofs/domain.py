"""Rules of proofs: which stored nodes a subtree is computed from, and what a proof consists of. No I/O, no clock."""

from dataclasses import dataclass

from altscore_libs.merkle_tree import LeafRange, Subtree

from altscore_audit.chain.domain import Link
from altscore_audit.checkpoints.domain import Checkpoint

STORED_LEVELS = 8  # every eighth level is stored: subtrees of 256, 65,536, … leaves
MAX_PROOFS = 20  # entries of a request that one answer proves


@dataclass(frozen=True)
class InclusionProof:
    """That an entry stands in the tree whose root a signed checkpoint names."""

    link: Link
    path: list[bytes]
    checkpoint: Checkpoint


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
