"""Features: what their file may say."""

import numpy as np
import pytest
from altscore_scoring.gold.tables import columns_of
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.features import Feature, group_members, load_features, parse_features
from altscore_scoring.model.taxonomy import Taxonomy

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


def test_a_coded_feature_without_a_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="direction"):
        parse_features({"x": {"group": "delay", "family": "payment"}})


def test_every_group_of_the_taxonomy_has_features_and_every_group_of_the_features_has_codes(taxonomy: Taxonomy) -> None:
    features = load_features(synthetic.FEATURES_FILE)
    assert len(features) >= 45
    assert {feature.group for feature in features} == set(taxonomy.groups)
    assert len({feature.group for feature in features if feature.is_croston}) >= 10
