"""How many histories a run plays, and in which parts; `ALTSCORE_LEDGER_HISTORIES` sets the number of each source."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ledger_histories.counts import Play

HISTORIES = int(os.environ.get("ALTSCORE_LEDGER_HISTORIES", "2000"))
_SIZE = 100
_CHUNKS = [pytest.param(first, id=f"from-{first}") for first in range(0, HISTORIES, _SIZE)]


def chunks(*, quarters: int) -> list[Any]:
    """The parts of so many quarters of a source's histories; its kinds of history share them."""
    return _CHUNKS[: max(1, len(_CHUNKS) * quarters // 4)]


def play_chunk(play: Play, first: int, folder: Path) -> None:
    """Plays the histories from `first` on; what fails names its history."""
    in_memory = Path("/dev/shm")  # a machine that dies is not a part of these histories
    place = in_memory if in_memory.is_dir() else folder
    for number in range(first, min(first + _SIZE, HISTORIES)):
        with tempfile.TemporaryDirectory(prefix="histories-", dir=place) as files:
            try:
                assert play(number, Path(files)).syncs > 0
            except Exception as error:
                error.add_note(f"history {number}")
                raise
