"""What a lender notices: an upgrade, one without a drain, a broken one, a rollback, pods that are killed."""

import json
import time
from functools import partial
from typing import Any

from altscore_helm.chart import RELEASE

from altscore_cluster import images
from altscore_cluster.api import ClusterError, until
from altscore_cluster.fleet import IMAGES
from altscore_cluster.plan import NAMESPACE
from altscore_cluster.stores import OURS
from altscore_cluster.target import READY_TIMEOUT_S, Target, is_ready, shown, sum_of

NEXT_TAG = "local-next"
SERVED = "score-api"
CONTROL_RESTARTS, CONTROL_ROUNDS = 4, 4  # on a quick machine four restarts may happen to meet no call
BROKEN_TIMEOUT_S = 90
_NO_DRAIN = [{"op": "remove", "path": "/spec/template/spec/containers/0/lifecycle"}]


def image_of(deployment: dict[str, Any]) -> str:
    """What the first container runs."""
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


def tags_of(target: Target) -> set[str]:
    """Tags that the release's deployments run."""
    return {image_of(item).rsplit(":", 1)[1] for item in target.deployments().values()}


def upgrade(target: Target) -> str:
    """Every process to the next tag, hooks first, while lenders call."""
    names = [name for name in IMAGES if name.startswith(f"{OURS}/") and "tools" not in name and "mlflow" not in name]
    images.tag_next(target.api, NEXT_TAG, names)
    begin = time.monotonic()
    with target.load() as tally:
        target.must_upgrade(f"image.tag={NEXT_TAG}")
        target.until_ready()
        time.sleep(5)
    if tags_of(target) != {NEXT_TAG}:
        raise ClusterError(f"deployments run {tags_of(target)}")
    if tally["failed"]:
        raise ClusterError(shown(tally))
    return f"{len(target.deployments())} deployments in {time.monotonic() - begin:.0f} s: {shown(tally)}"


def rollback(target: Target) -> str:
    """Back to the revision before, while lenders call."""
    before = target.revision() - 1
    begin = time.monotonic()
    with target.load() as tally:
        done = target.helm("rollback", RELEASE, str(before), "--wait", "--timeout", "900s", "--force-conflicts")
        if done.returncode:
            raise ClusterError(f"helm rollback: {done.stderr.strip()[-800:]}")
        target.until_ready()
    if tags_of(target) != {"local"}:
        raise ClusterError(f"deployments run {tags_of(target)}")
    if tally["failed"]:
        raise ClusterError(shown(tally))
    return f"to revision {before} in {time.monotonic() - begin:.0f} s: {shown(tally)}"


def broken(target: Target) -> str:
    """A release that cannot start fails, and what served before goes on serving."""
    good = target.revision()
    starved = f"processes.{SERVED}.resources"
    settings = [f"{starved}.{kind}.memory=24Mi" for kind in ("requests", "limits")]
    with target.load() as tally:
        done = target.upgrade(*settings, timeout_s=BROKEN_TIMEOUT_S)
        serving = target.deployments()[SERVED]["status"].get("readyReplicas", 0)
    if done.returncode == 0:
        raise ClusterError("helm called a release ready that cannot start")
    if not serving or tally["failed"]:
        raise ClusterError(f"{serving} replicas served, {shown(tally)}")
    back = target.helm("rollback", RELEASE, str(good), "--wait", "--timeout", "600s", "--force-conflicts")
    if back.returncode:
        raise ClusterError(f"helm rollback: {back.stderr.strip()[-800:]}")
    target.until_ready()
    return f"refused after {BROKEN_TIMEOUT_S} s, {serving} old replicas served: {shown(tally)}"


def without_drain(target: Target) -> str:
    """The control: pods that end at once lose calls, so the count above measures something."""
    patch = json.dumps(_NO_DRAIN)
    place = ("--namespace", NAMESPACE)
    target.api.kubectl("patch", "deployment", SERVED, *place, "--type", "json", "--patch", patch)
    try:
        _until_served(target)
        tallies = _restart_until_calls_are_lost(target)
    finally:
        target.must_upgrade()
        target.until_ready()
    tally = sum_of(tallies)
    if not tally["failed"]:
        raise ClusterError(f"nothing was lost without a drain: {shown(tally)}; the proof proves nothing")
    return f"{CONTROL_RESTARTS * len(tallies)} restarts: {shown(tally)}"


def _restart_until_calls_are_lost(target: Target) -> list[dict[str, Any]]:
    """Tallies of the rounds, each of some restarts under load."""
    tallies: list[dict[str, Any]] = []
    while len(tallies) < CONTROL_ROUNDS and not (tallies and tallies[-1]["failed"]):
        with target.load() as tally:
            for _ in range(CONTROL_RESTARTS):
                target.api.kubectl("rollout", "restart", f"deployment/{SERVED}", "--namespace", NAMESPACE)
                _until_served(target)
        tallies.append(tally)
    return tallies


def _until_served(target: Target) -> None:
    until(lambda: is_ready(target.deployments()[SERVED]), SERVED, timeout_s=READY_TIMEOUT_S)


def kill_each(target: Target) -> str:
    """A pod of every process is killed without a farewell; each comes back, and a lender is served afterwards."""
    slowest, seconds = "", 0.0
    names = sorted(target.deployments())
    for name in names:
        selector = f"app.kubernetes.io/name={name},app.kubernetes.io/instance={RELEASE}"
        pods = target.api.get("pods", "--namespace", NAMESPACE, "--selector", selector)["items"]
        victim = pods[0]["metadata"]["name"]
        target.api.kubectl("delete", "pod", victim, "--namespace", NAMESPACE, "--grace-period=0", "--force")
        took = until(
            partial(_is_replaced, target, name, victim),
            f"{name} after its pod was killed",
            timeout_s=READY_TIMEOUT_S,
        )
        if took > seconds:
            slowest, seconds = name, took
    return f"{len(names)} kinds, back within {seconds:.0f} s at most ({slowest}); {target.lender_call()}"


def _is_replaced(target: Target, name: str, victim: str) -> bool:
    gone = not target.api.succeeds("get", "pod", victim, "--namespace", NAMESPACE)
    return gone and is_ready(target.deployments()[name])
