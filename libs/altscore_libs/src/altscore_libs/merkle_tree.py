"""Merkle trees as in RFC 6962, section 2.1: a root over many leaves, short proofs that a leaf is under it, and that a
later tree holds an earlier one.

A tree that grows is never held as a whole. Every range of leaves that a proof speaks of is a sequence of complete
subtrees (`Subtree`): whoever stores their hashes makes a proof from a few of them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Subtree(NamedTuple):
    """A complete subtree: it covers the 2 ** level leaves from place * 2 ** level on. Level 0 is a leaf."""

    level: int
    place: int


class LeafRange(NamedTuple):
    """The leaves from `begin` up to, without, `end`."""

    begin: int
    end: int


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of a leaf, prefixed so that no leaf can pass for an inner node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, in order; that of no leaf is SHA-256 of nothing."""
    if not leaf_hashes:
        return EMPTY_ROOT
    return _levels(leaf_hashes)[-1][0]


def inclusion_paths(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """For each leaf the hashes beside its way to the root, from the leaf upwards."""
    levels = _levels(leaf_hashes) if leaf_hashes else []
    return [_path(levels, index) for index in range(len(leaf_hashes))]


def root_from_path(leaf: bytes, path: Sequence[bytes], *, index: int, size: int) -> bytes:
    """The root that a leaf hash and its path lead to (RFC 9162, section 2.1.3.2).

    Args:
        leaf: hash of the leaf.
        path: of `inclusion_paths`.
        index: of the leaf, from 0.
        size: number of leaves.

    Raises:
        ValueError: no leaf of such a tree has a path of this length.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    position, last, reached = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("the path is too long")
        if position % 2 == 1 or position == last:
            reached = node_hash(sibling, reached)
            while position % 2 == 0 and position != 0:
                position, last = position // 2, last // 2
        else:
            reached = node_hash(reached, sibling)
        position, last = position // 2, last // 2
    if last != 0:
        raise ValueError("the path is too short")
    return reached


def root_over(subtrees: Sequence[bytes]) -> bytes:
    """The root over neighbouring subtrees in the order of `subtrees_of`; that of none is SHA-256 of nothing."""
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


def subtrees_of(leaves: LeafRange) -> list[Subtree]:
    """The complete subtrees that a range consists of, largest first.

    Args:
        leaves: a range of a tree: it begins at a multiple of its size rounded up to a power of two, or at 0.
    """
    subtrees, begin = [], leaves.begin
    for level in reversed(range((leaves.end - leaves.begin).bit_length())):
        if leaves.end - begin >= 1 << level:
            subtrees.append(Subtree(level, begin >> level))
            begin += 1 << level
    return subtrees


def inclusion_ranges(*, index: int, size: int) -> list[LeafRange]:
    """The ranges whose roots are the inclusion path of a leaf, from the leaf upwards (RFC 9162, section 2.1.3.1).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    ranges, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append(LeafRange(middle, end))
            end = middle
        else:
            ranges.append(LeafRange(begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(*, first: int, second: int) -> list[LeafRange]:
    """The ranges whose roots prove that a tree begins with the leaves of an earlier one (RFC 9162, section 2.1.4.1).

    Args:
        first: size of the earlier tree, at least 1.
        second: size of the later tree.

    Raises:
        ValueError: there are no such trees.
    """
    if not 0 < first <= second:
        raise ValueError("the first tree has a leaf and is not larger than the second")
    ranges, begin, end, is_known = [], 0, second, True
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            ranges.append(LeafRange(middle, end))
            end = middle
        else:
            ranges.append(LeafRange(begin, middle))
            begin, is_known = middle, False
    if not is_known:  # the earlier root itself is not repeated
        ranges.append(LeafRange(begin, end))
    return ranges[::-1]


def path_over(ranges: Sequence[LeafRange], hashes: Mapping[Subtree, bytes]) -> list[bytes]:
    """The roots of ranges from the hashes of the subtrees that `subtrees_of` names for each."""
    return [root_over([hashes[subtree] for subtree in subtrees_of(leaves)]) for leaves in ranges]


def is_consistent(*, first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a path proves that the second tree begins with the leaves of the first (RFC 9162, section 2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    hashes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not hashes:
        return False
    place, last = first - 1, second - 1
    while place % 2 == 1:
        place, last = place // 2, last // 2
    earlier = later = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place % 2 == 1 or place == last:
            earlier, later = node_hash(sibling, earlier), node_hash(sibling, later)
            while place % 2 == 0 and place != 0:
                place, last = place // 2, last // 2
        else:
            later = node_hash(later, sibling)
        place, last = place // 2, last // 2
    return last == 0 and earlier == first_root and later == second_root


class GrowingTree:
    """The roots of a tree to which leaves are appended; it keeps one hash for every bit of its size.

    Args:
        size: leaves so far.
        subtrees: hashes of `subtrees_of` those leaves, in order.

    Raises:
        ValueError: the size demands another number of subtrees.
    """

    def __init__(self, size: int = 0, subtrees: Sequence[bytes] = ()) -> None:
        if len(subtrees) != size.bit_count():
            raise ValueError("a tree of this size has another number of subtrees")
        self.size = size
        self._subtrees = list(subtrees)

    def append(self, leaf: bytes) -> None:
        """Adds the hash of the next leaf."""
        complete, size = leaf, self.size
        while size % 2 == 1:
            complete, size = node_hash(self._subtrees.pop(), complete), size // 2
        self._subtrees.append(complete)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return root_over(self._subtrees)


def _split(size: int) -> int:
    """The largest power of two below a size of at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _levels(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """All levels of the tree, leaves first; a node without a sibling goes up as it is."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_hash(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)]
        levels.append(above + below[len(below) - len(below) % 2 :])
    return levels


def _path(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    path = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index //= 2
    return path
