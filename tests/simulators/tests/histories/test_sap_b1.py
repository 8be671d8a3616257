"""SAP Business One: what the receiver holds is the ledger to the paisa after every sync, or the difference is named."""

from pathlib import Path

import pytest
from ledger_histories.sap_b1 import play

from .chunks import CHUNKS, play_chunk


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", CHUNKS)
def test_any_history_ends_as_the_ledger_or_names_the_difference(tmp_path: Path, first: int) -> None:
    play_chunk(play, first, tmp_path)
