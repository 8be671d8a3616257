"""A drop folder: what the receiver holds is the ledger to the paisa after every sync, or the difference is named."""

from pathlib import Path

import pytest
from ledger_histories.csv_drop import play, play_memories

from .chunks import chunks, play_chunk


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", chunks(quarters=3))
def test_any_history_ends_as_the_ledger_or_names_the_difference(tmp_path: Path, first: int) -> None:
    play_chunk(play, first, tmp_path)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", chunks(quarters=1))
def test_so_does_any_in_which_the_connectors_memory_is_put_back_or_lost(tmp_path: Path, first: int) -> None:
    play_chunk(play_memories, first, tmp_path)
