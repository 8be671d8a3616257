"""rules/slo.yml from slo.yml: the share of bad events over seven windows, and alerts on how fast the budget goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from altscore_local.observability.paths import OBSERVABILITY

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
RUNBOOK = "docs/runbooks/alerts/slo.md"
_HEADER = "# Made from ../slo.yml by `make observability-files`; change that.\n"


@dataclass(frozen=True)
class Burn:
    """An alert: the budget of 30 days is used up `factor` times too fast over a long and a short window."""

    alert: str
    factor: float
    long: str
    short: str
    lasts: str
    severity: str


# The pairs of windows of the Site Reliability Workbook: 2 % of the budget in an hour, 5 % in six, 10 % in three days.
BURNS = (
    Burn(alert="ErrorBudgetBurnsFast", factor=14.4, long="1h", short="5m", lasts="2m", severity="page"),
    Burn(alert="ErrorBudgetBurns", factor=6, long="6h", short="30m", lasts="5m", severity="page"),
    Burn(alert="ErrorBudgetBurnsSlowly", factor=3, long="1d", short="2h", lasts="30m", severity="ticket"),
    Burn(alert="ErrorBudgetRunsOut", factor=1, long="3d", short="6h", lasts="1h", severity="ticket"),
)


def objectives() -> list[dict[str, Any]]:
    """The objectives as slo.yml states them."""
    content: list[dict[str, Any]] = yaml.safe_load((OBSERVABILITY / "slo.yml").read_text(encoding="utf-8"))
    return content


def rules_text() -> str:
    """The whole content of rules/slo.yml."""
    slos = objectives()
    shares = [_share(slo, window) for slo in slos for window in WINDOWS]
    group = {"name": "slo", "rules": [*_budgets(slos), *shares, *map(_alert, BURNS)]}
    return _HEADER + yaml.safe_dump({"groups": [group]}, sort_keys=False, width=120)


def _budgets(slos: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"record": "altscore:slo_budget:ratio", "expr": f"vector({slo['budget']})", "labels": {"slo": slo["name"]}}
        for slo in slos
    ]


def _share(slo: Mapping[str, Any], window: str) -> dict[str, Any]:
    total = slo["all"].replace("WINDOW", window)
    if "bad" in slo:  # a counter of errors does not exist before the first one
        expression = f"({slo['bad'].replace('WINDOW', window)} or vector(0)) / {total}"
    else:
        expression = f"1 - {slo['good'].replace('WINDOW', window)} / {total}"
    return {"record": f"altscore:slo_errors:ratio_rate{window}", "expr": expression, "labels": {"slo": slo["name"]}}


def _alert(burn: Burn) -> dict[str, Any]:
    budget = f"on(slo) {burn.factor:g} * altscore:slo_budget:ratio"
    expression = (
        f"altscore:slo_errors:ratio_rate{burn.long} > {budget}"
        f" and altscore:slo_errors:ratio_rate{burn.short} > {budget}"
    )
    return {
        "alert": burn.alert,
        "expr": expression,
        "for": burn.lasts,
        "labels": {"severity": burn.severity},
        "annotations": {
            "summary": "{{ $labels.slo }}: {{ $value | humanizePercentage }} of the events"
            f" of {burn.long} are bad, at least {burn.factor:g} times what the budget allows",
            "runbook_url": f"{RUNBOOK}#{burn.alert.lower()}",
        },
    }
