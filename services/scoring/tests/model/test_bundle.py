"""The bundle of a model: every byte is verified, and what is loaded scores like what was trained."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.errors import ModelRefused
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.model.bundle import ARTIFACTS, Bundle, load_bundle, make_manifest
from altscore_scoring.model.taxonomy import Taxonomy

from .. import synthetic
from ..worker_world import AS_OF


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


@pytest.mark.parametrize("names", [ARTIFACTS[1:], (*ARTIFACTS, "extra.bin")])
def test_a_manifest_names_exactly_the_known_artefacts(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="exactly"):
        make_manifest(dict.fromkeys(names, b""), taxonomy_digest="t", guardrail_digest="g")


def test_a_manifest_holds_the_digest_of_each_artefact() -> None:
    manifest = make_manifest({name: name.encode() for name in ARTIFACTS}, taxonomy_digest="t", guardrail_digest="g")
    assert json.loads(json.dumps(manifest)) == {
        "schema_version": 3,
        "artifacts": {name: hashlib.sha256(name.encode()).hexdigest() for name in ARTIFACTS},
        "taxonomy_digest": "t",
        "guardrail_digest": "g",
    }
