"""The circuit breaker against a model of lists and a given clock."""

import logging
from typing import Any

import pytest
from altscore_libs.circuit import CircuitBreaker, CircuitOpen, State
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from prometheus_client import REGISTRY


class Time:
    """Seconds that grow when the test says so."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def reported_states() -> dict[str, float]:
    """The gauge by neighbour; the registry's own look-up would measure the whole process at every step of the model."""
    metrics = REGISTRY.restricted_registry(["altscore_circuit_state"]).collect()
    return {sample.labels["neighbour"]: sample.value for metric in metrics for sample in metric.samples}


class Model(RuleBasedStateMachine):
    """Calls begin, end or are given up in any order, and time passes; the model keeps every outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.breaker = CircuitBreaker("model", monotonic=self.time)
        self.calls: list[tuple[int, int]] = []  # what admit() gave, and the model's own state number
        self.number = 0
        self.outcomes: list[bool] = []  # of the present closed state; True is a failure
        self.state = State.CLOSED
        self.open_s = 0.0
        self.open_until_s = 0.0

    def enter(self, state: State, *, open_s: float = 0.0) -> None:
        self.state, self.outcomes = state, []
        self.number += 1
        if state is State.OPEN:
            self.open_s = min(open_s, 5.0)
            self.open_until_s = self.time() + self.open_s

    @rule()
    def begin(self) -> None:
        may_pass = self.state is State.CLOSED or (self.state is State.OPEN and self.time() >= self.open_until_s)
        try:
            admitted = self.breaker.admit()
        except CircuitOpen:
            assert not may_pass
            return
        assert may_pass
        if self.state is State.OPEN:
            self.enter(State.HALF_OPEN)
        self.calls.append((admitted, self.number))

    @precondition(lambda self: self.calls)
    @rule(data=strategies.data(), is_failure=strategies.booleans())
    def end(self, data: strategies.DataObject, is_failure: bool) -> None:
        admitted, number = self.calls.pop(data.draw(strategies.integers(0, len(self.calls) - 1)))
        self.breaker.record(admitted, is_failure=is_failure)
        if number != self.number:
            return
        if self.state is State.HALF_OPEN:
            if is_failure:
                self.enter(State.OPEN, open_s=self.open_s * 2)
            else:
                self.enter(State.CLOSED)
            return
        self.outcomes.append(is_failure)
        last = self.outcomes[-20:]
        if is_failure and len(last) >= 10 and sum(last) * 2 >= len(last):
            self.enter(State.OPEN, open_s=1.0)

    @rule(count=strategies.integers(1, 25), is_failure=strategies.booleans())
    def many(self, count: int, is_failure: bool) -> None:
        for _ in range(count):
            before = len(self.calls)
            self.begin()
            if len(self.calls) > before:
                admitted = self.calls.pop()
                self.calls.insert(0, admitted)
                self.end(_First(), is_failure)

    @precondition(lambda self: self.calls)
    @rule()
    def give_up(self) -> None:
        admitted, number = self.calls.pop()
        self.breaker.abandon(admitted)
        if number == self.number and self.state is State.HALF_OPEN:
            kept_s = self.open_s
            self.enter(State.OPEN, open_s=0.0)
            self.open_s = kept_s

    @rule(seconds=strategies.sampled_from([0.1, 0.9, 1.0, 2.0, 6.0]))
    def pass_time(self, seconds: float) -> None:
        self.time.now_s += seconds

    @invariant()
    def states_are_equal(self) -> None:
        assert self.breaker.state is self.state
        assert reported_states()["model"] == self.state


class _First:
    def draw(self, _: Any) -> int:
        return 0


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def fail(breaker: CircuitBreaker, times: int) -> None:
    """So many calls end in failure."""
    for _ in range(times):
        breaker.record(breaker.admit(), is_failure=True)


def state_of(breaker: CircuitBreaker) -> State:
    """The present state, which mypy must not take for that of the line before."""
    return breaker.state


def test_it_opens_at_half_and_not_below() -> None:
    breaker = CircuitBreaker("half", monotonic=Time())
    for _ in range(11):
        breaker.record(breaker.admit(), is_failure=False)
    fail(breaker, 9)
    assert state_of(breaker) is State.CLOSED
    breaker.record(breaker.admit(), is_failure=False)
    fail(breaker, 1)
    assert state_of(breaker) is State.OPEN


def test_one_call_tries_and_the_others_are_refused_meanwhile() -> None:
    time = Time()
    breaker = CircuitBreaker("probe", monotonic=time)
    fail(breaker, 10)
    with pytest.raises(CircuitOpen):
        breaker.admit()
    time.now_s += 1.0
    probe = breaker.admit()
    with pytest.raises(CircuitOpen):
        breaker.admit()
    breaker.record(probe, is_failure=False)
    assert state_of(breaker) is State.CLOSED
    assert REGISTRY.get_sample_value("altscore_circuit_rejected_total", {"neighbour": "probe"}) == 2


def test_each_opening_in_a_row_lasts_twice_as_long_up_to_five_seconds() -> None:
    time = Time()
    breaker = CircuitBreaker("waits", monotonic=time)
    fail(breaker, 10)
    for wait_s in (1.0, 2.0, 4.0, 5.0, 5.0):
        time.now_s += wait_s - 0.01
        with pytest.raises(CircuitOpen):
            breaker.admit()
        time.now_s += 0.01
        fail(breaker, 1)


def test_a_call_from_before_the_opening_decides_nothing() -> None:
    time = Time()
    breaker = CircuitBreaker("late", monotonic=time)
    late = [breaker.admit() for _ in range(2)]
    fail(breaker, 10)
    breaker.record(late[0], is_failure=False)
    assert state_of(breaker) is State.OPEN
    time.now_s += 1.0
    breaker.admit()
    breaker.record(late[1], is_failure=True)
    assert state_of(breaker) is State.HALF_OPEN


def test_an_opening_is_one_log_line_with_the_neighbours_name(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fail(CircuitBreaker("shop", monotonic=Time()), 10)
    (line,) = [record for record in caplog.records if record.name == "altscore.circuit"]
    assert (line.getMessage(), line.__dict__["neighbour"]) == ("circuit open", "shop")


@pytest.mark.parametrize(
    ("raised", "named", "state"),
    [
        (None, None, State.CLOSED),
        (None, True, State.OPEN),
        (TimeoutError, None, State.OPEN),
        (TimeoutError, False, State.CLOSED),
        (KeyError, None, State.CLOSED),
        (KeyError, True, State.OPEN),
    ],
)
def test_an_attempt_fails_by_silence_or_by_what_its_answer_is_named(
    raised: type[Exception] | None, named: bool | None, state: State
) -> None:
    breaker = CircuitBreaker("attempted", window=1, at_least=1, monotonic=Time())
    try:
        with breaker.attempt((TimeoutError,)) as attempt:
            attempt.is_failure = named
            if raised is not None:
                raise raised
    except (TimeoutError, KeyError):
        pass
    assert breaker.state is state


def test_an_attempt_that_ends_without_an_outcome_leaves_its_turn_to_the_next() -> None:
    time = Time()
    breaker = CircuitBreaker("cancelled", window=1, at_least=1, monotonic=time)
    fail(breaker, 1)
    time.now_s += 1.0
    with pytest.raises(KeyError), breaker.attempt((TimeoutError,)):
        raise KeyError
    with breaker.attempt((TimeoutError,)):
        pass
    assert breaker.state is State.CLOSED
