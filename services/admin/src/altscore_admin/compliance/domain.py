"""What a compliance report says: figures with their sources, and whether they are complete. No I/O, no clock."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

MAX_DAYS = 400
AIR_MIN = 0.80
SectionName = Literal[
    "consents",
    "withdrawal_times",
    "scores",
    "refusals",
    "guardrails",
    "fairness",
    "grievances",
    "rights",
    "breaches",
    "audit_verification",
    "model_changes",
]
TITLES: Mapping[SectionName, tuple[str, str]] = {
    "consents": ("Consents", "सहमतियाँ"),
    "withdrawal_times": ("From NAHI to revocation", "NAHI से सहमति की वापसी तक"),
    "scores": ("Scores served", "दिखाए गए स्कोर"),
    "refusals": ("Refusals by code", "अस्वीकृतियाँ, कोड के अनुसार"),
    "guardrails": ("Guardrails: scores and blocks", "सुरक्षा नियम: स्कोर और रोक"),
    "fairness": ("Fairness: adverse impact ratio", "निष्पक्षता: प्रतिकूल प्रभाव अनुपात"),
    "grievances": ("Grievances within their limits", "समय-सीमा में शिकायतें"),
    "rights": ("Rights requests within their limits", "समय-सीमा में अधिकार अनुरोध"),
    "breaches": ("Incidents and breaches", "घटनाएँ और उल्लंघन"),
    "audit_verification": ("Verification of the audit trail", "ऑडिट रिकॉर्ड का सत्यापन"),
    "model_changes": ("Changes of models", "मॉडल में बदलाव"),
}
COUNTED: Mapping[SectionName, tuple[str, ...]] = {
    "consents": ("consent_invited", "consent_granted", "consent_declined", "consent_revoked", "consent_expired"),
    "scores": ("score_requested", "score_history_read", "score_batch_requested"),
    "refusals": ("score_refused", "score_batch_refused"),
}


class Range(NamedTuple):
    """Days in India, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Args:
        source: where the figures come from, for people.
        problem: why it is not complete; None when it is. Figures that are not known are absent, never zero.
        figures: by name.
        series: figures by period, in order; each has a `period`.
    """

    name: SectionName
    source: str
    problem: str | None = None
    figures: Mapping[str, int | float | str | None] = field(default_factory=dict)
    series: Sequence[Mapping[str, Any]] = ()

    def to_json(self) -> dict[str, Any]:
        """The section as it is kept and handed out."""
        title_en, title_hi = TITLES[self.name]
        return {
            "name": self.name,
            "title_en": title_en,
            "title_hi": title_hi,
            "source": self.source,
            "is_complete": self.problem is None,
            "problem": self.problem,
            "figures": dict(self.figures),
            "series": [dict(row) for row in self.series],
        }


def report_of(
    report_id: str, days: Range, sections: Sequence[Section], *, made_at: datetime, today: date
) -> dict[str, Any]:
    """A whole report.

    A range that has not ended is preliminary, and a preliminary report is not complete.
    """
    is_preliminary = days.last >= today
    missing = [{"section": section.name, "problem": section.problem} for section in sections if section.problem]
    return {
        "report_id": report_id,
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "made_at": made_at.isoformat().replace("+00:00", "Z"),
        "is_complete": not missing and not is_preliminary,
        "is_preliminary": is_preliminary,
        "missing": missing,
        "sections": [section.to_json() for section in sections],
    }


def counted_section(
    name: SectionName, source: str, rows: Iterable[Mapping[str, Any]], *, problem: str | None
) -> Section:
    """A section of the chain's counts: totals, and each month by the same names.

    Args:
        name: of the section; its actions are `COUNTED`.
        source: where the counts come from.
        rows: counts by month, with period, action, outcome, reason and entries.
        problem: why they are not complete.
    """
    totals: Counter[str] = Counter()
    months: dict[str, Counter[str]] = {}
    for row in rows:
        if row["action"] in COUNTED[name]:
            key = label_of(name, row)
            totals[key] += row["entries"]
            months.setdefault(row["period"], Counter())[key] += row["entries"]
    if name != "refusals":  # an action that did not happen is a zero; codes are only those that occurred
        totals.update(dict.fromkeys(COUNTED[name], 0))
    else:
        totals["all"] = sum(totals.values())
    series = [{"period": period, **months[period]} for period in sorted(months)]
    return Section(name, source, problem=problem, figures=dict(sorted(totals.items())), series=series)


def label_of(name: SectionName, row: Mapping[str, Any]) -> str:
    """What a count is called: the code of a refusal, else the action."""
    return str(row["reason"] if name == "refusals" else row["action"])


def guardrail_figures(runs: Sequence[Mapping[str, Any]]) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Scores and blocks of runs by kind, in all and by run; `runs` are audited details with `at`."""
    totals: Counter[str] = Counter({"runs": 0, "computed": 0})
    series = []
    for run in runs:
        counts = {
            name: int(value)
            for name, value in run.items()
            if name.startswith(("computed", "blocked_")) and str(value).isdigit()
        }
        totals.update({"runs": 1, **counts})
        series.append({"period": run["at"], **counts})
    return dict(totals), series


def fairness_figures(
    runs: Sequence[Mapping[str, Any]], promotions: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, int | float | None], list[dict[str, Any]]]:
    """The adverse impact ratio of every measured run, and the lowest of runs and of promotions' evaluations."""
    series = []
    for run in runs:
        ratios = {name: ratio_of(run.get(name)) for name in ("air_district", "air_size_band")}
        if any(ratio is not None for ratio in ratios.values()):
            series.append({"period": run["at"], **ratios})
    measured = [value for row in series for name, value in row.items() if name != "period" and value is not None]
    promoted = [ratio for row in promotions if (ratio := evaluated_ratio(row["evaluation"])) is not None]
    figures: dict[str, int | float | None] = {
        "runs_measured": len(series),
        "lowest_of_runs": min(measured, default=None),
        "runs_below_0.80": sum(any(is_low(row[name]) for name in row if name != "period") for row in series),
        "promotions": len(promotions),
        "lowest_of_promotions": min(promoted, default=None),
    }
    return figures, series


def is_low(ratio: float | None) -> bool:
    """Whether a ratio is measured and below the guardrail's limit."""
    return ratio is not None and ratio < AIR_MIN


def ratio_of(text: Any) -> float | None:
    """A ratio as a run's audit entry writes it; None where it was not measurable."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def evaluated_ratio(evaluation: str) -> float | None:
    """The lowest ratio that a promotion's signed evaluation states."""
    try:
        return ratio_of(json.loads(evaluation).get("air_min"))
    except (ValueError, AttributeError):
        return None


def duration_figures(seconds: Sequence[float]) -> dict[str, int | float | None]:
    """Count, median, 95th percentile (nearest rank) and maximum of durations, seconds."""
    ordered = sorted(seconds)

    def rank(share: float) -> float | None:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3) if ordered else None

    return {"measured": len(ordered), "p50_s": rank(0.5), "p95_s": rank(0.95), "longest_s": rank(1.0)}
