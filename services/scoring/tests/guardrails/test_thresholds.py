"""Constants that act outside the checks: each is tried at its exact threshold where it acts."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from altscore_scoring.digests import guardrail_digest
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import Guardrail
from altscore_scoring.model.anomaly import Ranges
from altscore_scoring.scores.domain import AnomalyScore, Monitors, Scored
from altscore_scoring.scores.signing import RecordContext, record_of
from altscore_scoring.training.anomaly import trained_ranges
from altscore_scoring.training.fit import psi_bins

CALM = Monitors(psi=0.0, air_district=1.0, air_size_band=1.0)
SHIFT = Guardrail("GR-6", "flagged", "population_shift")


@pytest.mark.parametrize(("psi", "flags"), [(0.20, ()), (0.2001, (SHIFT,)), (-0.1, ())])
def test_gr6_flags_a_psi_above_a_fifth(psi: float, flags: tuple[Guardrail, ...]) -> None:
    assert Monitors(psi=psi, air_district=1.0, air_size_band=1.0).flags() == flags


@pytest.mark.parametrize(("air", "is_flagged"), [(0.80, False), (0.7999, True), (1.0, False)])
def test_gr1_flags_a_ratio_below_four_fifths(air: float, is_flagged: bool) -> None:
    district = Guardrail("GR-1", "flagged", "district_adverse_impact")
    size = Guardrail("GR-1", "flagged", "size_band_adverse_impact")
    assert Monitors(psi=0.0, air_district=air, air_size_band=1.0).flags() == ((district,) if is_flagged else ())
    assert Monitors(psi=0.0, air_district=1.0, air_size_band=air).flags() == ((size,) if is_flagged else ())


def test_what_cannot_be_measured_is_flagged_never_passed() -> None:
    assert CALM.flags() == ()
    assert Monitors(psi=None, air_district=None, air_size_band=None).flags() == (
        Guardrail("GR-6", "flagged", "not_measurable"),
        Guardrail("GR-1", "flagged", "district_not_measurable"),
        Guardrail("GR-1", "flagged", "size_band_not_measurable"),
    )


@pytest.mark.parametrize(
    ("score", "share", "excess", "cause"),
    [
        (0.60, 0.20, 1.0, None),
        (0.6001, 0.0, 0.0, "isolation"),
        (0.0, 0.2001, 0.0, "out_of_range"),
        (0.0, 0.0, 1.0001, "volume_shift"),
        (0.7, 0.3, 2.0, "volume_shift"),
        (0.7, 0.3, 0.0, "out_of_range"),
        (float("nan"), 0.0, 0.0, "isolation"),
        (0.0, float("nan"), 0.0, "out_of_range"),
        (0.0, 0.0, float("nan"), "volume_shift"),
    ],
)
def test_gr2_blocks_beyond_the_cut_a_fifth_of_the_inputs_or_a_volume_bound(
    score: float, share: float, excess: float, cause: str | None
) -> None:
    anomaly = AnomalyScore(score=score, cut=0.60, out_of_range_share=share, volume_excess=excess)
    assert (anomaly.cause, anomaly.is_anomalous) == (cause, cause is not None)


def test_a_feature_is_out_of_range_beyond_half_its_trained_span() -> None:
    ranges = Ranges(np.array([0.0, 10.0]), np.array([2.0, 20.0]), anomaly_cut=0.6)
    rows = np.array([[3.0, 25.0], [3.01, 25.0], [-1.0, 5.0], [-1.01, 4.9], [np.nan, 26.0]])
    assert ranges.out_of_range_share(rows).tolist() == [0.0, 0.5, 0.0, 1.0, 0.5]


def test_the_cut_is_what_one_training_row_in_a_thousand_exceeds() -> None:
    scores = np.linspace(0.3, 0.7, 2_001)
    ranges = trained_ranges(np.array([[1.0, np.nan], [3.0, np.nan]]), scores)
    assert (scores > ranges.anomaly_cut).mean() == pytest.approx(0.001, abs=5e-4)
    assert ranges.anomaly_cut == pytest.approx(0.3 + 0.4 * 0.999)
    assert (ranges.lowest[0], ranges.highest[0]) == (1.0, 3.0)
    assert np.isnan(ranges.lowest[1])
    assert np.isnan(ranges.highest[1])


def test_psi_has_ten_bins_of_equal_share() -> None:
    bins = psi_bins(np.arange(1_000.0))
    assert len(bins.edges) == 9
    assert bins.shares == pytest.approx([0.1] * 10)


def test_repeated_margins_give_fewer_bins_and_all_rows() -> None:
    bins = psi_bins(np.repeat([1.0, 2.0], 500))
    assert len(bins.shares) == len(bins.edges) + 1 < 10
    assert all(np.diff(bins.edges) > 0)
    assert sum(bins.shares) == pytest.approx(1.0)


def test_a_score_expires_after_thirty_days() -> None:
    scored = Scored(
        retailer_id="ret_1",
        probability_of_default=Decimal("0.0820"),
        altscore=724,
        risk_band="B",
        recommended_limit_inr=1_000,
        reason_codes=(),
        guardrails=(),
        completeness=Decimal("80.0"),
        is_low_confidence_data=False,
        anomaly=AnomalyScore(score=0.4, cut=0.6, out_of_range_share=0.0),
        sections={},
    )
    context = RecordContext(score_version="v", model_sha256="m", taxonomy_digest="t", guardrail_digest="g")
    at = datetime(2026, 2, 10, 22, 14, 7, 5, tzinfo=UTC)
    record = record_of(scored, context, score_id="scr_1", data_as_of_on="2026-02-09", scored_at=at, provenance=None)
    assert (record["scored_at"], record["expires_at"]) == ("2026-02-10T22:14:07.000005Z", "2026-03-12T22:14:07.000005Z")


def test_the_guardrail_digest_is_that_of_the_constants_file() -> None:
    assert guardrail_digest() == hashlib.sha256(Path(c.__file__).read_bytes()).hexdigest()


def test_constants_that_decisions_state_in_figures() -> None:
    """Decisions 51, 52, 53, 69, 71, 72, 95 and 96: a changed figure needs a changed decision."""
    assert (c.AUROC_MIN, c.KS_MIN, c.CALIBRATION_POINTS_MAX) == (0.72, 0.35, 0.02)
    assert (c.AIR_MIN, c.AIR_GROUP_MIN_ROWS, sorted(c.AIR_FAVOURABLE_BANDS)) == (0.80, 30, ["A", "B"])
    assert (c.PSI_MAX, c.PSI_BINS, c.PSI_ROWS_MIN, c.PSI_SHARE_FLOOR) == (0.20, 10, 100, 1e-4)
    assert (c.ANOMALY_TRAINING_TAIL, c.VOLUME_OWN_TAIL, c.VOLUME_PEERS_TAIL) == (0.001, 0.001, 0.022)
    assert (c.REASON_POINTS_MIN, c.REFERENCE_BEST) == (1.0, 0.95)
    assert (c.ANOMALY_SCORE_FLOOR, c.ADDITIVITY_TOLERANCE, c.SCORE_VALID_DAYS) == (0.55, 1e-3, 30)
