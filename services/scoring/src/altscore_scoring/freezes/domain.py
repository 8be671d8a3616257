"""The freeze of scoring (ADR-010): who begins it, what ends it, and what the engine signs when it freezes itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from altscore_libs.instants import format_instant

from altscore_scoring.guardrails import constants as c

REASON_OF_DRIFT = "GR-6"
BLOCK_REASON, BLOCK_CODE = "GR-6", "MODEL_UNAVAILABLE"  # model lifecycle, as of any run that is blocked as a whole


class MeasuredRun(NamedTuple):
    """A run that was scored, and the population shift that its scores were flagged with."""

    run_id: str
    model_sha256: str
    model_name: str
    psi: float | None


def is_breach(psi: float | None) -> bool:
    """GR-6: whether a run's PSI freezes scoring; what could not be measured is flagged, and freezes nothing.

    Source: guardrail GR-6 and ADR-010, PSI above 0.20.
    """
    return psi is not None and psi > c.PSI_MAX


def automatic_freeze_id(run: MeasuredRun) -> str:
    """The id of the freeze that a run causes: the same however often, and by however many workers, it is seen."""
    return f"frz_{run.run_id}_{run.model_sha256[:16]}"


def automatic_record(run: MeasuredRun, *, freeze_id: str, at: datetime) -> Mapping[str, Any]:
    """What the engine signs when it freezes itself."""
    return {
        "decision_id": freeze_id,
        "kind": "freeze",
        "model_name": run.model_name,
        "reason": REASON_OF_DRIFT,
        "run_id": run.run_id,
        "model_sha256": run.model_sha256,
        "psi": "not_measurable" if run.psi is None else f"{run.psi:.4f}",
        "approved_at": format_instant(at, "microseconds"),
    }
