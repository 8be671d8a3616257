"""The autoscaler with real figures: 1, 3 under load, 1 again."""

from altscore_cluster.api import ClusterError, until
from altscore_cluster.plan import NAMESPACE
from altscore_cluster.target import Target, is_ready, shown

SCALED = "score-api"
LOAD_RATE = 60.0
UP_TIMEOUT_S, DOWN_TIMEOUT_S = 300, 420


def prove(target: Target) -> str:
    """One replica becomes three while lenders call, and one afterwards."""

    def replicas() -> int:
        return int(target.deployments()[SCALED]["spec"]["replicas"])

    until(lambda: replicas() == 1, "one replica before the load", timeout_s=DOWN_TIMEOUT_S, every_s=3)
    until(lambda: _has_figures(target), "figures of the metrics server", timeout_s=120, every_s=3)
    with target.load(LOAD_RATE) as tally:
        up_s = until(
            lambda: replicas() == 3 and is_ready(target.deployments()[SCALED]), "three ready", timeout_s=UP_TIMEOUT_S
        )
    down_s = until(lambda: replicas() == 1, "one replica again", timeout_s=DOWN_TIMEOUT_S, every_s=3)
    if tally["failed"]:
        raise ClusterError(shown(tally))
    return f"1 to 3 ready in {up_s:.0f} s, to 1 in {down_s:.0f} s after the load: {shown(tally)}"


def _has_figures(target: Target) -> bool:
    status = target.api.get("horizontalpodautoscaler", SCALED, "--namespace", NAMESPACE).get("status", {})
    return any(
        metric.get("resource", {}).get("current", {}).get("averageUtilization") is not None
        for metric in status.get("currentMetrics") or []
    )
