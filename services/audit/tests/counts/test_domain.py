"""When the counts are balanced."""

import pytest
from altscore_audit.counts.domain import is_balanced


@pytest.mark.parametrize(
    ("produced", "applied", "parked", "expected"),
    [(5, 5, 0, True), (5, 4, 1, True), (5, 5, 1, True), (5, 4, 0, False), (5, 3, 1, False)],
)
def test_no_more_numbers_are_missing_than_messages_were_unreadable(
    produced: int, applied: int, parked: int, *, expected: bool
) -> None:
    assert is_balanced(produced=produced, applied=applied, parked=parked) is expected
