"""The report on reasons: unseen retailers alone, every cause of a missing answer, and what a week replaces."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.guardrails.checks import Reason
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import Scored, score_frame
from altscore_scoring.training.dataset import TrainingSet, fold_of, training_set_of
from altscore_scoring.training.reason_report import CALM, replaced_shares, report_reasons

from .. import synthetic

FIRST_DAY = date(2026, 1, 5)


def weekly(*, weeks: int, is_same: bool = False, **columns: float) -> TrainingSet:
    """Snapshots a week apart of 400 retailers; `columns` replaces figures of the first 60 rows of each."""
    tables = []
    for week in range(weeks):
        day = FIRST_DAY + timedelta(days=7 * week)
        table = synthetic.gold_table(400, seed=5 if is_same else 5 + week, as_of_on=day, label=True)
        for name, value in columns.items():
            values = np.concatenate([np.full(60, value), table[name].to_numpy()[60:]])
            table = table.set_column(table.column_names.index(name), name, pa.array(values))
        tables.append(table)
    return training_set_of(pa.concat_tables(tables), digest="0" * 64)


def scored(*codes: str) -> Scored:
    """A score with these reasons, by rank; a code with a minus is negative."""
    reasons = tuple(
        Reason(code.strip("-"), "negative" if code.startswith("-") else "positive", rank)
        for rank, code in enumerate(codes, start=1)
    )
    fields = dict.fromkeys(Scored.__dataclass_fields__)
    return replace(Scored(**fields), reason_codes=reasons)  # type: ignore[arg-type]


def test_only_unseen_rows_count(bundle: Bundle, training_set: TrainingSet, taxonomy: Taxonomy) -> None:
    report = report_reasons(training_set, bundle, taxonomy)
    unseen = [name for name in training_set.frame.retailer_ids if fold_of(name) < 30]
    snapshots = sorted(set(training_set.snapshots))
    assert report["snapshots"] == [day.isoformat() for day in snapshots[-2:]]
    assert report["rows"] == len(unseen) * 2 // len(snapshots)


def test_a_set_that_ends_before_the_test_is_unusable(bundle: Bundle, taxonomy: Taxonomy) -> None:
    early = training_set_of(synthetic.gold_table(50, seed=1, as_of_on=date(2023, 1, 1), label=True), digest="0" * 64)
    with pytest.raises(TrainingSetUnusable, match="no row of a test retailer at or after 2025"):
        report_reasons(early, bundle, taxonomy)


def test_shares_are_those_of_the_outcomes(bundle: Bundle, taxonomy: Taxonomy) -> None:
    data = weekly(weeks=1, completeness=40.0)
    rows = [index for index, name in enumerate(data.frame.retailer_ids) if fold_of(name) < 30]
    outcomes = score_frame(data.frame.take(rows), bundle, taxonomy, monitors=CALM)
    causes = [getattr(outcome, "reason", "scored") for outcome in outcomes]
    report = report_reasons(data, bundle, taxonomy)
    assert causes.count("GR-5") > 10
    sound = len(rows) - causes.count("GR-5")
    assert report["unanswered"]["rows"] == sound
    assert report["unanswered"]["share"] == round(1 - causes.count("scored") / sound, 4)
    assert "GR-5" not in report["unanswered"]["by_cause"]
    reached = causes.count("scored") + causes.count("GR-3")
    assert report["gr3"]["all"] == {"rows": reached, "blocked_share": round(causes.count("GR-3") / reached, 4)}
    assert sum(report["codes"].values()) == sum(report["bases"].values()) >= 5 * causes.count("scored")
    assert report["points_min"] >= 1.0


def test_a_route_without_rows_has_no_share(bundle: Bundle, taxonomy: Taxonomy) -> None:
    report = report_reasons(weekly(weeks=1), bundle, taxonomy)
    assert report["gr3"]["croston"] == {"rows": 0, "blocked_share": None}


def test_what_two_scores_have_in_common() -> None:
    before = scored("a", "-x", "b", "c", "-y", "d", "-z")
    assert set(replaced_shares(before, before).values()) == {0.0}
    later = scored("b", "a", "-y", "d", "-z")
    assert replaced_shares(before, later) == pytest.approx(
        {
            "top_replaced": 1 / 3,  # a, x, b to b, a, y
            "top_first_replaced": 1.0,
            "positive_replaced": 1 / 3,  # a, b, c to b, a, d
            "positive_first_replaced": 1.0,
            "negative_replaced": 1 / 2,  # x, y to y, z
            "negative_first_replaced": 1.0,
        }
    )


def test_a_week_in_which_nothing_changes_replaces_nothing(bundle: Bundle, taxonomy: Taxonomy) -> None:
    weeks = report_reasons(weekly(weeks=3, is_same=True), bundle, taxonomy)["weeks"]
    assert list(weeks["by_first_day"]) == ["2026-01-05", "2026-01-12"]
    assert weeks["all"]["retailers"] == sum(week["retailers"] for week in weeks["by_first_day"].values()) > 100
    assert {share for name, share in weeks["all"].items() if name != "retailers"} == {0.0}


def test_other_figures_after_a_week_replace_reasons_and_miss_the_goal(bundle: Bundle, taxonomy: Taxonomy) -> None:
    report = report_reasons(weekly(weeks=2), bundle, taxonomy)
    assert report["weeks"]["all"]["positive_replaced"] > 0.15
    assert {"weeks_positive", "weeks_negative", "weeks_top"} <= set(report["missed"])


def test_snapshots_that_are_not_a_week_apart_are_not_compared(
    bundle: Bundle, training_set: TrainingSet, taxonomy: Taxonomy
) -> None:
    report = report_reasons(training_set, bundle, taxonomy)
    assert report["weeks"] is None
    assert not any(name.startswith("weeks") for name in report["missed"])
