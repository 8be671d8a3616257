"""Ledgers that lie behind the snapshot (decision 92): a run names them and says what their lateness does to a score."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

WARNED_AFTER_DAYS = 1
LOW_CONFIDENCE_AFTER_DAYS = 14
Effect = Literal["warned", "low_confidence", "left_out"]
_log = logging.getLogger("altscore.pipeline")


@dataclass(frozen=True)
class LateLedger:
    """One distributor whose ledger is behind.

    Attributes:
        distributor_id: whose ledger.
        covered_on: last whole day in India that it covers.
        late_days: days that its accounts are seen before the snapshot.
        effect: on the scores of its retailers; `left_out`: no feature sees its accounts.
    """

    distributor_id: str
    covered_on: date
    late_days: int
    effect: Effect

    def entry(self) -> dict[str, Any]:
        """As Gold's manifest lists it."""
        return asdict(self) | {"covered_on": self.covered_on.isoformat()}


def late_ledgers(ledgers: pa.Table | None) -> list[LateLedger]:
    """The late ones among the rows of `silver_ledger`, by distributor."""
    rows = [] if ledgers is None else ledgers.sort_by("distributor_id").to_pylist()
    return [
        LateLedger(
            distributor_id=row["distributor_id"],
            covered_on=row["covered_on"],
            late_days=row["late_days"],
            effect=_effect(row["late_days"], is_counted=row["is_counted"]),
        )
        for row in rows
        if row["late_days"] > WARNED_AFTER_DAYS
    ]


def log_late_ledgers(late: Sequence[LateLedger]) -> None:
    """A line per ledger; one that is left out is an error, since its retailers lose their scores."""
    for ledger in late:
        level = logging.ERROR if ledger.effect == "left_out" else logging.WARNING
        _log.log(level, "late ledger", extra={**ledger.entry()})


def _effect(late_days: int, *, is_counted: bool) -> Effect:
    if not is_counted:
        return "left_out"
    return "low_confidence" if late_days > LOW_CONFIDENCE_AFTER_DAYS else "warned"
