"""Trees of any size have the RFC's roots, and a path leads to the root from its own leaf alone."""

import hashlib

import pytest
from altscore_libs.merkle_tree import (
    EMPTY_ROOT,
    GrowingTree,
    LeafRange,
    Subtree,
    consistency_ranges,
    inclusion_paths,
    inclusion_ranges,
    is_consistent,
    leaf_hash,
    node_hash,
    path_over,
    root_from_path,
    root_of,
    subtrees_of,
)
from hypothesis import given
from hypothesis import strategies as st

# Roots of the first n test inputs that implementations of Certificate Transparency share.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def recursive_root(leaves: list[bytes]) -> bytes:
    """The RFC's own definition, word by word: split at the largest power of two below the size."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + recursive_root(leaves[:split]) + recursive_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", sorted(ROOTS))
def test_the_roots_are_those_that_other_implementations_compute(size: int) -> None:
    assert root_of([leaf_hash(bytes.fromhex(text)) for text in INPUTS[:size]]).hex() == ROOTS[size]


@given(st.integers(0, 70))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    assert root_of(leaves) == recursive_root(leaves)


@given(st.integers(1, 70), st.data())
def test_a_path_leads_to_the_root_from_its_own_leaf_and_place_alone(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion_paths(leaves)[index], root_of(leaves)
    assert root_from_path(leaves[index], path, index=index, size=size) == root
    assert root_from_path(leaf_hash(b"another"), path, index=index, size=size) != root
    for elsewhere in range(size):
        if elsewhere == index:
            continue
        try:
            assert root_from_path(leaves[index], path, index=elsewhere, size=size) != root
        except ValueError:
            continue


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_path(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        root_from_path(leaf_hash(b""), [], index=index, size=size)


def test_a_path_that_is_too_short_or_too_long_is_refused() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(5)]
    path = inclusion_paths(leaves)[1]
    for wrong in (path[:-1], [*path, leaves[0]], []):
        with pytest.raises(ValueError, match="the path"):
            root_from_path(leaves[1], wrong, index=1, size=5)


def stored(leaves: list[bytes]) -> dict[Subtree, bytes]:
    """Every complete subtree of a tree, as a database would keep it."""
    return {
        Subtree(level, index): root_of(leaves[index << level : (index + 1) << level])
        for level in range(len(leaves).bit_length())
        for index in range(len(leaves) >> level)
    }


def recursive_proof(first: int, leaves: list[bytes], *, is_known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162, section 2.1.4.1, as it is written there."""
    if first == len(leaves):
        return [] if is_known else [recursive_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if first <= split:
        return [*recursive_proof(first, leaves[:split], is_known=is_known), recursive_root(leaves[split:])]
    return [*recursive_proof(first - split, leaves[split:], is_known=False), recursive_root(leaves[:split])]


def numbered(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


# Consistency proofs over the shared test inputs, as the implementations of Certificate Transparency list them.
KNOWN_PROOFS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


@pytest.mark.parametrize(("first", "second"), sorted(KNOWN_PROOFS))
def test_consistency_proofs_are_those_that_other_implementations_list(first: int, second: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS[:second]]
    path = path_over(consistency_ranges(first=first, second=second), stored(leaves))
    assert [sibling.hex() for sibling in path] == KNOWN_PROOFS[first, second]


@given(st.integers(1, 130), st.data())
def test_a_consistency_proof_is_that_of_the_definition_and_holds(second: int, data: st.DataObject) -> None:
    leaves, first = numbered(second), data.draw(st.integers(1, second))
    path = path_over(consistency_ranges(first=first, second=second), stored(leaves))
    assert path == recursive_proof(first, leaves)
    roots = {"first_root": root_of(leaves[:first]), "second_root": root_of(leaves)}
    assert is_consistent(first=first, second=second, path=path, **roots)


@given(st.integers(2, 70), st.data())
def test_no_proof_joins_a_tree_with_one_that_was_rewritten(second: int, data: st.DataObject) -> None:
    leaves = numbered(second)
    first, changed = data.draw(st.integers(1, second - 1)), data.draw(st.integers(0, second - 1))
    rewritten = [*leaves[:changed], leaf_hash(b"forged"), *leaves[changed + 1 :]]
    for later in (leaves, rewritten):
        path = path_over(consistency_ranges(first=first, second=second), stored(later))
        holds = is_consistent(
            first=first,
            second=second,
            first_root=root_of(leaves[:first]),
            second_root=root_of(rewritten),
            path=path,
        )
        assert holds is (later is rewritten and changed >= first)


@given(st.integers(2, 70), st.data())
def test_a_proof_with_any_hash_changed_added_or_dropped_is_refused(second: int, data: st.DataObject) -> None:
    leaves, first = numbered(second), data.draw(st.integers(1, second - 1))
    path = path_over(consistency_ranges(first=first, second=second), stored(leaves))
    place = data.draw(st.integers(0, len(path) - 1))
    roots = {"first_root": root_of(leaves[:first]), "second_root": root_of(leaves)}
    for wrong in (
        [*path[:place], leaf_hash(b"forged"), *path[place + 1 :]],
        [*path, leaf_hash(b"forged")],
        path[:place] + path[place + 1 :],
        [],
    ):
        assert not is_consistent(first=first, second=second, path=wrong, **roots)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3), (0, 0)])
def test_sizes_that_are_none_have_no_consistency(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="the first tree"):
        consistency_ranges(first=first, second=second)
    assert not is_consistent(first=first, second=second, first_root=EMPTY_ROOT, second_root=EMPTY_ROOT, path=[])


@given(st.integers(1, 130), st.data())
def test_a_path_from_stored_subtrees_is_that_of_the_whole_tree(size: int, data: st.DataObject) -> None:
    leaves, index = numbered(size), data.draw(st.integers(0, size - 1))
    ranges = inclusion_ranges(index=index, size=size)
    assert path_over(ranges, stored(leaves)) == inclusion_paths(leaves)[index]
    assert len(ranges) <= size.bit_length()


@given(st.integers(0, 300), st.integers(0, 70))
def test_a_tree_grows_by_leaves_without_holding_them(before: int, added: int) -> None:
    leaves = numbered(before + added)
    hashes = stored(leaves[:before])
    tree = GrowingTree(before, [hashes[subtree] for subtree in subtrees_of(LeafRange(0, before))])
    for leaf in leaves[before:]:
        tree.append(leaf)
    assert (tree.size, tree.root()) == (before + added, root_of(leaves))


def test_a_tree_cannot_begin_with_subtrees_of_another_size() -> None:
    with pytest.raises(ValueError, match="another number"):
        GrowingTree(3, [leaf_hash(b"")])


def test_a_leaf_outside_a_tree_has_no_ranges() -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_ranges(index=3, size=3)


def test_an_inner_node_never_passes_for_a_leaf() -> None:
    left, right = numbered(2)
    assert node_hash(left, right) != leaf_hash(left + right)
