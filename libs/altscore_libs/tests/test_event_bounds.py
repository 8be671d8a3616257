"""What has happened has happened, and versions are such as somebody can have reached."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from altscore_libs.event_bounds import FARTHEST, MAX_VERSION, SKEW, field_out_of_bounds
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"occurred_at": NOW + SKEW}, None),
        ({"occurred_at": NOW + SKEW + SECOND}, "occurred_at"),
        ({"blocked_at": datetime(2100, 1, 1, tzinfo=UTC)}, "blocked_at"),
        ({"expires_at": NOW + FARTHEST}, None),
        ({"expires_at": NOW + FARTHEST + SECOND}, "expires_at"),
        ({"version": 0}, None),
        ({"version": MAX_VERSION}, None),
        ({"version": MAX_VERSION + 1}, "version"),
        ({"version": -1}, "version"),
        ({"producer_seq": 2**62, "acknowledged_at": None}, None),
    ],
    ids=str,
)
def test_the_first_field_that_cannot_be_is_named(values: dict[str, Any], field: str | None) -> None:
    assert field_out_of_bounds(values, NOW) == field


@given(st.datetimes(max_value=NOW.replace(tzinfo=None), timezones=st.just(UTC)))
def test_no_instant_of_the_past_is_out_of_bounds(at: datetime) -> None:
    assert field_out_of_bounds({"occurred_at": at, "expires_at": at}, NOW) is None
