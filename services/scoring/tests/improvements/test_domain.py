"""The actions: about what a retailer can change, in words without figures, and always the safer way."""

import re

import pytest
import yaml
from altscore_libs.testing import SCHEMAS
from altscore_scoring.improvements.domain import Improvement, improved, load_improvements, parse_improvements
from altscore_scoring.model.features import load_features
from altscore_scoring.model.taxonomy import load_taxonomy

from .. import synthetic

IMPROVEMENTS = load_improvements(SCHEMAS)
FEATURES = {feature.name: feature for feature in load_features(synthetic.FEATURES_FILE)}
NOT_ACTIONABLE = {"tenure", "reach", "season", "volume", "range"}


def test_there_are_actions() -> None:
    assert len(IMPROVEMENTS) >= 8


@pytest.mark.parametrize("code", IMPROVEMENTS)
def test_an_action_is_about_its_own_negative_reason_and_moves_every_feature_the_safer_way(code: str) -> None:
    groups = {own: key for key, codes in load_taxonomy(SCHEMAS).codes.items() for own in codes}
    group, direction = groups[code]
    assert direction == "negative"
    assert group not in NOT_ACTIONABLE
    assert IMPROVEMENTS[code].changes
    for name, (how, _) in IMPROVEMENTS[code].changes.items():
        assert FEATURES[name].direction == (-1 if how == "at_least" else 1)
        assert FEATURES[name].group == group


@pytest.mark.parametrize("code", IMPROVEMENTS)
def test_the_words_are_in_both_languages_and_hold_no_figure(code: str) -> None:
    action = IMPROVEMENTS[code]
    assert re.search(r"[\u0900-\u097f]", action.text_hi)
    assert action.text_en.isascii()
    assert not re.search(r"\d|%|₹", action.text_en + action.text_hi)


def test_a_feature_moves_only_the_safer_way_and_what_is_unknown_stays_unknown() -> None:
    changes = {"a": ("at_most", 0.0), "b": ("at_least", 1.0), "c": ("times", 0.5), "d": ("at_most", 0.0)}
    action = Improvement(code="X", text_en="", text_hi="", changes=changes)
    worse = {"a": 4.0, "b": 0.5, "c": 8.0, "d": None, "other": 3.0}
    assert improved(worse, action) == {"a": 0.0, "b": 1.0, "c": 4.0, "d": None, "other": 3.0}
    best = {"a": -3.0, "b": 2.0, "c": -1.0}
    assert improved(best, action) == best


def test_an_unknown_kind_of_change_is_refused() -> None:
    raw = {"HIGH_RETURN_RATE": {"text_en": "", "text_hi": "", "changes": {"return_rate": {"exactly": 0}}}}
    with pytest.raises(ValueError, match="return_rate changes in an unknown way"):
        parse_improvements(yaml.safe_dump(raw).encode())
