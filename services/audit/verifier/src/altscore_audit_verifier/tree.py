"""Merkle trees of RFC 6962, written from the RFC: roots of a growing tree, and what inclusion and consistency mean."""

import hashlib
from collections.abc import Sequence

Path = Sequence[bytes]


class WrongPath(ValueError):
    """A path has not the length that a tree of this size demands."""


def leaf(entry_hash: bytes) -> bytes:
    """The leaf of an entry."""
    return hashlib.sha256(b"\x00" + entry_hash).digest()


def join(left: bytes, right: bytes) -> bytes:
    """The node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_root(nodes: Sequence[bytes]) -> bytes:
    """The root over a power of two of neighbours."""
    while len(nodes) > 1:
        sha256 = hashlib.sha256
        nodes = [sha256(b"\x01" + nodes[i] + nodes[i + 1]).digest() for i in range(0, len(nodes), 2)]
    return nodes[0]


class Frontier:
    """The complete subtrees of a growing tree, largest first: all that its root depends on."""

    def __init__(self) -> None:
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, node: bytes, height: int = 0) -> None:
        """Appends a leaf, or a complete subtree of 2 ** height leaves at a place that is a multiple of that."""
        while self._subtrees and self._subtrees[-1][0] == height:
            node = join(self._subtrees.pop()[1], node)
            height += 1
        self._subtrees.append((height, node))

    def root(self, tail: bytes | None = None) -> bytes:
        """The root; with a tail, that of the tree with those smaller subtrees behind it."""
        hashes = [node for _, node in self._subtrees]
        if tail is not None:
            hashes.append(tail)
        if not hashes:
            return hashlib.sha256(b"").digest()
        root = hashes.pop()
        while hashes:
            root = join(hashes.pop(), root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaves."""
    frontier = Frontier()
    for node in leaves:
        frontier.add(node)
    return frontier.root()


def included_root(node: bytes, *, index: int, size: int, path: Path) -> bytes:
    """The root that a leaf at a place of a tree has under this path.

    Raises:
        WrongPath: the tree has no such leaf, or its path another length.
    """
    if not 0 <= index < size:
        raise WrongPath("the tree has no such leaf")
    if size == 1:
        if path:
            raise WrongPath("the path is too long")
        return node
    if not path:
        raise WrongPath("the path is too short")
    left = _largest_power_below(size)
    if index < left:
        return join(included_root(node, index=index, size=left, path=path[:-1]), path[-1])
    return join(path[-1], included_root(node, index=index - left, size=size - left, path=path[:-1]))


def is_consistent(*, first: int, second: int, first_root: bytes, second_root: bytes, path: Path) -> bool:
    """Whether a path proves that a tree of `second` leaves begins with the tree of `first` leaves."""
    if not 0 < first <= second:
        return False
    try:
        return _both_roots(first, second, path, known=first_root) == (first_root, second_root)
    except WrongPath:
        return False


def _both_roots(first: int, size: int, path: Path, *, known: bytes | None) -> tuple[bytes, bytes]:
    """Roots of the earlier and of the later tree within a subtree, from the proof's end inwards."""
    if first == size:
        if known is not None and not path:
            return known, known
        if known is None and len(path) == 1:
            return path[0], path[0]
        raise WrongPath("the path has another length")
    if not path:
        raise WrongPath("the path is too short")
    left = _largest_power_below(size)
    if first <= left:
        earlier, later = _both_roots(first, left, path[:-1], known=known)
        return earlier, join(later, path[-1])
    earlier, later = _both_roots(first - left, size - left, path[:-1], known=None)
    return join(path[-1], earlier), join(path[-1], later)


def _largest_power_below(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power
