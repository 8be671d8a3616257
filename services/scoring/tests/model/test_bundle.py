"""The model: exact explanations, monotone, an isolation forest without pickle, and verification of every byte."""

import itertools
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.errors import ModelRefused
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.model.booster import Booster
from altscore_scoring.model.bundle import ARTIFACTS, Bundle, load_bundle
from altscore_scoring.model.calibration import fit_calibration
from altscore_scoring.model.features import Feature
from altscore_scoring.model.isolation_forest import load_isolation
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.training.isolation_forest import column_medians, fit_isolation, flatten
from altscore_scoring.training.metrics import auroc
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from .. import synthetic
from ..worker_world import AS_OF


def _conditional(tree: dict[str, Any], row: np.ndarray, known: frozenset[int]) -> float:
    """Path-dependent expectation of one tree when only `known` features have a value, by plain recursion."""
    if "leaf" in tree:
        return float(tree["leaf"])
    children = {child["nodeid"]: child for child in tree["children"]}
    feature = int(str(tree["split"])[1:])
    if feature in known:
        goes_yes = np.float32(row[feature]) < np.float32(tree["split_condition"])
        return _conditional(children[tree["yes"] if goes_yes else tree["no"]], row, known)
    parts = [(child["cover"], _conditional(child, row, known)) for child in children.values()]
    return float(sum(cover * value for cover, value in parts) / sum(cover for cover, _ in parts))


def _shapley(trees: list[dict[str, Any]], row: np.ndarray, features: int) -> list[float]:
    """Shapley values by their definition: every coalition of the other features, weighted."""

    def worth(known: frozenset[int]) -> float:
        return sum(_conditional(tree, row, known) for tree in trees)

    values = []
    for feature in range(features):
        others, total = [other for other in range(features) if other != feature], 0.0
        for size in range(features):
            weight = math.factorial(size) * math.factorial(features - size - 1) / math.factorial(features)
            for coalition in itertools.combinations(others, size):
                known = frozenset(coalition)
                total += weight * (worth(known | {feature}) - worth(known))
        values.append(total)
    return values


def test_contributions_are_the_shapley_values_by_definition() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=(400, 5))
    labels = (rows[:, 0] + rows[:, 1] * rows[:, 2] + random.normal(0, 0.5, 400) > 0).astype(float)
    data = xgboost.DMatrix(rows, label=labels)
    trained = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 4, "eta": 0.3, "nthread": 1, "base_score": 0.5}, data, 12
    )
    booster = Booster(
        trained, tuple(Feature(name=f"f{i}", family="x", group=None, direction=0, is_croston=False) for i in range(5))
    )
    trees = [json.loads(text) for text in trained.get_dump(dump_format="json", with_stats=True)]
    exact = booster.contributions(rows[:6])
    for index in range(6):
        assert exact[index, :5] == pytest.approx(_shapley(trees, rows[index], 5), abs=2e-5)
    assert exact.sum(axis=1) == pytest.approx(booster.margins(rows[:6]), abs=1e-4)


def test_contributions_in_chunks_equal_those_at_once(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    booster = bundle.boosters["primary"]
    rows = booster.inputs(columns_of(synthetic.gold_table(70, seed=1, as_of_on=AS_OF)))
    whole = booster.contributions(rows)
    monkeypatch.setattr("altscore_scoring.model.booster.CHUNK_ROWS", 16)
    assert np.array_equal(booster.contributions(rows), whole)


def test_a_worse_value_never_lowers_the_margin(bundle: Bundle) -> None:
    for booster in bundle.boosters.values():
        rows = booster.inputs(columns_of(synthetic.gold_table(60, seed=2, as_of_on=AS_OF)))
        for index, feature in enumerate(booster.features):
            worse = rows.copy()
            worse[:, index] += feature.direction * (1.0 + np.abs(worse[:, index]))
            assert (booster.margins(worse) >= booster.margins(rows) - 1e-5).all(), feature.name


def test_our_isolation_scores_equal_sklearn_and_survive_npz() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(600, 8))
    forest = IsolationForest(n_estimators=40, random_state=4).fit(rows)
    ours = load_isolation(flatten(forest, column_medians(rows)).to_npz())
    probe = random.normal(scale=2.0, size=(200, 8))
    assert ours.scores(probe) == pytest.approx(-forest.score_samples(probe), abs=1e-12)


def test_the_same_seed_gives_the_same_bytes_of_the_forest() -> None:
    rows = np.random.default_rng(3).normal(size=(300, 4))
    assert fit_isolation(rows, seed=1).to_npz() == fit_isolation(rows, seed=1).to_npz()


def test_unknown_values_count_as_the_median() -> None:
    rows = np.random.default_rng(3).normal(size=(300, 4))
    forest = fit_isolation(rows, seed=1)
    gap, filled = rows[:1].copy(), rows[:1].copy()
    gap[0, 2], filled[0, 2] = np.nan, np.median(rows[:, 2])
    assert forest.scores(gap) == forest.scores(filled)


def test_an_isolation_file_with_pickled_objects_is_refused() -> None:
    import io  # noqa: PLC0415

    buffer = io.BytesIO()
    np.savez(buffer, left=np.array([{"evil": 1}], dtype=object))
    with pytest.raises(ValueError, match="array"):
        load_isolation(buffer.getvalue())


def test_calibration_recovers_the_distortion_of_a_margin() -> None:
    random = np.random.default_rng(8)
    truth = random.normal(-2, 1.5, 20_000)
    is_bad = (random.random(20_000) < 1 / (1 + np.exp(-truth))).astype(float)
    calibration = fit_calibration((truth - 0.7) / 1.6, is_bad)
    assert calibration.slope == pytest.approx(1.6, abs=0.08)
    assert calibration.probabilities((truth - 0.7) / 1.6).mean() == pytest.approx(is_bad.mean(), abs=0.002)


def test_a_margin_that_ranks_defaults_backwards_cannot_be_calibrated() -> None:
    margins = np.linspace(-4, 4, 2_000)
    with pytest.raises(ValueError, match="rank"):
        fit_calibration(margins, (margins < 0).astype(float))


def test_our_auroc_equals_sklearn_with_ties() -> None:
    random = np.random.default_rng(9)
    scores, labels = random.integers(0, 12, 500).astype(float), random.integers(0, 2, 500).astype(float)
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def _load(folder: Path, model_sha256: str, taxonomy: Taxonomy, **digests: str) -> Bundle:
    expected = {"taxonomy_digest": taxonomy.digest, "guardrail_digest": guardrail_digest()} | digests
    return load_bundle(lambda name: (folder / name).read_bytes(), model_sha256, **expected)


def test_a_loaded_bundle_scores_like_the_trained_one(trained: tuple[Bundle, Path], taxonomy: Taxonomy) -> None:
    bundle, folder = trained
    loaded = _load(folder, bundle.model_sha256, taxonomy)
    rows = columns_of(synthetic.gold_table(40, seed=6, as_of_on=AS_OF))
    for route, booster in loaded.boosters.items():
        matrix = booster.inputs(rows)
        assert np.array_equal(booster.margins(matrix), bundle.boosters[route].margins(matrix))


@pytest.mark.parametrize("name", [*ARTIFACTS, "manifest.json"])
def test_one_changed_byte_in_any_file_refuses_the_model(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, tmp_path: Path, name: str
) -> None:
    copied = Path(shutil.copytree(trained[1], tmp_path / "copy"))
    raw = bytearray((copied / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copied / name).write_bytes(raw)
    with pytest.raises(ModelRefused):
        _load(copied, trained[0].model_sha256, taxonomy)


@pytest.mark.parametrize("which", ["taxonomy_digest", "guardrail_digest"])
def test_a_model_of_another_taxonomy_or_other_guardrails_is_refused(
    trained: tuple[Bundle, Path], taxonomy: Taxonomy, which: str
) -> None:
    with pytest.raises(ModelRefused, match=which):
        _load(trained[1], trained[0].model_sha256, taxonomy, **{which: "0" * 64})
