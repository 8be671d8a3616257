"""Training as a whole: equal bytes from equal data, and an evaluation that names what it was made of."""

import json
from pathlib import Path

from altscore_libs.testing import SCHEMAS
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.training.dataset import TrainingSet
from altscore_scoring.training.fit import Recipe
from altscore_scoring.training.service import train

from .. import synthetic

SMALL = Recipe(rounds=20)


def test_the_same_data_give_the_same_model_bytes(training_set: TrainingSet, tmp_path: Path) -> None:
    trained = [
        train(training_set, tmp_path / name, features_file=synthetic.FEATURES_FILE, schemas_dir=SCHEMAS, recipe=SMALL)
        for name in ("one", "two")
    ]
    assert trained[0][0].model_sha256 == trained[1][0].model_sha256
    assert (tmp_path / "one/primary.ubj").read_bytes() == (tmp_path / "two/primary.ubj").read_bytes()


def test_the_evaluation_names_what_it_was_made_of(trained: tuple[Bundle, Path]) -> None:
    report = json.loads((trained[1] / "evaluation.json").read_text())
    assert report["training_set_sha256"] == "0" * 64
    assert report["fairness"]["district"]["interval_95"][0] <= report["fairness"]["district"]["air"]
    assert len(report["calibration"]) == 10
    assert len(report["stability"]) == 2
