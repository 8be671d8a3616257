"""Clocks begin at awareness; what was met late stays missed; digests cover the entry before."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from altscore_admin.incidents import domain
from altscore_admin.incidents.domain import ClockRow, Severity, TimelineEntry
from hypothesis import given, settings
from hypothesis import strategies as st

AWARE = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
SEVERITIES = st.sampled_from(get_args(Severity))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds


def minutes(severity: Severity, *, is_reportable: bool | None = None) -> dict[str, float]:
    """Clocks in minutes after awareness."""
    due = domain.due_times(severity, AWARE, is_reportable=is_reportable)
    return {clock: (at - AWARE).total_seconds() / 60 for clock, at in due.items()}


def test_the_clocks_are_those_of_the_response_plan_and_of_decision_37() -> None:
    reports = {"cert_in": 360, "board": 360, "board_details": 4_320, "affected_people": 1_440}
    assert minutes("P1") == {"acknowledge": 15, "ciso": 5, "legal": 60, "contain": 60, **reports}
    assert minutes("P2") == {"acknowledge": 30, "ciso": 30, "contain": 240, **reports}
    assert minutes("P3") == {"acknowledge": 120, "contain": 1_440}
    assert minutes("P3", is_reportable=True) == {"acknowledge": 120, "contain": 1_440, **reports}
    assert minutes("P1", is_reportable=False).keys() == {"acknowledge", "ciso", "legal", "contain"}


@pytest.mark.parametrize(
    ("aware_at", "due_at"),
    [
        ("2026-05-20T08:00Z", "2026-05-21T18:00+05:30"),  # a Wednesday
        ("2026-05-22T08:00Z", "2026-05-25T18:00+05:30"),  # a Friday: Monday
        ("2026-05-21T20:00Z", "2026-05-25T18:00+05:30"),  # already Friday in India
        ("2026-05-23T08:00Z", "2026-05-25T18:00+05:30"),
    ],
)
def test_a_p4_is_acknowledged_by_the_end_of_the_next_business_day_in_india(aware_at: str, due_at: str) -> None:
    due = domain.due_times("P4", datetime.fromisoformat(aware_at), is_reportable=None)
    assert due == {"acknowledge": datetime.fromisoformat(due_at)}


@settings(deadline=None, max_examples=40)
@given(severity=SEVERITIES, aware_at=INSTANTS, is_reportable=st.sampled_from([None, True, False]))
def test_every_clock_warns_before_it_ends_and_none_ends_before_awareness(
    severity: Severity, aware_at: datetime, is_reportable: bool | None
) -> None:
    for due_at in domain.due_times(severity, aware_at, is_reportable=is_reportable).values():
        warn_at = domain.warn_time(aware_at, due_at)
        assert aware_at < warn_at < due_at
        row = ClockRow("contain", due_at, warn_at=warn_at, met_at=None, met_by=None, is_void=False)
        late = row._replace(met_at=due_at + timedelta(microseconds=1), met_by="sec-1")
        states = [domain.clock_state(row, at) for at in (aware_at, warn_at, due_at, due_at + timedelta(seconds=1))]
        assert states == ["running", "due_soon", "due_soon", "overdue"]
        assert domain.clock_state(late, aware_at) == "missed"
        assert domain.clock_state(late._replace(met_at=due_at), due_at) == "met"


def test_a_step_that_nobody_stated_is_named() -> None:
    assert domain.missing_steps("P3", {"acknowledge", "review"}) == ["contain", "record_actions"]
    assert domain.missing_steps("P1", domain.STEPS.keys()) == []


@settings(deadline=None, max_examples=40)
@given(part=st.sampled_from(["kind", "subject", "outcome", "note"]), text=st.text(min_size=1, max_size=20))
def test_the_digest_covers_every_part_of_an_entry_and_the_entry_before(part: str, text: str) -> None:
    entry = TimelineEntry(kind="step", subject="contain", outcome="done", note="", details={"a": "b"})
    digest = domain.entry_digest("inc_1", 1, entry, at=AWARE, by="sec-1", previous=domain.FIRST_DIGEST)
    other = TimelineEntry(**{**vars(entry), part: getattr(entry, part) + text})
    assert domain.entry_digest("inc_1", 1, other, at=AWARE, by="sec-1", previous=domain.FIRST_DIGEST) != digest
    assert domain.entry_digest("inc_1", 1, entry, at=AWARE, by="sec-1", previous="1" * 64) != digest
    assert domain.entry_digest("inc_1", 2, entry, at=AWARE, by="sec-1", previous=domain.FIRST_DIGEST) != digest
