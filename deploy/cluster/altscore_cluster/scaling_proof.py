"""The autoscaler with real figures: 1, 3 under a load that grows until three are needed, 1 again."""

import time
from contextlib import ExitStack
from typing import Any

from altscore_cluster.api import ClusterError, until
from altscore_cluster.plan import NAMESPACE
from altscore_cluster.target import Target, is_ready, shown, sum_of

SCALED = "score-api"
FIRST_RATE, FURTHER_RATE, MOST_LOADS = 60.0, 20.0, 6
"""Calls a second: one replica of a quick processor carries about 100; how many need three depends on the processor."""
SETTLED_S = 60  # the autoscaler has seen two rounds of figures by then
UP_TIMEOUT_S, DOWN_TIMEOUT_S = 540, 420


def prove(target: Target) -> str:
    """One replica becomes three while lenders call, and one afterwards."""
    until(lambda: _replicas(target) == 1, "one replica before the load", timeout_s=DOWN_TIMEOUT_S, every_s=3)
    until(lambda: _has_figures(target), "figures of the metrics server", timeout_s=120, every_s=3)
    with ExitStack() as loads:
        tallies = [loads.enter_context(target.load(FIRST_RATE))]
        up_s = _until_three_are_ready(target, loads, tallies)
    down_s = until(lambda: _replicas(target) == 1, "one replica again", timeout_s=DOWN_TIMEOUT_S, every_s=3)
    tally, rate = sum_of(tallies), _rate_of(tallies)
    if tally["failed"]:
        raise ClusterError(shown(tally))
    return f"1 to 3 ready in {up_s:.0f} s at {rate:.0f} a second, to 1 in {down_s:.0f} s after the load: {shown(tally)}"


def _rate_of(tallies: list[dict[str, Any]]) -> float:
    return FIRST_RATE + FURTHER_RATE * (len(tallies) - 1)


def _until_three_are_ready(target: Target, loads: ExitStack, tallies: list[dict[str, Any]]) -> float:
    """Seconds until three replicas are ready; adds a load whenever those that are ready carry the present ones.

    Raises:
        ClusterError: they are not in time; says what was desired, what was ready and what the autoscaler saw.
    """
    changed_s, before = time.monotonic(), 1

    def are_three() -> bool:
        nonlocal changed_s, before
        deployment = target.deployments()[SCALED]
        desired = int(deployment["spec"]["replicas"])
        if desired != before or not is_ready(deployment):
            changed_s, before = time.monotonic(), desired
        elif time.monotonic() - changed_s > SETTLED_S and len(tallies) < MOST_LOADS:
            tallies.append(loads.enter_context(target.load(FURTHER_RATE, signs_in=False)))
            changed_s = time.monotonic()
        return desired == 3 and is_ready(deployment)

    try:
        return until(are_three, "three ready", timeout_s=UP_TIMEOUT_S, every_s=2)
    except ClusterError as error:
        deployment = target.deployments()[SCALED]
        desired, ready = deployment["spec"]["replicas"], deployment["status"].get("readyReplicas", 0)
        seen = f"{desired} desired, {ready} ready, the autoscaler saw {_figures(target)}"
        raise ClusterError(f"{error}: {seen} at {_rate_of(tallies):.0f} a second") from None


def _replicas(target: Target) -> int:
    return int(target.deployments()[SCALED]["spec"]["replicas"])


def _figures(target: Target) -> list[int | None]:
    """Use of processors that the autoscaler has, percent of what is requested."""
    status = target.api.get("horizontalpodautoscaler", SCALED, "--namespace", NAMESPACE).get("status", {})
    metrics = status.get("currentMetrics") or []
    return [metric.get("resource", {}).get("current", {}).get("averageUtilization") for metric in metrics]


def _has_figures(target: Target) -> bool:
    return any(figure is not None for figure in _figures(target))
