"""What a model's reasons are like on retailers it never saw: who gets none, and how reasons change within a week.

The goals: GR-3 blocks at most 2 % of the rows that would be scored otherwise, at most 10 % of the rows with enough data
get no answer at all, and a week replaces at most 15 % of a score's foremost reasons.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from altscore_scoring.errors import TrainingSetUnusable
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import Blocked, Monitors, Outcome, Scored, routes_of, score_frame
from altscore_scoring.training.dataset import TEST_FOLDS, Indices, TrainingSet, fold_of

GR3_BLOCKED_SHARE_MAX = 0.02
UNANSWERED_SHARE_MAX = 0.10
REPLACED_SHARE_MAX = 0.15
WEEK = timedelta(days=7)
CALM = Monitors(psi=0.0, air_district=1.0, air_size_band=1.0)
_TOP = {"positive": c.POSITIVE_CODES_MIN, "negative": c.NEGATIVE_CODES_MIN}
Shares = dict[str, float]


def report_reasons(data: TrainingSet, bundle: Bundle, taxonomy: Taxonomy) -> dict[str, Any]:
    """The report, as JSON values, over the model's test retailers at and after its first test snapshot.

    Where snapshots lie a week apart, reasons of the same retailers are compared over each such week.

    Args:
        data: rows of any snapshots, such as the set that the model was trained on, or a set of weekly snapshots.
        bundle: of the model.
        taxonomy: that the model was evaluated under.

    Raises:
        TrainingSetUnusable: no such row.
    """
    rows = _unseen_rows(data, date.fromisoformat(bundle.evaluation["split"]["test_from_on"]))
    frame, days = data.frame.take(rows), [data.snapshots[row] for row in rows]
    outcomes = score_frame(frame, bundle, taxonomy, monitors=CALM)
    is_sound = frame.numbers["completeness"] >= c.COMPLETENESS_BLOCK_BELOW
    report: dict[str, Any] = {
        "rows": len(rows),
        "snapshots": sorted({day.isoformat() for day in days}),
        "gr3": _gr3_blocks(outcomes, routes_of(frame)),
        "unanswered": _unanswered([outcome for outcome, sound in zip(outcomes, is_sound, strict=True) if sound]),
        "points_min": min((reason["points"] for reason in _reasons(outcomes)), default=None),
        "bases": dict(sorted(Counter(reason["basis"] for reason in _reasons(outcomes)).items())),
        "codes": dict(sorted(Counter(reason["code"] for reason in _reasons(outcomes)).items())),
        "weeks": _weeks(outcomes, days),
    }
    report["missed"] = _missed(report)
    return report


def _unseen_rows(data: TrainingSet, from_on: date) -> Indices:
    is_unseen = [
        day >= from_on and fold_of(retailer_id) < TEST_FOLDS
        for day, retailer_id in zip(data.snapshots, data.frame.retailer_ids, strict=True)
    ]
    rows = np.flatnonzero(is_unseen)
    if not len(rows):
        raise TrainingSetUnusable(f"no row of a test retailer at or after {from_on.isoformat()}")
    return rows


def _gr3_blocks(outcomes: Sequence[Outcome], routes: Sequence[checks.Route]) -> dict[str, Any]:
    """Per route: rows that reach GR-3, and the share that it blocks."""
    blocks: dict[str, Any] = {}
    for name in ("primary", "croston", "all"):
        reached = [
            isinstance(outcome, Blocked)
            for outcome, route in zip(outcomes, routes, strict=True)
            if name in ("all", route) and (isinstance(outcome, Scored) or outcome.reason == "GR-3")
        ]
        blocks[name] = {"rows": len(reached), "blocked_share": _share(sum(reached), len(reached))}
    return blocks


def _unanswered(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Of rows with enough data: the share that gets no score, and that of each cause."""
    causes = Counter(outcome.reason for outcome in outcomes if isinstance(outcome, Blocked))
    return {
        "rows": len(outcomes),
        "share": _share(sum(causes.values()), len(outcomes)),
        "by_cause": {cause: _share(count, len(outcomes)) for cause, count in sorted(causes.items())},
    }


def _reasons(outcomes: Sequence[Outcome]) -> list[Mapping[str, Any]]:
    return [reason for outcome in outcomes if isinstance(outcome, Scored) for reason in outcome.sections["reasons"]]


def _weeks(outcomes: Sequence[Outcome], days: Sequence[date]) -> dict[str, Any] | None:
    """Reasons of retailers who are scored at both ends of a week, over all weeks and for each; None without any."""
    scores = {
        (outcome.retailer_id, day): outcome
        for outcome, day in zip(outcomes, days, strict=True)
        if isinstance(outcome, Scored)
    }
    weeks: dict[date, list[Shares]] = {}
    for (retailer_id, day), score in scores.items():
        later = scores.get((retailer_id, day + WEEK))
        if later is not None:
            weeks.setdefault(day, []).append(replaced_shares(score, later))
    if not weeks:
        return None
    return {
        "all": _means([shares for week in weeks.values() for shares in week]),
        "by_first_day": {day.isoformat(): _means(weeks[day]) for day in sorted(weeks)},
    }


def replaced_shares(score: Scored, later: Scored) -> Shares:
    """What of a score's foremost reasons a later one does not have among its own.

    Of ranks 1 to 3, the three foremost positive and the two foremost negative reasons: the share of codes that is
    replaced, and whether the first place is.
    """
    shares: Shares = {}
    for name, count in (("top", 3), *_TOP.items()):
        before, after = (_foremost(item, name, count) for item in (score, later))
        shares[f"{name}_replaced"] = 1 - len(set(before) & set(after)) / count
        shares[f"{name}_first_replaced"] = float(before[0] != after[0])
    return shares


def _foremost(score: Scored, name: str, count: int) -> list[str]:
    ranked = sorted(score.reason_codes, key=lambda reason: reason.rank)
    return [reason.code for reason in ranked if name in ("top", reason.direction)][:count]


def _means(shares: Sequence[Shares]) -> dict[str, Any]:
    means = {name: round(float(np.mean([item[name] for item in shares])), 4) for name in shares[0]}
    return {"retailers": len(shares), **means}


def _share(count: int, rows: int) -> float | None:
    return round(count / rows, 4) if rows else None


def _missed(report: Mapping[str, Any]) -> list[str]:
    """The goals that are missed; what cannot be measured is not held against one."""
    goals = [
        ("gr3", report["gr3"]["all"]["blocked_share"], GR3_BLOCKED_SHARE_MAX),
        ("unanswered", report["unanswered"]["share"], UNANSWERED_SHARE_MAX),
    ]
    if report["weeks"] is not None:
        goals += [(f"weeks_{name}", report["weeks"]["all"][f"{name}_replaced"], REPLACED_SHARE_MAX) for name in _TOP]
        goals.append(("weeks_top", report["weeks"]["all"]["top_replaced"], REPLACED_SHARE_MAX))
    return [name for name, share, limit in goals if share is not None and share > limit]
