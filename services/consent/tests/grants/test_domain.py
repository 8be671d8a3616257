"""Rules of consent, without a database."""

from datetime import datetime, timedelta

import pytest
from altscore_consent.grants.domain import consents_ended_by, expiry_of
from altscore_libs.instants import last_day_before

from ..conftest import NOW, make_state


@pytest.mark.parametrize(
    ("given_at", "months", "expires_at"),
    [
        ("2026-05-20T08:00:00+00:00", 12, "2027-05-20T18:30:00+00:00"),
        ("2026-05-20T18:29:59+00:00", 12, "2027-05-20T18:30:00+00:00"),
        ("2026-05-20T18:30:00+00:00", 12, "2027-05-21T18:30:00+00:00"),
        ("2028-02-29T12:00:00+00:00", 12, "2029-02-28T18:30:00+00:00"),
        ("2028-02-29T23:59:59+00:00", 12, "2029-03-01T18:30:00+00:00"),
        ("2026-08-31T00:00:00+00:00", 6, "2027-02-28T18:30:00+00:00"),
    ],
)
def test_a_consent_ends_with_the_same_day_in_india_months_later(given_at: str, months: int, expires_at: str) -> None:
    assert expiry_of(datetime.fromisoformat(given_at), months) == datetime.fromisoformat(expires_at)


@pytest.mark.parametrize("moment", ["2026-05-20T08:00:00+00:00", "2026-12-31T19:00:00+00:00"])
def test_the_last_day_covered_is_the_day_in_india_that_the_consent_ends_with(moment: str) -> None:
    given_at = datetime.fromisoformat(moment)
    day = (given_at + timedelta(hours=5, minutes=30)).date()
    assert last_day_before(expiry_of(given_at, 12)) == day.replace(year=day.year + 1)


def test_a_nahi_of_the_same_second_ends_a_consent_and_an_older_one_does_not() -> None:
    active = make_state(given_at=NOW)
    assert consents_ended_by([active], NOW) == ["cns_1"]
    assert consents_ended_by([active], NOW - timedelta(seconds=1)) == []
