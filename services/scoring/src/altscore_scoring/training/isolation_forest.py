"""Grows the Isolation Forest with sklearn and copies its trees into plain arrays."""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from altscore_scoring.model.isolation_forest import ARRAYS, Isolation, average_path_length

Floats = NDArray[np.float64]


def column_medians(rows: Floats) -> Floats:
    """Median of each column without its unknown values; 0 for a column that is unknown throughout."""
    known = ~np.isnan(rows).all(axis=0)
    medians = np.zeros(rows.shape[1])
    medians[known] = np.nanmedian(rows[:, known], axis=0)
    return medians


def fit_isolation(rows: Floats, *, seed: int, trees: int = 100) -> Isolation:
    """Grows a forest with sklearn and copies its trees into arrays."""
    medians = column_medians(rows)
    forest = IsolationForest(n_estimators=trees, random_state=seed).fit(np.where(np.isnan(rows), medians, rows))
    return flatten(forest, medians)


def flatten(forest: IsolationForest, medians: Floats) -> Isolation:
    """The trees of a fitted sklearn forest as one table of nodes."""
    columns: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ARRAYS[:5]}
    roots, offset = [], 0
    for estimator, used in zip(forest.estimators_, forest.estimators_features_, strict=True):
        tree = estimator.tree_
        is_leaf = tree.children_left < 0
        columns["left"].append(np.where(is_leaf, -1, tree.children_left + offset))
        columns["right"].append(np.where(is_leaf, -1, tree.children_right + offset))
        columns["feature"].append(np.where(is_leaf, 0, used[np.where(is_leaf, 0, tree.feature)]))
        columns["threshold"].append(tree.threshold)
        columns["path_length"].append(_depths(tree) + average_path_length(tree.n_node_samples.astype(float)))
        roots.append(offset)
        offset += tree.node_count
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    return Isolation(
        left=joined["left"].astype(np.int32),
        right=joined["right"].astype(np.int32),
        feature=joined["feature"].astype(np.int32),
        threshold=joined["threshold"].astype(np.float64),
        path_length=joined["path_length"].astype(np.float64),
        roots=np.array(roots, dtype=np.int32),
        medians=medians.astype(np.float64),
        sample_size=np.array([forest.max_samples_], dtype=np.int32),
    )


def _depths(tree: object) -> Floats:
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]  # sklearn's Tree has no stubs
    depths = np.zeros(len(left))
    for node in range(len(left)):  # children always follow their parent in sklearn's table
        if left[node] >= 0:
            depths[left[node]] = depths[right[node]] = depths[node] + 1
    return depths
