"""A proof is a success when every step ran and held; what did not run is named and changes the exit status."""

from collections.abc import Callable

import pytest
from altscore_cluster.__main__ import PROOFS, steps_of
from altscore_cluster.api import ClusterError, until
from altscore_cluster.steps import FAILED, HELD, NOT_RUN, Step, run_steps, table, verdict
from altscore_cluster.target import Target


def step(name: str, run: Callable[[], str] = lambda: "seen", *, is_ground: bool = False) -> Step:
    return Step(name, f"{name} holds", run, is_ground=is_ground)


def fails() -> str:
    raise ClusterError("it | did\nnot")


def breaks() -> str:
    raise KeyError("unforeseen")


def test_all_held_is_a_success() -> None:
    results = run_steps([step("ground", is_ground=True), step("proof")])
    assert [result.state for result in results] == [HELD, HELD]
    assert verdict(results) == 0


def test_a_failed_ground_stops_what_stands_on_it() -> None:
    results = run_steps([step("ground", fails, is_ground=True), step("proof")])
    assert [result.state for result in results] == [FAILED, NOT_RUN]
    assert results[1].seen == "ground failed"
    assert verdict(results) == 1


@pytest.mark.parametrize("run", [fails, breaks])
def test_a_failed_proof_leaves_the_others_running(run: Callable[[], str]) -> None:
    results = run_steps([step("first", run), step("second")])
    assert [result.state for result in results] == [FAILED, HELD]
    assert verdict(results) == 1


def test_a_step_that_nobody_asked_for_is_named_and_is_no_success() -> None:
    results = run_steps([step("ground", is_ground=True), step("first"), step("second")], only=["second"])
    assert [result.state for result in results] == [HELD, NOT_RUN, HELD]
    assert verdict(results) == 3
    assert "| first | NOT RUN | 0 | not asked for |" in table(results)


def test_what_a_step_needs_runs_with_it_and_nothing_else_does() -> None:
    steps = [step("first"), step("second"), Step("third", "holds", lambda: "seen", needs=("first",))]
    assert [result.state for result in run_steps(steps, only=["third"])] == [HELD, NOT_RUN, HELD]
    assert [result.state for result in run_steps(steps, only=["second"])] == [NOT_RUN, HELD, NOT_RUN]


@pytest.mark.parametrize("name", ["demo", "portal", "network"])
def test_a_proof_that_speaks_to_simulators_brings_them_up(name: str) -> None:
    steps = steps_of(Target(), has_ground=True)
    assert [step.name for step in steps] == [name for name, *_ in PROOFS]
    [proof] = [step for step in steps if step.name == name]
    assert proof.needs == ("rest",)


def test_no_step_at_all_is_no_success() -> None:
    assert verdict([]) == 1


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(SystemExit, match="no such step: thrid"):
        run_steps([step("third")], only=["thrid"])


def test_what_was_seen_stays_on_its_line() -> None:
    [line] = [line for line in table(run_steps([step("one", fails)])).splitlines() if "FAILED" in line]
    assert line.endswith("| it / did not |")


def test_waiting_ends() -> None:
    with pytest.raises(ClusterError, match="never: not within 0 s"):
        until(lambda: False, "never", timeout_s=0.01, every_s=0.01)
