"""Which forged ledgers the engine answers, and which a rule keeps from a score."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
from altscore_scoring.gold.tables import frame_of_table
from altscore_scoring.model.bundle import Bundle
from altscore_scoring.model.taxonomy import Taxonomy
from altscore_scoring.scores.domain import Blocked, Monitors, Outcome, score_frame
from simulators_ledger.oddities import FRAUDS

HONEST = "honest, all others"
UNUSUAL = {name: f"honest, {name.replace('_', ' ')}" for name in ("seasonal", "stopped_paid", "stopped_owing")}
MONTHS_SEEN = 6  # after a fraud began; later a tenfold volume is a retailer's own history


class Verdict(NamedTuple):
    """What became of one retailer at one snapshot."""

    kind: str
    retailer_id: str
    answer: str


def measure(ledger: Path, training_set: Path, bundle: Bundle, taxonomy: Taxonomy) -> dict[str, Any]:
    """Per kind of fraud, and for honest retailers: rows, and the rule that answers each.

    Args:
        ledger: folder of the generator, with `truth.json`.
        training_set: Gold's rows of that ledger at several snapshots.
        bundle: a model of another ledger.
        taxonomy: of reason codes.
    """
    oddities = json.loads((ledger / "truth.json").read_text(encoding="utf-8"))["oddities"]
    names = UNUSUAL | {kind: kind for kind in FRAUDS}
    kind_of = {retailer: name for kind, name in names.items() for retailer in oddities["retailers"][kind]}
    quiet = Monitors(psi=0.0, air_district=1.0, air_size_band=1.0)
    verdicts: list[Verdict] = []
    for path in sorted(training_set.glob("*.parquet")):
        seen_on = date.fromisoformat(path.stem)
        frame = frame_of_table(pq.read_table(path))
        outcomes = score_frame(frame, bundle, taxonomy, monitors=quiet)
        for retailer_id, outcome in zip(frame.retailer_ids, outcomes, strict=True):
            kind = kind_of.get(retailer_id, HONEST)
            if kind not in FRAUDS or 1 <= _months(oddities["from_month"][retailer_id], seen_on) <= MONTHS_SEEN:
                verdicts.append(Verdict(kind, retailer_id, _answer(outcome)))
    return {kind: _counted([item for item in verdicts if item.kind == kind]) for kind in (*names.values(), HONEST)}


def _months(began: str, seen_on: date) -> int:
    year, month = map(int, began.split("-"))
    return (seen_on.year - year) * 12 + seen_on.month - month


def _answer(outcome: Outcome) -> str:
    if not isinstance(outcome, Blocked):
        return "score"
    cause = f" {outcome.anomaly.cause}" if outcome.reason == "GR-2" and outcome.anomaly is not None else ""
    return outcome.reason + cause


def _counted(verdicts: list[Verdict]) -> dict[str, Any]:
    answers = Counter(item.answer for item in verdicts)
    caught = sum(count for answer, count in answers.items() if answer.startswith("GR-2"))
    # What GR-5 or an existing default answers never comes to GR-2.
    judged = sum(count for answer, count in answers.items() if answer.startswith(("GR-2", "GR-3", "GR-4", "score")))
    return {
        "rows": len(verdicts),
        "retailers": len({item.retailer_id for item in verdicts}),
        "answers": dict(sorted(answers.items())),
        "judged_by_gr2": judged,
        "blocked_by_gr2": caught,
        "retailers_blocked_once": len({item.retailer_id for item in verdicts if item.answer.startswith("GR-2")}),
    }
