"""What a challenger says beside the champion of the same run: bands, PDs, guardrails, and both populations. Pure."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from altscore_scoring.guardrails import constants as c
from altscore_scoring.guardrails.checks import population_stability_index
from altscore_scoring.scores.domain import Monitors, Outcome, Scored

Floats = NDArray[np.float64]
BANDS = ("A", "B", "C", "D")
BLOCKED = "blocked"
STATES = (*BANDS, BLOCKED)
_RUN_FLAGS = ("population_shift", "adverse_impact", "not_measurable")
# A shadow measures its run once and apart: flags of the whole run would repeat themselves in every row.
NO_FLAGS = Monitors(psi=0.0, air_district=1.0, air_size_band=1.0)


class ShadowJob(NamedTuple):
    """The pass of a challenger over a run that its champion has finished, and how far it got."""

    run_id: str
    model_sha256: str
    champion_sha256: str
    next_row: int
    monitors: dict[str, Any] | None


class ShadowRow(NamedTuple):
    """What a challenger says of a retailer: a score, or the reason of a block."""

    retailer_id: str
    altscore: int | None
    risk_band: str | None
    probability_of_default: Any
    block_reason: str | None
    guardrails: list[str]


class Opinion(NamedTuple):
    """What a model says of a retailer, as far as it is compared."""

    altscore: int | None
    risk_band: str | None
    pd: float | None
    block_reason: str | None
    guardrails: tuple[str, ...]

    @property
    def state(self) -> str:
        """The band, or that there is none."""
        return self.risk_band or BLOCKED


class Pair(NamedTuple):
    """Both models on a retailer."""

    champion: Opinion
    challenger: Opinion


@dataclass(frozen=True)
class Comparison:
    """A comparison, and the scores behind its picture."""

    figures: Mapping[str, Any]
    scores: tuple[Floats, Floats]


def shadow_row(outcome: Outcome) -> ShadowRow:
    """An outcome of the engine as a shadow keeps it: no reason codes, no limit, nothing that could be served."""
    if isinstance(outcome, Scored):
        return ShadowRow(
            retailer_id=outcome.retailer_id,
            altscore=outcome.altscore,
            risk_band=outcome.risk_band,
            probability_of_default=outcome.probability_of_default,
            block_reason=None,
            guardrails=row_guardrails([item._asdict() for item in outcome.guardrails]),
        )
    return ShadowRow(
        retailer_id=outcome.retailer_id,
        altscore=None,
        risk_band=None,
        probability_of_default=None,
        block_reason=outcome.reason,
        guardrails=[],
    )


def row_guardrails(guardrails: Sequence[Mapping[str, str]]) -> list[str]:
    """What guardrails did to this retailer alone; what they flag in every score of a run is compared once per run."""
    return [
        f"{item['id']} {item['action']} {item['reason']}"
        for item in guardrails
        if not item["reason"].endswith(_RUN_FLAGS)
    ]


def compare(pairs: Sequence[Pair]) -> Comparison:
    """Every figure of a comparison; one that cannot be measured is None."""
    scored = [pair for pair in pairs if pair.champion.pd is not None and pair.challenger.pd is not None]
    pds = np.array([[pair.champion.pd, pair.challenger.pd] for pair in scored], dtype=float).reshape(-1, 2)
    scores = np.array([[pair.champion.altscore, pair.challenger.altscore] for pair in scored], dtype=float)
    scores = scores.reshape(-1, 2)
    figures = {
        "retailers": len(pairs),
        "scored_by_both": len(scored),
        "band_migration": _migration(pairs),
        "shares": _shares(pairs),
        "pd_correlation": correlation(pds[:, 0], pds[:, 1]),
        "pd_rank_correlation": correlation(ranks(pds[:, 0]), ranks(pds[:, 1])),
        "mean_pd": {"champion": _mean(pds[:, 0]), "challenger": _mean(pds[:, 1])},
        "psi": stability(pds[:, 0], pds[:, 1]),
        "guardrails": _guardrails(pairs),
    }
    return Comparison(figures, (scores[:, 0], scores[:, 1]))


def _migration(pairs: Sequence[Pair]) -> dict[str, dict[str, int]]:
    """Champion's band → challenger's band → retailers."""
    counts = Counter((pair.champion.state, pair.challenger.state) for pair in pairs)
    return {before: {after: counts[before, after] for after in STATES} for before in STATES}


def _shares(pairs: Sequence[Pair]) -> dict[str, float | None]:
    """Shares of all compared retailers; the band rises towards A."""
    counts = Counter(_move(pair) for pair in pairs)
    names = ("band_rises", "band_falls", "band_same", "newly_blocked", "newly_scored", "blocked_by_both")
    return {name: counts[name] / len(pairs) if pairs else None for name in names}


def _move(pair: Pair) -> str:
    before, after = pair.champion.risk_band, pair.challenger.risk_band
    if before is None or after is None:
        if before is None and after is None:
            return "blocked_by_both"
        return "newly_scored" if before is None else "newly_blocked"
    if before == after:
        return "band_same"
    return "band_rises" if BANDS.index(after) < BANDS.index(before) else "band_falls"


def _guardrails(pairs: Sequence[Pair]) -> dict[str, dict[str, int]]:
    """Guardrail and what it did → how many retailers of each model it touched, and of one model alone."""
    touched = [(_touched(pair.champion), _touched(pair.challenger)) for pair in pairs]
    names = sorted({name for both in touched for names in both for name in names})
    return {
        name: {
            "champion": sum(name in before for before, _ in touched),
            "challenger": sum(name in after for _, after in touched),
            "only_champion": sum(name in before and name not in after for before, after in touched),
            "only_challenger": sum(name in after and name not in before for before, after in touched),
        }
        for name in names
    }


def _touched(opinion: Opinion) -> set[str]:
    blocked = set() if opinion.block_reason is None else {f"{opinion.block_reason} blocked"}
    return blocked | set(opinion.guardrails)


def correlation(first: Floats, second: Floats) -> float | None:
    """Pearson's correlation; None below three rows, or where a side does not vary."""
    if len(first) < 3 or float(np.ptp(first)) == 0.0 or float(np.ptp(second)) == 0.0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def ranks(values: Floats) -> Floats:
    """Ranks from 1 with ties at their mean, so that their correlation is Spearman's."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Floats = (ends - counts + 1 + ends) / 2
    return means[inverse] if len(values) else np.zeros(0)


def stability(champion: Floats, challenger: Floats) -> float | None:
    """PSI from the champion's log-odds, in tenths of its rows, to the challenger's; None below 100 rows (GR-6)."""
    if len(champion) < c.PSI_ROWS_MIN:
        return None
    before, after = _log_odds(champion), _log_odds(challenger)
    edges = np.unique(np.quantile(before, np.linspace(0, 1, c.PSI_BINS + 1)[1:-1]))
    counts = np.bincount(np.searchsorted(edges, before, side="right"), minlength=len(edges) + 1)
    return population_stability_index(after, edges.tolist(), (counts / len(before)).tolist())


def _log_odds(pds: Floats) -> Floats:
    odds: Floats = np.log(pds / (1 - pds))
    return odds


def _mean(values: Floats) -> float | None:
    return float(np.mean(values)) if len(values) and math.isfinite(float(np.mean(values))) else None
