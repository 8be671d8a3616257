"""Exact TreeSHAP by table look-up: what XGBoost's `pred_contribs` computes, for a small part of its time.

A path of a tree of depth d has at most d distinct features, so what a leaf contributes depends on at most 2^d patterns
of "this feature goes the leaf's way". The contributions of every pattern are computed once, when the model is loaded; a
row then needs the outcome of every split, and look-ups. Leaves below one node depend on the same splits and share their
tables (`_Group`).

Contributions are path dependent (Lundberg et al. 2020, algorithm 1): for a feature that is not in the coalition stands
the share of training rows, by cover, that went the leaf's way. `booster` compares them with XGBoost's own (ADR-009).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_Path = tuple[tuple[int, bool], ...]  # the splits above a node, and whether it lies on their left
DEPTH_MAX = 6  # 2^6 patterns of one path; a deeper tree is left to XGBoost
GROUP_SPLITS_MAX = 7  # splits that one table may depend on: 128 patterns of at most seven features
FEW_ROWS = 64  # below, a call per split and look-up costs more than one call over all of them, row by row
BLOCK_ROWS = 8192  # splits and sums of a block stay near the processor
TOLERANCE = 1e-4  # margins are float32: sums of 300 trees differ from XGBoost's by some 1e-6


class NotCovered(Exception):
    """The model has something that tables do not express: a categorical split, a deeper tree, another booster."""


@dataclass(frozen=True)
class _Split:
    feature: int
    threshold: np.float32
    is_unknown_left: bool


@dataclass(frozen=True)
class _Group:
    """What the leaves below one node contribute: per feature a table over the outcomes of `splits`."""

    splits: tuple[int, ...]
    columns: tuple[int, ...]
    tables: tuple[Floats, ...]


@dataclass(frozen=True)
class _TreeTables:
    splits: tuple[_Split, ...]
    groups: tuple[_Group, ...]


class ContributionTables:
    """The tables of one booster.

    Args:
        booster: trained, with numerical splits only.

    Raises:
        NotCovered: the tables cannot express this booster.
    """

    def __init__(self, booster: xgboost.Booster) -> None:
        learner = json.loads(booster.save_raw("json"))["learner"]
        model = learner["gradient_booster"].get("model")
        if learner["gradient_booster"]["name"] != "gbtree" or model is None:
            raise NotCovered("not a booster of trees")
        self._features = int(learner["learner_model_param"]["num_feature"])
        trees = [_Tree(document) for document in model["trees"]]
        self._trees = [tree.tables() for tree in trees]
        self._flat = _FlatTables(self._trees)
        # The mean margin over the training rows, base_score included.
        unknown = xgboost.DMatrix(np.full((1, self._features), np.nan, dtype=np.float32), missing=np.nan)
        self._expectation = float(booster.predict(unknown, pred_contribs=True)[0, -1])

    def contributions(self, rows: Floats) -> Floats:
        """One column per feature, the last one the expectation; rows are [n, features], NaN is unknown."""
        values = np.ascontiguousarray(np.asarray(rows, dtype=np.float32).T)
        result = np.zeros((self._features + 1, values.shape[1]))
        result[-1] = self._expectation
        if values.shape[1] < FEW_ROWS:
            for index in range(values.shape[1]):
                result[:-1, index] = self._flat.contributions(values[:, index], self._features)
            return np.ascontiguousarray(result.T)
        for start in range(0, values.shape[1], BLOCK_ROWS):
            block = np.ascontiguousarray(values[:, start : start + BLOCK_ROWS])
            sums = np.zeros((self._features, block.shape[1]))
            for tree in self._trees:
                _add(tree, block, sums)
            result[:-1, start : start + BLOCK_ROWS] = sums
        return np.ascontiguousarray(result.T)

    @staticmethod
    def differ_from(reference: Floats, own: Floats) -> bool:
        """Whether contributions are not those that XGBoost computed for the same rows."""
        return not bool(np.all(np.abs(reference - own) <= TOLERANCE))

    def probes(self, count: int, *, seed: int = 0) -> Floats:
        """Rows that reach both sides of every threshold: per feature its thresholds, their neighbours, unknowns."""
        random = np.random.default_rng(seed)
        rows = np.full((count, self._features), np.nan)
        for feature in range(self._features):
            marks = [s.threshold for tree in self._trees for s in tree.splits if s.feature == feature]
            if marks:
                edges = np.asarray(marks, dtype=np.float32)
                near = np.concatenate([edges, np.nextafter(edges, np.float32(-np.inf)), [np.nan]])
                rows[:, feature] = random.choice(near, size=count)
        return rows


class _FlatTables:
    """The tables of all trees in one array; a row's sums are added in the same order, so they are equal to the bit."""

    def __init__(self, trees: Sequence[_TreeTables]) -> None:
        splits = [split for tree in trees for split in tree.splits]
        self._split_feature = np.array([split.feature for split in splits], dtype=np.intp)
        self._threshold = np.array([split.threshold for split in splits], dtype=np.float32)
        self._is_unknown_left = np.array([split.is_unknown_left for split in splits], dtype=bool)
        first_splits = np.cumsum([0, *(len(tree.splits) for tree in trees)])
        groups = [(group, first) for tree, first in zip(trees, first_splits, strict=False) for group in tree.groups]
        self._group_splits = np.full((len(groups), GROUP_SPLITS_MAX), len(splits), dtype=np.intp)  # padding: no split
        for row, (group, first) in enumerate(groups):
            self._group_splits[row, : len(group.splits)] = np.array(group.splits) + first
        self._weights = 1 << np.arange(GROUP_SPLITS_MAX)
        tables = [(row, column, table) for row, (group, _) in enumerate(groups) for column, table in _tables_of(group)]
        self._group = np.array([row for row, _, _ in tables], dtype=np.intp)
        self._column = np.array([column for _, column, _ in tables], dtype=np.intp)
        self._offset = np.cumsum([0, *(len(table) for _, _, table in tables)])[:-1]
        self._entries = np.concatenate([table for _, _, table in tables]) if tables else np.empty(0)

    def contributions(self, row: NDArray[np.float32], features: int) -> Floats:
        """One contribution per feature of one row."""
        value = row[self._split_feature]
        is_left = np.zeros(len(value) + 1, dtype=np.intp)
        is_left[:-1] = np.where(self._is_unknown_left, ~(value >= self._threshold), value < self._threshold)
        patterns = is_left[self._group_splits] @ self._weights
        amounts = self._entries[self._offset + patterns[self._group]]
        sums: Floats = np.bincount(self._column, weights=amounts, minlength=features).astype(np.float64)
        return sums


def _tables_of(group: _Group) -> Iterator[tuple[int, Floats]]:
    return zip(group.columns, group.tables, strict=True)


def _add(tree: _TreeTables, block: NDArray[np.float32], sums: Floats) -> None:
    """Adds a tree's contributions of a block of rows, [features, rows], to their sums."""
    is_left = []
    for split in tree.splits:
        value = block[split.feature]
        # An unknown compares false, and so goes left only through the negation.
        is_left.append(~(value >= split.threshold) if split.is_unknown_left else value < split.threshold)
    for group in tree.groups:
        pattern = np.zeros(block.shape[1], dtype=np.intp)
        for place, index in enumerate(group.splits):
            pattern |= is_left[index].astype(np.intp) << place
        for column, table in _tables_of(group):
            sums[column] += table.take(pattern)


class _Tree:
    """A tree of XGBoost's JSON."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        if any(document["split_type"]):
            raise NotCovered("a categorical split")
        self.left: list[int] = document["left_children"]
        self.right: list[int] = document["right_children"]
        self.feature: list[int] = document["split_indices"]
        self.value: list[float] = document["split_conditions"]  # of a leaf: its margin
        self.cover: list[float] = document["sum_hessian"]
        self.is_unknown_left: list[int] = document["default_left"]

    def tables(self) -> _TreeTables:
        """The tree's splits and the tables of its groups of leaves."""
        inner = [node for node in range(len(self.left)) if self.left[node] >= 0]
        place = {node: index for index, node in enumerate(inner)}
        splits = tuple(_Split(self.feature[n], np.float32(self.value[n]), bool(self.is_unknown_left[n])) for n in inner)
        groups = []
        for top, path in self._tops(0, ()):
            leaves = list(self._leaves(top, path))
            nodes = sorted({node for _, leaf_path in leaves for node, _ in leaf_path})
            if nodes:
                groups.append(self._group(leaves, nodes, place))
        return _TreeTables(splits, tuple(groups))

    def _tops(self, node: int, path: _Path) -> Iterator[tuple[int, _Path]]:
        """The highest nodes below which all leaves depend on few enough splits."""
        if self.left[node] < 0 or len(path) + self._inner_below(node) <= GROUP_SPLITS_MAX:
            yield node, path
            return
        yield from self._tops(self.left[node], (*path, (node, True)))
        yield from self._tops(self.right[node], (*path, (node, False)))

    def _inner_below(self, node: int) -> int:
        if self.left[node] < 0:
            return 0
        return 1 + self._inner_below(self.left[node]) + self._inner_below(self.right[node])

    def _leaves(self, node: int, path: _Path) -> Iterator[tuple[int, _Path]]:
        if len(path) > DEPTH_MAX:
            raise NotCovered("a tree is too deep")
        if self.left[node] < 0:
            yield node, path
            return
        yield from self._leaves(self.left[node], (*path, (node, True)))
        yield from self._leaves(self.right[node], (*path, (node, False)))

    def _group(self, leaves: list[tuple[int, _Path]], nodes: list[int], place: Mapping[int, int]) -> _Group:
        patterns = np.arange(1 << len(nodes))
        is_left = {node: (patterns >> bit) & 1 == 1 for bit, node in enumerate(nodes)}
        tables: dict[int, Floats] = {}
        for leaf, path in leaves:
            for feature, amounts in self._leaf_contributions(leaf, path, is_left).items():
                tables[feature] = tables.get(feature, np.zeros(len(patterns))) + amounts
        columns = tuple(sorted(tables))
        return _Group(tuple(place[n] for n in nodes), columns, tuple(tables[column] for column in columns))

    def _leaf_contributions(
        self, leaf: int, path: _Path, is_left: Mapping[int, NDArray[np.bool_]]
    ) -> dict[int, Floats]:
        """Per feature of the path: the leaf's Shapley value under every pattern, by the definition."""
        met: dict[int, NDArray[np.bool_]] = {}
        share: dict[int, float] = {}
        for node, goes_left in path:
            feature = self.feature[node]
            child = self.left[node] if goes_left else self.right[node]
            met[feature] = met.get(feature, np.True_) & (is_left[node] == goes_left)
            share[feature] = share.get(feature, 1.0) * self.cover[child] / self.cover[node]
        features, count = sorted(met), len(met)
        result = {}
        for feature in features:
            others = [other for other in features if other != feature]
            total: Any = 0.0
            for size in range(count):
                weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                for known in combinations(others, size):
                    reach: Any = weight
                    for other in others:
                        reach = reach * (met[other] if other in known else share[other])
                    total = total + reach
            result[feature] = float(np.float32(self.value[leaf])) * total * (met[feature] - share[feature])
        return result
