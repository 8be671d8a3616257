"""Clocks end with a day in India; a state machine of requests against a model of it."""

from datetime import UTC, datetime, timedelta

import pytest
from altscore_admin.errors import EvidenceRequired, NoticeRunning, RightsStepRefused
from altscore_admin.rights.domain import (
    DAYS,
    ENDED,
    NOTICE,
    OPEN,
    Kind,
    Requester,
    State,
    Step,
    check_evidence,
    check_notice,
    clock_of,
    due_at,
    missing_evidence,
    next_state,
)
from altscore_libs.instants import INDIA
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds
STOPPING = (Step.REFUSED, Step.OBJECTED)
ERASED = (State.APPROVED, State.ERASING)


@pytest.mark.parametrize(
    ("received_at", "due_on"),
    [
        (datetime(2026, 5, 20, 18, 29, tzinfo=UTC), 20),  # 23:59 in India: that day does not count
        (datetime(2026, 5, 20, 18, 30, tzinfo=UTC), 21),  # midnight in India: the next one
    ],
)
def test_days_are_those_of_india(received_at: datetime, due_on: int) -> None:
    end = due_at(Kind.ERASURE, received_at)
    assert (end - timedelta(seconds=1)).astimezone(INDIA).date().isoformat() == f"2026-06-{due_on - 1:02}"


@settings(deadline=None, max_examples=50)
@given(received_at=INSTANTS, kind=st.sampled_from(Kind))
def test_a_clock_runs_for_its_days_and_less_than_one_more(received_at: datetime, kind: Kind) -> None:
    days = timedelta(days=DAYS[kind])
    assert days < due_at(kind, received_at) - received_at <= days + timedelta(days=1)


@settings(deadline=None, max_examples=50)
@given(received_at=INSTANTS, passed=st.timedeltas(timedelta(0), timedelta(days=60)), kind=st.sampled_from(Kind))
def test_a_clock_is_overdue_from_its_end_on_and_never_before(
    received_at: datetime, passed: timedelta, kind: Kind
) -> None:
    ends_at = due_at(kind, received_at)
    row = {"state": State.RECEIVED, "due_at": ends_at, "ended_at": None}
    clock = clock_of(row, received_at + passed)
    assert (clock.state == "overdue") == (received_at + passed >= ends_at)
    assert (clock.seconds_left <= 0) or clock.state != "overdue"
    closed = clock_of({**row, "state": State.CLOSED, "ended_at": received_at + passed}, received_at)
    assert (closed.state == "met") == (received_at + passed < ends_at)


@settings(deadline=None, max_examples=50)
@given(told_at=INSTANTS, passed=st.timedeltas(timedelta(0), timedelta(days=4)))
def test_nobody_erases_before_48_hours_have_passed_since_the_notice(told_at: datetime, passed: timedelta) -> None:
    if passed < NOTICE:
        with pytest.raises(NoticeRunning) as refused:
            check_notice(told_at, told_at + passed, NOTICE)
        ends_at = told_at + passed + timedelta(seconds=int(refused.value.headers["Retry-After"]))
        check_notice(told_at, ends_at, NOTICE)
    else:
        check_notice(told_at, told_at + passed, NOTICE)


def test_nobody_erases_whom_nobody_told() -> None:
    with pytest.raises(NoticeRunning):
        check_notice(None, datetime(2026, 5, 20, tzinfo=UTC), NOTICE)


@pytest.mark.parametrize(
    ("requester", "is_minor", "evidence", "refusal"),
    [
        (Requester.RETAILER, False, 0, None),
        (Requester.NOMINEE, False, 0, "nominee_evidence_required"),
        (Requester.NOMINEE, False, 1, None),
        (Requester.NOMINEE, True, 1, "guardian_evidence_required"),
        (Requester.RETAILER, True, 3, "guardian_evidence_required"),
        (Requester.GUARDIAN, True, 0, "guardian_evidence_required"),
        (Requester.GUARDIAN, True, 1, None),
        (Requester.GUARDIAN, False, 0, "guardian_evidence_required"),
    ],
)
def test_who_may_ask_for_whom(requester: Requester, *, is_minor: bool, evidence: int, refusal: str | None) -> None:
    assert missing_evidence(requester, is_minor=is_minor, evidence=evidence) == refusal


def test_documents_open_nothing_that_was_refused_for_another_reason() -> None:
    check_evidence("nominee_evidence_required")
    with pytest.raises(EvidenceRequired):
        check_evidence("legal_hold")


class Requests(RuleBasedStateMachine):
    """Any steps in any order: what a request went through has always been in order."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = Kind.ERASURE
        self.state = State.RECEIVED
        self.taken: list[Step] = []

    @rule(kind=st.sampled_from(Kind))
    @precondition(lambda self: not self.taken)
    def choose(self, kind: Kind) -> None:
        self.kind = kind

    @rule(step=st.sampled_from(Step))
    def take(self, step: Step) -> None:
        before = self.state
        try:
            self.state = next_state(self.kind, before, step)
        except RightsStepRefused:
            return
        self.taken.append(step)
        assert before not in ENDED or (before is State.REFUSED and step is Step.EVIDENCE_ATTACHED)
        assert before not in ERASED or step not in STOPPING
        if before is State.REFUSED:
            self.taken = []

    @invariant()
    def nothing_is_answered_before_it_is_verified(self) -> None:
        answers = {Step.EXPORTED, Step.CORRECTION_ASKED, Step.NOTICE_REQUESTED, Step.NOMINATION_RECORDED}
        if answers & set(self.taken):
            assert self.taken.index(Step.VERIFIED) < min(self.taken.index(step) for step in answers & set(self.taken))

    @invariant()
    def nothing_is_erased_before_the_retailer_is_told_and_it_is_approved(self) -> None:
        if Step.IDENTITY_ERASED in self.taken:
            told = {Step.NOTICE_SENT, Step.NOTICE_GIVEN} & set(self.taken)
            assert told
            assert self.taken.index(Step.ERASURE_APPROVED) > min(self.taken.index(step) for step in told)
            assert self.taken.count(Step.IDENTITY_ERASED) == 1
            assert self.kind is Kind.ERASURE

    @invariant()
    def a_state_belongs_to_its_kind(self) -> None:
        if self.state is State.EXPORTED:
            assert self.kind is Kind.ACCESS
        if self.state in (State.CORRECTING, State.CORRECTED):
            assert self.kind is Kind.CORRECTION


Requests.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=25)
TestRequests = Requests.TestCase


@pytest.mark.parametrize("kind", Kind)
def test_every_request_can_reach_its_end(kind: Kind) -> None:
    reached, frontier = {State.RECEIVED}, [State.RECEIVED]
    while frontier:
        state = frontier.pop()
        for step in Step:
            try:
                following = next_state(kind, state, step)
            except RightsStepRefused:
                continue
            if following not in reached:
                reached.add(following)
                frontier.append(following)
    assert State.CLOSED in reached
    assert State.REFUSED in reached
    assert set(OPEN) | ENDED == set(State)
