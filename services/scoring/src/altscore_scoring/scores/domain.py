"""From a Gold frame to outcomes: completeness, existing default, anomaly, PD, reasons, limit, flags, in this order.

Pure: no clock, no I/O. Consent is checked before (`service`), the record is signed after (`signing`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.gold.frame import GoldFrame
from altscore_scoring.guardrails import checks
from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.eligibility import EXISTING_DEFAULT, is_in_default
from altscore_scoring.guardrails.fairness import allowed_ratio
from altscore_scoring.guardrails.quality import route_flags
from altscore_scoring.guardrails.reasons import BackedReason
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.explainer import reasons_of
from altscore_scoring.model.features import Feature
from altscore_scoring.model.taxonomy import Taxonomy

Floats = NDArray[np.float64]
ROUTE_COLUMNS = ("months_history", "invoices_6m", "croston_interval_months", "completeness")


class AnomalyScore(NamedTuple):
    """GR-2's measurements of a row.

    `score` is the isolation score and `cut` its threshold, `out_of_range_share` the share of inputs outside the trained
    range, `volume_excess` by what factor the largest volume shift exceeds its bound.
    """

    score: float
    cut: float
    out_of_range_share: float
    volume_excess: float = 0.0

    @property
    def is_anomalous(self) -> bool:
        """GR-2: whether a person must look; a score that is not a number cannot pass."""
        return self.cause is not None

    @property
    def cause(self) -> str | None:
        """Which measurement needs a person, the plainest first; None when none does."""
        if not self.volume_excess <= 1.0:
            return "volume_shift"
        if not self.out_of_range_share <= c.OUT_OF_RANGE_FEATURE_SHARE:
            return "out_of_range"
        return None if self.score <= self.cut else "isolation"


@dataclass(frozen=True)
class Blocked:
    """No score, and the rule that blocks it; `sections` is what evidence keeps of the model's work until then."""

    retailer_id: str
    reason: str
    code: str
    anomaly: AnomalyScore | None = None
    sections: Mapping[str, Any] = field(default_factory=dict)


def no_consent(retailer_id: str) -> Blocked:
    """The block of a retailer without a consent, whom no model sees."""
    return Blocked(retailer_id, "CONSENT", "CONSENT_NOT_GRANTED")


@dataclass(frozen=True)
class Scored:
    """Everything a signed record says of the retailer, and beside it, by name, the `sections` that evidence keeps."""

    retailer_id: str
    probability_of_default: Decimal
    altscore: int
    risk_band: str
    recommended_limit_inr: int
    reason_codes: tuple[checks.Reason, ...]
    guardrails: tuple[checks.Guardrail, ...]
    completeness: Decimal
    is_low_confidence_data: bool
    anomaly: AnomalyScore
    sections: Mapping[str, Any]


@dataclass(frozen=True)
class Monitors:
    """Run-wide state of GR-1 and GR-6, measured once per run over every retailer that may be scored.

    `air_…` is the highest adverse impact ratio that the rows of the run allow: chance in small groups raises no flag.
    """

    psi: float | None
    air_district: float | None
    air_size_band: float | None

    def flags(self) -> tuple[checks.Guardrail, ...]:
        """Flags for each score of the run; what could not be measured is flagged too, never passed."""
        flags = []
        if self.psi is None or self.psi > c.PSI_MAX:
            flags.append(checks.Guardrail("GR-6", "flagged", _state(self.psi, "population_shift")))
        for name, ratio in (("district", self.air_district), ("size_band", self.air_size_band)):
            if ratio is None or ratio < c.AIR_MIN:
                flags.append(checks.Guardrail("GR-1", "flagged", f"{name}_{_state(ratio, 'adverse_impact')}"))
        return tuple(flags)


def _state(value: float | None, breach: str) -> str:
    return "not_measurable" if value is None else breach


Outcome = Blocked | Scored


def routes_of(frame: GoldFrame) -> list[checks.Route]:
    """The route of every row."""
    return [checks.route(*row) for row in frame.matrix(ROUTE_COLUMNS).tolist()]


def anomaly_scores_of(frame: GoldFrame, bundle: Bundle) -> list[AnomalyScore]:
    """GR-2's measurements of every row, by the model of the row's route (decision 96)."""
    measured: dict[int, AnomalyScore] = {}
    routes = routes_of(frame)
    for route, model in bundle.anomalies.items():
        lines = [index for index, own in enumerate(routes) if own == route]
        if not lines:
            continue
        rows = model.inputs(bundle.boosters[route], frame.take(lines))
        cut = max(model.ranges.anomaly_cut, c.ANOMALY_SCORE_FLOOR)
        columns = (model.isolation.scores(rows), model.ranges.out_of_range_share(rows), model.volume_excess(rows))
        for index, score, share, excess in zip(lines, *(column.tolist() for column in columns), strict=True):
            measured[index] = AnomalyScore(score=score, cut=cut, out_of_range_share=share, volume_excess=excess)
    return [measured[index] for index in range(len(frame))]


def ruled_out(frame: GoldFrame) -> dict[int, Blocked]:
    """The rows that a rule answers before the model does: too little data (GR-5, told first), or a default already.

    The exact rule of defaults is asked only of who has an invoice that old: most retailers have none.
    """
    retailer_ids, overdue = frame.retailer_ids, frame.column("overdue_90_amount_inr")
    recency_days = frame.column("recency_days")
    unknown = np.flatnonzero(~np.isfinite(overdue)).tolist()
    blocks = {index: Blocked(retailer_ids[index], EXISTING_DEFAULT, "DATA_INSUFFICIENT") for index in unknown}
    for index in np.flatnonzero(np.isfinite(overdue) & (overdue > 0)).tolist():
        amount, gmv = _rupees(overdue[index]), frame.gmv_6m_inr[index]
        if is_in_default(amount, gmv_6m_inr=gmv, recency_days=float(recency_days[index])):
            blocks[index] = Blocked(retailer_ids[index], EXISTING_DEFAULT, "MANUAL_REVIEW_REQUIRED")
    for index, completeness in enumerate(frame.numbers["completeness"].tolist()):
        if checks.is_completeness_blocked(completeness):
            blocks[index] = Blocked(retailer_ids[index], "GR-5", "DATA_INSUFFICIENT")
    return blocks


def answerable_rows(frame: GoldFrame) -> list[int]:
    """The rows that no rule answers before the model does: enough data (GR-5), and no default already.

    What is measured of a model is measured over them: who is in default gets no score, whatever the model would say.
    """
    blocks = ruled_out(frame)
    return [index for index in range(len(frame)) if index not in blocks]


def monitors_of(frame: GoldFrame, bundle: Bundle) -> Monitors:
    """GR-1 and GR-6 over the rows that the model may answer; PSI over the primary route, which the bins describe."""
    frame = frame.take(answerable_rows(frame))
    routes, margins, pds = routes_of(frame), np.zeros(len(frame)), np.zeros(len(frame))
    for route, booster in bundle.boosters.items():
        rows = [index for index, own in enumerate(routes) if own == route]
        margins[rows] = booster.margins(booster.inputs(frame.take(rows))) if rows else 0.0
        pds[rows] = bundle.calibrations[route].probabilities(margins[rows])
    bands = [checks.risk_band(checks.rounded_pd(pd)) for pd in pds]
    primary = margins[[index for index, route in enumerate(routes) if route == "primary"]]
    return Monitors(
        psi=checks.population_stability_index(primary, bundle.psi.edges, bundle.psi.shares),
        air_district=allowed_ratio(bands, frame.districts),
        air_size_band=allowed_ratio(bands, frame.size_bands),
    )


def score_frame(frame: GoldFrame, bundle: Bundle, taxonomy: Taxonomy, *, monitors: Monitors) -> list[Outcome]:
    """One outcome per row, in the frame's order."""
    outcomes: dict[int, Outcome] = {**ruled_out(frame)}
    anomalies, routes = anomaly_scores_of(frame, bundle), routes_of(frame)
    ready: list[int] = []
    for index, retailer_id in enumerate(frame.retailer_ids):
        if index in outcomes:
            continue
        if anomalies[index].is_anomalous:
            outcomes[index] = Blocked(retailer_id, "GR-2", "MANUAL_REVIEW_REQUIRED", anomaly=anomalies[index])
        else:
            ready.append(index)
    for route in bundle.boosters:
        rows = [index for index in ready if routes[index] == route]
        drafts = _score_route(frame.take(rows), route, bundle=bundle, taxonomy=taxonomy) if rows else []
        for index, draft in zip(rows, drafts, strict=True):
            outcomes[index] = _finish(frame, index, draft=draft, anomaly=anomalies[index], monitors=monitors)
    return [outcomes[index] for index in range(len(frame))]


def model_sections(
    features: Sequence[Feature], *, route: checks.Route, margin: float, contributions: Sequence[float]
) -> dict[str, Any]:
    """What evidence keeps of the model's work on one row: route, margin and every exact contribution by name.

    Args:
        features: of the route's booster.
        route: which booster.
        margin: of default.
        contributions: one per feature, the last one the expectation.
    """
    names = [*(feature.name for feature in features), "expectation"]
    return {"route": route, "margin": margin, "contributions": dict(zip(names, contributions, strict=True))}


def reason_section(reasons: Sequence[BackedReason]) -> dict[str, Any]:
    """What evidence keeps of the reasons: whether each is by sign or by distance, and its points."""
    return {"reasons": [{"code": item.reason.code, "basis": item.basis, "points": item.points} for item in reasons]}


def _rupees(value: float) -> Decimal | None:
    return Decimal(repr(float(value))) if math.isfinite(value) else None


class _Draft(NamedTuple):
    probability: float
    reasons: tuple[BackedReason, ...] | None
    sections: Mapping[str, Any]
    flags: tuple[checks.Guardrail, ...]


def _score_route(frame: GoldFrame, route: checks.Route, *, bundle: Bundle, taxonomy: Taxonomy) -> list[_Draft]:
    booster, calibration = bundle.boosters[route], bundle.calibrations[route]
    rows = booster.inputs(frame)
    margins, contributions = booster.margins(rows), booster.contributions(rows)
    probabilities = calibration.probabilities(margins)
    is_exact = np.abs(contributions.sum(axis=1) - margins) <= c.ADDITIVITY_TOLERANCE
    reasons = reasons_of(
        frame,
        contributions,
        features=booster.features,
        calibration=calibration,
        reference=bundle.references[route],
        taxonomy=taxonomy,
    )
    flags, drafts = route_flags(bundle.evaluation, route), []
    for index in range(len(frame)):
        sections = model_sections(
            booster.features, route=route, margin=float(margins[index]), contributions=contributions[index].tolist()
        )
        draft = _Draft(
            probability=float(probabilities[index]),
            reasons=reasons[index] if is_exact[index] else None,
            sections=sections,
            flags=flags,
        )
        drafts.append(draft)
    return drafts


def _finish(frame: GoldFrame, index: int, *, draft: _Draft, anomaly: AnomalyScore, monitors: Monitors) -> Outcome:
    retailer_id, gmv = frame.retailer_ids[index], frame.gmv_6m_inr[index]
    if draft.reasons is None:
        return Blocked(retailer_id, "GR-3", "MANUAL_REVIEW_REQUIRED", anomaly=anomaly, sections=draft.sections)
    exposure = _rupees(frame.column("exposure_inr")[index])
    if gmv is None or exposure is None:
        return Blocked(retailer_id, "GR-4", "DATA_INSUFFICIENT", anomaly=anomaly, sections=draft.sections)
    if frame.data_as_of_on[index] is None:
        return Blocked(retailer_id, "GR-5", "DATA_INSUFFICIENT", anomaly=anomaly, sections=draft.sections)
    completeness = float(frame.numbers["completeness"][index])
    pd = checks.rounded_pd(draft.probability)
    band = checks.risk_band(pd)
    limit = checks.recommended_limit(band, gmv, exposure)
    guardrails = [*monitors.flags(), *draft.flags]
    if limit.cap is not None:
        guardrails.append(checks.Guardrail("GR-4", "capped", limit.cap))
    if checks.is_low_confidence(completeness):
        guardrails.append(checks.Guardrail("GR-5", "flagged", "low_confidence_data"))
    late_days = _ledger_late_days(frame, index)
    if checks.is_ledger_late(late_days):
        guardrails.append(checks.Guardrail("GR-5", "flagged", "late_ledger"))
    return Scored(
        retailer_id=retailer_id,
        probability_of_default=pd,
        altscore=checks.altscore(pd),
        risk_band=band,
        recommended_limit_inr=limit.amount_inr,
        reason_codes=tuple(item.reason for item in draft.reasons),
        guardrails=tuple(sorted(guardrails)),
        completeness=Decimal(repr(completeness)).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN),
        is_low_confidence_data=checks.is_low_confidence(completeness) or checks.is_ledger_too_late_to_trust(late_days),
        anomaly=anomaly,
        sections={**draft.sections, **reason_section(draft.reasons)},
    )


def _ledger_late_days(frame: GoldFrame, index: int) -> float:
    """Days that the retailer's oldest ledger lies behind the snapshot; Gold of before the column says none."""
    column = frame.numbers.get("ledger_late_days")
    return 0.0 if column is None else float(column[index])


def counts_of(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many were computed, per band, and blocked, per reason."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        if isinstance(outcome, Scored):
            keys = ["computed", f"band_{outcome.risk_band}"]
        else:
            keys = [f"blocked_{outcome.reason}"]
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
    return counts
