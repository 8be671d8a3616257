"""Figures of a comparison: counted by hand where they are small, and laws that hold for any two models."""

import numpy as np
import pytest
from altscore_scoring.challengers.domain import (
    STATES,
    Opinion,
    Pair,
    compare,
    correlation,
    ranks,
    row_guardrails,
    stability,
)
from altscore_scoring.challengers.report import render_comparison
from altscore_scoring.guardrails.checks import altscore, risk_band, rounded_pd
from hypothesis import given, settings
from hypothesis import strategies as st


def scored(pd: float, *guardrails: str) -> Opinion:
    """An opinion with the band and the score of a PD."""
    rounded = rounded_pd(pd)
    return Opinion(altscore(rounded), risk_band(rounded), pd=float(rounded), block_reason=None, guardrails=guardrails)


def blocked(reason: str) -> Opinion:
    """An opinion without a score."""
    return Opinion(None, None, pd=None, block_reason=reason, guardrails=())


OPINIONS = st.one_of(
    st.floats(0.0001, 0.9999).map(scored), st.sampled_from(["GR-2", "GR-3", "GR-5", "EXISTING_DEFAULT"]).map(blocked)
)
PAIRS = st.lists(st.builds(Pair, OPINIONS, OPINIONS), max_size=60)


def test_bands_guardrails_and_shares_are_counted_as_by_hand() -> None:
    pairs = [
        Pair(scored(0.02), scored(0.10)),  # A to B: falls
        Pair(scored(0.20, "GR-4 capped open_dues"), scored(0.10)),  # C to B: rises
        Pair(scored(0.50), scored(0.40)),  # D stays D
        Pair(scored(0.02), blocked("GR-3")),
        Pair(blocked("GR-2"), scored(0.02)),
        Pair(blocked("GR-5"), blocked("GR-5")),
    ]
    figures = compare(pairs).figures
    assert figures["retailers"] == 6
    assert figures["scored_by_both"] == 3
    assert figures["band_migration"]["A"] == {"A": 0, "B": 1, "C": 0, "D": 0, "blocked": 1}
    assert figures["band_migration"]["blocked"] == {"A": 1, "B": 0, "C": 0, "D": 0, "blocked": 1}
    assert figures["shares"] == pytest.approx(
        dict.fromkeys(
            ("band_rises", "band_falls", "band_same", "newly_blocked", "newly_scored", "blocked_by_both"), 1 / 6
        )
    )
    assert figures["guardrails"]["GR-4 capped open_dues"] == {
        "champion": 1,
        "challenger": 0,
        "only_champion": 1,
        "only_challenger": 0,
    }
    assert figures["guardrails"]["GR-5 blocked"]["only_champion"] == 0
    assert figures["guardrails"]["GR-3 blocked"]["only_challenger"] == 1


@given(PAIRS)
@settings(deadline=None, max_examples=60)
def test_every_retailer_is_in_one_cell_and_in_one_share(pairs: list[Pair]) -> None:
    figures = compare(pairs).figures
    cells = [figures["band_migration"][before][after] for before in STATES for after in STATES]
    assert sum(cells) == len(pairs)
    if pairs:
        assert sum(figures["shares"].values()) == pytest.approx(1.0)


@given(st.lists(OPINIONS, max_size=60))
@settings(deadline=None, max_examples=60)
def test_a_model_beside_itself_moves_nobody(opinions: list[Opinion]) -> None:
    figures = compare([Pair(item, item) for item in opinions]).figures
    for name in ("band_rises", "band_falls", "newly_blocked", "newly_scored"):
        assert not figures["shares"][name]
    assert figures["pd_correlation"] in (None, pytest.approx(1.0))
    assert all(counts["only_champion"] == counts["only_challenger"] == 0 for counts in figures["guardrails"].values())


def test_the_same_population_has_no_psi_and_a_moved_one_has() -> None:
    pds = np.random.default_rng(5).uniform(0.01, 0.6, 500)
    assert stability(pds, pds) == pytest.approx(0.0, abs=1e-9)
    moved = stability(pds, np.minimum(pds * 2, 0.99))
    assert moved is not None
    assert moved > 0.2
    assert stability(pds[:99], pds[:99]) is None


def test_ranks_share_ties_and_give_spearmans_correlation() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
    first = np.array([0.1, 0.2, 0.3, 0.4])
    assert correlation(ranks(first), ranks(np.exp(9 * first))) == pytest.approx(1.0)
    assert correlation(first, np.full(4, 0.3)) is None
    assert correlation(first[:2], first[:2]) is None


def test_flags_of_the_whole_run_are_left_to_the_run() -> None:
    guardrails = [
        {"id": "GR-1", "action": "flagged", "reason": "district_not_measurable"},
        {"id": "GR-1", "action": "flagged", "reason": "size_band_adverse_impact"},
        {"id": "GR-4", "action": "capped", "reason": "open_dues"},
        {"id": "GR-6", "action": "flagged", "reason": "population_shift"},
        {"id": "GR-6", "action": "flagged", "reason": "route_not_judged"},
    ]
    assert row_guardrails(guardrails) == ["GR-4 capped open_dues", "GR-6 flagged route_not_judged"]


def test_the_page_has_pictures_and_no_script_and_escapes_what_it_shows() -> None:
    comparison = compare([Pair(scored(0.02), scored(0.10)), Pair(blocked("<b>"), scored(0.3))])
    figures = {
        "run_id": "<script>",
        "champion_sha256": "a" * 64,
        "challenger_sha256": "b" * 64,
        **comparison.figures,
        "monitors": {"champion": {"psi": None}, "challenger": {"psi": 0.01}},
    }
    page = render_comparison(figures, comparison)
    assert page.count("<svg") == 2
    assert "<script" not in page
    assert "&lt;b&gt; blocked" in page
    assert "not measurable" in page
