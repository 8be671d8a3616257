"""The load of the autoscaler's proof grows only while the replicas that are ready carry it for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from altscore_cluster.api import ClusterError
from altscore_cluster.scaling_proof import FIRST_RATE, FURTHER_RATE, MOST_LOADS, prove
from altscore_cluster.target import shown, sum_of


class Scaled:
    """A deployment whose replicas follow the load at once: one for every `each` calls a second."""

    def __init__(self, each: float, *, failed: int = 0) -> None:
        self._each, self._failed = each, failed
        self.rates: list[float] = []
        self.most = 0.0
        self.api = self

    def get(self, *_: str) -> dict[str, Any]:
        """The autoscaler."""
        return {"status": {"currentMetrics": [{"resource": {"current": {"averageUtilization": 50}}}]}}

    def deployments(self) -> dict[str, Any]:
        """score-api as Kubernetes tells it."""
        replicas = max(1, min(3, int(sum(self.rates) / self._each) + 1))
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), replicas)
        status = {"observedGeneration": 1, **counts}
        return {"score-api": {"metadata": {"generation": 1}, "spec": {"replicas": replicas}, "status": status}}

    @contextmanager
    def load(self, rate: float, *, signs_in: bool = True) -> Iterator[dict[str, Any]]:
        """Counts the rate while it runs."""
        assert signs_in is not bool(self.rates), "the first load signs in, the others find it done"
        self.rates.append(rate)
        self.most = max(self.most, sum(self.rates))
        tally: dict[str, Any] = {"sent": 10, "failed": self._failed, "statuses": {"200": 10}, "failures": {}}
        try:
            yield tally
        finally:
            self.rates.remove(rate)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes as fast as it is asked for."""
    now = [0.0]

    def monotonic() -> float:
        now[0] += 5
        return now[0]

    monkeypatch.setattr("time.monotonic", monotonic)
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.mark.parametrize(("each", "rate"), [(25.0, 60.0), (35.0, 80.0), (60.0, 120.0)])
def test_the_load_grows_until_three_replicas_are_ready(each: float, rate: float) -> None:
    target = Scaled(each)
    assert f"at {rate:.0f} a second" in prove(target)  # type: ignore[arg-type]  # the part of a target that it uses
    assert (target.most, target.rates) == (rate, [])


def test_a_load_that_never_needs_three_is_bounded_and_told() -> None:
    target, most = Scaled(1_000.0), FIRST_RATE + FURTHER_RATE * (MOST_LOADS - 1)
    with pytest.raises(ClusterError, match=f"1 desired, 1 ready, the autoscaler saw .50. at {most:.0f} a"):
        prove(target)  # type: ignore[arg-type]  # the part of a target that it uses
    assert (target.most, target.rates) == (most, [])


def test_a_lost_call_of_any_load_fails_the_proof() -> None:
    with pytest.raises(ClusterError, match="20 calls, 2 failed"):
        prove(Scaled(35.0, failed=1))  # type: ignore[arg-type]  # the part of a target that it uses


def test_tallies_are_added_by_kind() -> None:
    first = {"sent": 3, "failed": 1, "statuses": {"200": 2}, "failures": {"TimeoutError": 1}}
    further = {"sent": 2, "failed": 1, "statuses": {"200": 1, "503": 1}, "failures": {}}
    assert shown(sum_of([first, further])) == "5 calls, 2 failed (3 x 200, 1 x 503; 1 x TimeoutError)"
