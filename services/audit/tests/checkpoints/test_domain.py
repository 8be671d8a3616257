"""When a checkpoint is due, and where it is kept."""

import pytest
from altscore_audit.checkpoints.domain import checkpoint_due, checkpoint_key


@pytest.mark.parametrize(
    ("rows", "age_s", "is_due"), [(0, 9_999, False), (1, 59.9, False), (1, 60, True), (999, 1, False), (1_000, 0, True)]
)
def test_a_checkpoint_is_due_after_a_thousand_rows_or_sixty_seconds(rows: int, age_s: float, is_due: bool) -> None:
    assert checkpoint_due(rows, age_s, 60) is is_due


def test_keys_sort_as_numbers_do() -> None:
    keys = [checkpoint_key("general", seq) for seq in (1, 9, 10, 2_000_000)]
    assert keys == sorted(keys)
