"""A figure that is not known is absent, never zero; a section that is not complete makes the report incomplete."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from altscore_admin.compliance import domain
from altscore_admin.compliance.domain import Range, Section

DAYS = Range(date(2026, 4, 1), date(2026, 4, 30))
NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


def row(action: str, entries: int, *, period: str = "2026-04-01", reason: str = "none") -> dict[str, Any]:
    return {"period": period, "action": action, "outcome": "ok", "reason": reason, "entries": entries}


def report(*sections: Section, today: date = date(2026, 5, 20)) -> dict[str, Any]:
    return domain.report_of("rep_1", DAYS, sections, made_at=NOW, today=today)


def test_a_report_is_complete_only_when_every_section_is_and_the_range_is_over() -> None:
    whole, broken = Section("scores", "chain"), Section("consents", "chain", problem="no answer")
    assert report(whole)["is_complete"] is True
    assert report(whole, broken)["is_complete"] is False
    assert report(whole, broken)["missing"] == [{"section": "consents", "problem": "no answer"}]
    early = report(whole, today=DAYS.last)
    assert (early["is_complete"], early["is_preliminary"]) == (False, True)


def test_counts_add_up_by_month_and_what_did_not_happen_is_zero() -> None:
    rows = [row("consent_granted", 3), row("consent_granted", 4, period="2026-05-01"), row("score_refused", 9)]
    section = domain.counted_section("consents", "chain", rows, problem=None)
    assert section.figures == {
        "consent_declined": 0,
        "consent_expired": 0,
        "consent_granted": 7,
        "consent_invited": 0,
        "consent_revoked": 0,
    }
    assert [entry["consent_granted"] for entry in section.series] == [3, 4]


def test_refusals_are_told_by_their_code() -> None:
    rows = [
        row("score_refused", 5, reason="CONSENT_NOT_GRANTED"),
        row("score_refused", 2, reason="RATE_LIMIT_EXCEEDED"),
    ]
    figures = domain.counted_section("refusals", "chain", rows, problem=None).figures
    assert figures == {"CONSENT_NOT_GRANTED": 5, "RATE_LIMIT_EXCEEDED": 2, "all": 7}


def test_a_ratio_that_was_not_measurable_is_none_and_not_below_the_limit() -> None:
    runs = [
        {"at": "2026-04-01", "air_district": "0.7900", "air_size_band": "not_measurable"},
        {"at": "2026-04-02", "air_district": "not_measurable", "air_size_band": "nan"},
        {"at": "2026-04-03", "air_district": "0.9000", "air_size_band": "0.8500"},
    ]
    figures, series = domain.fairness_figures(runs, [{"evaluation": '{"air_min":0.86}'}, {"evaluation": "{}"}])
    assert (figures["runs_measured"], figures["lowest_of_runs"], figures["runs_below_0.80"]) == (2, 0.79, 1)
    assert (figures["promotions"], figures["lowest_of_promotions"]) == (2, 0.86)
    assert [entry["period"] for entry in series] == ["2026-04-01", "2026-04-03"]
    nothing, _ = domain.fairness_figures([], [])
    assert (nothing["lowest_of_runs"], nothing["lowest_of_promotions"]) == (None, None)


def test_blocks_are_counted_by_kind_over_all_runs() -> None:
    runs = [
        {"at": "2026-04-01", "computed": "90", "blocked_GR-2": "4", "psi": "0.0100", "model_sha256": "12"},
        {"at": "2026-04-02", "computed": "80", "blocked_GR-2": "1", "blocked_GR-5": "7"},
    ]
    figures, series = domain.guardrail_figures(runs)
    assert figures == {"runs": 2, "computed": 170, "blocked_GR-2": 5, "blocked_GR-5": 7}
    assert series[0] == {"period": "2026-04-01", "computed": 90, "blocked_GR-2": 4}


@pytest.mark.parametrize(
    ("seconds", "p50_s", "p95_s", "longest_s"),
    [([], None, None, None), ([2.0], 2.0, 2.0, 2.0), (list(range(1, 101)), 50, 95, 100)],
)
def test_durations_are_nearest_ranks(
    seconds: list[float], p50_s: float | None, p95_s: float | None, longest_s: float | None
) -> None:
    figures = domain.duration_figures(seconds)
    assert figures == {"measured": len(seconds), "p50_s": p50_s, "p95_s": p95_s, "longest_s": longest_s}
