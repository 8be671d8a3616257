"""Rules without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from altscore_consent.domain import (
    State,
    StateStatus,
    consents_ended_by,
    expiry_of,
    judge_check,
    last_day_of,
    may_ask_again,
)

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


def state(purpose: str = "working_capital_loan", **change: object) -> State:
    values: dict[str, object] = {
        "lender_id": "lender_ugro",
        "purpose": purpose,
        "status": StateStatus.ACTIVE,
        "version": 3,
        "consent_id": "cns_1",
        "given_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=1),
    }
    return State(**(values | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "months", "expires"),
    [
        ("2026-05-20T08:00:00+00:00", 12, "2027-05-20T18:30:00+00:00"),
        ("2026-05-20T18:29:59+00:00", 12, "2027-05-20T18:30:00+00:00"),
        ("2026-05-20T18:30:00+00:00", 12, "2027-05-21T18:30:00+00:00"),
        ("2028-02-29T12:00:00+00:00", 12, "2029-02-28T18:30:00+00:00"),
        ("2028-02-29T23:59:59+00:00", 12, "2029-03-01T18:30:00+00:00"),
        ("2026-08-31T00:00:00+00:00", 6, "2027-02-28T18:30:00+00:00"),
    ],
)
def test_a_consent_ends_with_the_same_day_in_india_months_later(given: str, months: int, expires: str) -> None:
    assert expiry_of(datetime.fromisoformat(given), months) == datetime.fromisoformat(expires)


@pytest.mark.parametrize("given", ["2026-05-20T08:00:00+00:00", "2026-12-31T19:00:00+00:00"])
def test_the_last_day_covered_is_the_day_in_india_that_the_consent_ends_with(given: str) -> None:
    given_at = datetime.fromisoformat(given)
    day = (given_at + timedelta(hours=5, minutes=30)).date()
    assert last_day_of(expiry_of(given_at, 12)) == day.replace(year=day.year + 1)


def test_a_check_without_purpose_takes_any_active_purpose() -> None:
    assert judge_check([state("trade_credit")], None, NOW).is_consented


def test_another_active_purpose_is_told_apart_from_no_consent() -> None:
    found = judge_check([state("trade_credit")], "term_loan", NOW)
    assert (found.is_consented, found.reason) == (False, "purpose")


def test_a_lender_never_named_gives_reason_none_and_version_zero() -> None:
    found = judge_check([], "term_loan", NOW)
    assert (found.is_consented, found.reason, found.version) == (False, "none", 0)


def test_an_expired_consent_is_no_consent_before_the_worker_has_seen_it() -> None:
    found = judge_check([state(expires_at=NOW)], "working_capital_loan", NOW)
    assert (found.is_consented, found.reason) == (False, "expired")


def test_a_revoked_consent_gives_reason_revoked_with_its_version() -> None:
    found = judge_check([state(status=StateStatus.REVOKED, ended_at=NOW)], "working_capital_loan", NOW)
    assert (found.is_consented, found.reason, found.version) == (False, "revoked", 3)


def test_a_nahi_of_the_same_second_ends_a_consent_and_an_older_one_does_not() -> None:
    active = state(given_at=NOW)
    assert consents_ended_by([active], NOW) == ["cns_1"]
    assert consents_ended_by([active], NOW - timedelta(seconds=1)) == []


def test_a_chatting_retailer_is_asked_three_times_a_day_and_no_more() -> None:
    assert [may_ask_again(asked) for asked in range(5)] == [True, True, True, False, False]
