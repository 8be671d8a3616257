"""Features and taxonomy: what their files may say."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import xgboost
from altscore_libs.testing import SCHEMAS
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.model.booster import load_booster
from altscore_scoring.model.bundle import ARTIFACTS, Bundle, make_manifest
from altscore_scoring.model.calibration import Calibration
from altscore_scoring.model.features import Feature, group_members, load_features, parse_features
from altscore_scoring.model.taxonomy import FILE, Taxonomy, parse_taxonomy
from hypothesis import given
from hypothesis import strategies as st

from .. import synthetic
from ..worker_world import AS_OF


@pytest.mark.parametrize("direction", [2, -2, 5])
def test_a_direction_is_minus_one_zero_or_one(direction: int) -> None:
    with pytest.raises(ValueError, match="-1, 0 or 1"):
        parse_features({"x": {"family": "payment", "direction": direction}})


def test_features_are_sorted_by_name_and_keep_what_the_file_says() -> None:
    document = {
        "tenure_days": {"family": "relationship", "group": "tenure", "direction": -1, "croston": True},
        "digital_share": {"family": "payment"},
    }
    assert parse_features(document) == (
        Feature(name="digital_share", family="payment", group=None, direction=0, is_croston=False, cap=None),
        Feature(name="tenure_days", family="relationship", group="tenure", direction=-1, is_croston=True, cap=365.0),
    )


def test_members_follow_the_taxonomy_s_order_and_empty_groups_are_left_out(taxonomy: Taxonomy) -> None:
    features = load_features(synthetic.FEATURES_FILE)
    members = group_members(features, taxonomy.groups)
    assert list(members) == [group for group in taxonomy.groups if group in members]
    indices = [index for group in members.values() for index in group]
    assert sorted(indices) == [i for i, feature in enumerate(features) if feature.group is not None]
    assert "unused" not in group_members(features, (*taxonomy.groups, "unused"))


def test_a_tenure_beyond_a_year_counts_as_a_year(bundle: Bundle) -> None:
    booster = bundle.boosters["primary"]
    frame = columns_of(synthetic.gold_table(60, seed=1, as_of_on=AS_OF))
    column = booster.names.index("tenure_days")
    assert frame.numbers["tenure_days"].max() > 365
    rows = booster.inputs(frame)
    assert rows[:, column].max() == 365.0
    assert np.array_equal(rows[:, column], np.minimum(frame.numbers["tenure_days"], 365.0))


@pytest.mark.parametrize(
    "text",
    [
        "A: {group: delay, direction: positive}\nB: {group: delay, direction: positive}",
        "A: {group: delay, direction: upwards}",
    ],
)
def test_a_taxonomy_with_a_doubled_or_unknown_direction_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="code"):
        parse_taxonomy(text.encode())


def test_the_taxonomy_s_digest_is_that_of_its_file(taxonomy: Taxonomy) -> None:
    assert taxonomy.digest == hashlib.sha256((SCHEMAS / FILE).read_bytes()).hexdigest()
    assert taxonomy.codes["delay", "positive"] == "LOW_PAYMENT_DELAY"


def test_a_booster_of_another_number_of_features_is_refused(trained: tuple[Bundle, Path]) -> None:
    raw, features = (trained[1] / "primary.ubj").read_bytes(), trained[0].boosters["primary"].features
    assert load_booster(raw, features).names == [feature.name for feature in features]
    with pytest.raises(ValueError, match="disagree"):
        load_booster(raw, features[1:])


def test_no_rows_have_no_contributions(bundle: Bundle) -> None:
    booster = bundle.boosters["croston"]
    assert booster.contributions(np.empty((0, len(booster.features)))).shape == (0, len(booster.features) + 1)
    assert isinstance(booster.booster, xgboost.Booster)


@pytest.mark.parametrize("names", [ARTIFACTS[1:], (*ARTIFACTS, "extra.bin")])
def test_a_manifest_names_exactly_the_known_artefacts(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="exactly"):
        make_manifest(dict.fromkeys(names, b""), taxonomy_digest="t", guardrail_digest="g")


def test_a_manifest_holds_the_digest_of_each_artefact() -> None:
    manifest = make_manifest({name: name.encode() for name in ARTIFACTS}, taxonomy_digest="t", guardrail_digest="g")
    assert json.loads(json.dumps(manifest)) == {
        "schema_version": 2,
        "artifacts": {name: hashlib.sha256(name.encode()).hexdigest() for name in ARTIFACTS},
        "taxonomy_digest": "t",
        "guardrail_digest": "g",
    }


@given(st.floats(0.01, 5), st.floats(-5, 5), st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_a_calibrated_pd_rises_with_the_margin_and_stays_a_probability(
    slope: float, intercept: float, margins: list[float]
) -> None:
    pds = Calibration(slope, intercept).probabilities(np.array(sorted(margins)))
    assert ((pds >= 0) & (pds <= 1)).all()
    assert (np.diff(pds) >= 0).all()
